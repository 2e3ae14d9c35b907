"""Tables 2, 4 and truth from the scores of every editing task: OUT/NAME.csv (long form), .md and .tex."""

from pathlib import Path

import pandas as pd

from ldcore.report.edit_tables import edit_table, write_edit_table
from ldcore.runtime import cli
from ldcore.runtime.files import read_json


def main(tables, scores, reported, config, out):
    found, paper = [read_json(path) for path in scores], pd.read_csv(reported)
    for name in tables:
        write_edit_table(edit_table(found, paper, name, config), name, Path(out, name))


if __name__ == "__main__":
    cli.run(
        main,
        cli.parser(__doc__, tables=cli.structure, scores=cli.structure, reported=str, config=cli.structure, out=str),
    )
