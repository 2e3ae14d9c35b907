"""Write what configs/deltas.yaml found between the marks of docs/drift.md: the delta of every source for every method.

python -m tools.deltas --run results/deltas --docs docs

The marks are `<!-- deltas -->` and `<!-- /deltas -->`; the numbers are those of tables/deltas.csv and
tables/table1.csv. Of the run's figures, delta_search goes to DOCS/deltas.png.
"""

from pathlib import Path

import pandas as pd

from ldcore.report import markup
from ldcore.runtime import cli
from tools.claims import write_into
from tools.results import copy_picture

GAINS = {"Gain of KID, pooled pixels": "pooled_pixels", "Gain of KID, Lite0": "efficientnet_lite0"}


def found(rows: pd.DataFrame) -> pd.DataFrame:
    """A line a data set and cell: the delta for each method, and what finding one cost in the middle (of methods)."""
    lines = []
    for (dataset, cell), of_cell in rows.groupby(["dataset", "cell"], sort=False):
        cost = of_cell.groupby("metric")["value"].median()
        line = by_method(of_cell[of_cell["metric"] == "delta"], dataset, cell)
        lines.append(line | {"Images": f"{cost['images']:.0f}", "Seconds": f"{cost['seconds']:.0f}"})
    return markup.without_empty_columns(lines)


def gains(rows: pd.DataFrame, extractor: str, cells) -> pd.DataFrame:
    """A line a data set and cell: by how much KID is better for each method than without a drift."""
    rows = rows[(rows["metric"] == "kid_gain") & (rows["extractor"] == extractor) & rows["drift"].isin(cells)]
    of_cells = rows.groupby(["dataset", "drift"], sort=False)
    return markup.without_empty_columns([by_method(rows, dataset, cell) for (dataset, cell), rows in of_cells])


def by_method(rows: pd.DataFrame, dataset: str, cell: str) -> dict[str, str]:
    """One line: a column a method, a row with value, low and high in each."""
    line = {"Data": dataset.removesuffix("_phantom"), "Delta": cell}
    return line | {markup.method_title(row.method): markup.with_interval(row) for row in rows.itertuples()}


def block(run) -> str:
    """The tables of the run as Markdown."""
    deltas, scores = (markup.read(Path(run, "tables", f"{name}.csv")) for name in ("deltas", "table1"))
    parts = {"Delta found (of several numbers their mean)": found(deltas)}
    parts |= {title: gains(scores, extractor, deltas["cell"].unique()) for title, extractor in GAINS.items()}
    return "\n".join(f"{title}:\n\n{markup.markdown(table, ()).rstrip()}\n" for title, table in parts.items())


def main(run, docs):
    """Write the block of DOCS/drift.md and DOCS/deltas.png."""
    write_into(Path(docs, "drift.md"), block(run), "deltas")
    copy_picture(Path(run, "figures", "delta_search.png"), Path(docs, "deltas.png"))


if __name__ == "__main__":
    cli.run(main, cli.parser(__doc__, run=str, docs=str))
