"""Table 2, 4 or truth from the scores of every editing task: STEM.csv (long form), STEM.md and STEM.tex."""

import pandas as pd

from ldcore import cli
from ldcore.files import read_json
from ldcore.report.edit_tables import edit_table, write_edit_table


def main(table, scores, reported, config, stem):
    write_edit_table(edit_table([read_json(path) for path in scores], pd.read_csv(reported), table, config), table, stem)


if __name__ == "__main__":
    cli.run(main, cli.parser(__doc__, table=str, scores=cli.structure, reported=str, config=cli.structure, stem=str))
