"""One table from every dataset's scores and AUCs: STEM.csv (long form), STEM.md and STEM.tex (the paper's layout)."""

import pandas as pd

from ldcore.report import tables
from ldcore.runtime import cli
from ldcore.runtime.files import read_json


def main(table, scores, downstream, reported, config, stem):
    rows = [row for path in scores for row in read_json(path)["cells"]] + [
        row for path in downstream for row in read_json(path)
    ]
    chosen = {"table1": tables.table1, "table3": tables.table3}[table]
    tables.write_table(chosen(pd.DataFrame(rows), pd.read_csv(reported), config), stem)


if __name__ == "__main__":
    cli.run(
        main,
        cli.parser(
            __doc__,
            table=str,
            scores=cli.structure,
            downstream=cli.structure,
            reported=str,
            config=cli.structure,
            stem=str,
        ),
    )
