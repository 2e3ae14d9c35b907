"""Table 1 from the scores of every dataset: STEM.csv (long form), STEM.md and STEM.tex (the paper's layout)."""

import pandas as pd

from ldcore import cli
from ldcore.files import read_json
from ldcore.report.tables import write_tables


def main(scores, reported, config, stem):
    write_tables([row for path in scores for row in read_json(path)["table"]], pd.read_csv(reported), config, stem)


if __name__ == "__main__":
    cli.run(main, cli.parser(__doc__, scores=cli.structure, reported=str, config=cli.structure, stem=str))
