"""One table from every dataset's scores and AUCs: csv (long form), md and tex (the paper's layout)."""

import pandas as pd

from ldcore.report import tables
from ldcore.runtime import cli
from ldcore.runtime.files import read_json
from ldcore.store import opened


def main(config, table):
    config, store = opened(config)
    datasets = config["grid"]["datasets"]
    rows = [row for name in datasets for row in read_json(store.scores(name))["cells"]]
    rows += [row for name in datasets for row in read_json(store.downstream(name))]
    draw = {"table1": tables.table1, "table3": tables.table3}[table]
    reported = pd.read_csv("resources/reported_values.csv")
    tables.write_table(draw(pd.DataFrame(rows), reported, config), store.table(table).with_suffix(""))


if __name__ == "__main__":
    cli.run(main, cli.parser(__doc__, config=str, table=str))
