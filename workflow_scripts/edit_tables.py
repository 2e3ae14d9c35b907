"""Tables 2, 4 and truth from the scores of every editing task: csv (long form), md and tex."""

import pandas as pd

from ldcore.grid import tasks
from ldcore.report.edit_tables import edit_table, write_edit_table
from ldcore.runtime import cli
from ldcore.runtime.files import read_json
from ldcore.store import opened


def main(config, tables):
    config, store = opened(config)
    scores, reported = (
        [read_json(store.edit_scores(task)) for task in tasks(config)],
        pd.read_csv("resources/reported_values.csv"),
    )
    for name in tables:
        write_edit_table(edit_table(scores, reported, name, config), name, store.table(name).with_suffix(""))


if __name__ == "__main__":
    parser = cli.parser(__doc__, config=str)
    parser.add_argument("--tables", nargs="+", required=True)
    cli.run(main, parser)
