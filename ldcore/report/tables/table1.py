"""Table 1: every cell of the grid, with floors above it and the paper's values beside the cells that it has."""

import pandas as pd

from ldcore.report.cells import paper_name
from ldcore.report.results import Results
from ldcore.report.tables import _grid
from ldcore.report.tables._grid import cell_rows, layout, with_paper

TITLE = "Table 1"
CAPTION = (
    "Every method with and without Latent Drifting: distances to real images, and AUC of classifiers trained on it."
)
NEEDS = ("scores", "downstream")
FOOTNOTES = _grid.FOOTNOTES  # of table 3 too

__all__ = ["FOOTNOTES", "layout", "rows"]


def rows(results: Results) -> pd.DataFrame:
    """Every cell of the grid; paper values in the reference and headline cells of methods that the paper has."""
    config, reported = results.config, results.reported()
    known = {name: paper_values(reported, entry["paper"], config["grid"]) for name, entry in config["datasets"].items()}
    table = cell_rows(results)
    table = table[
        table["prompt"].isin(["", *config["grid"]["prompts"]])
        & table["method"].isin(["real", "reconstruction", "base", *config["grid"]["methods"]])
    ]

    def paper_value(row):
        return known[row.dataset].get((paper_name(row.method), row.drift, row.metric))

    return with_paper(table, paper_value)


def paper_values(reported: pd.DataFrame, paper_dataset: str, grid: dict) -> dict:
    """(method, label of the cell, metric) -> the paper's table 1 value for one of its data sets."""
    table = reported[(reported["table"].astype(str) == "1") & (reported["dataset"] == paper_dataset)]
    label = {0: grid["reference"], 1: grid["headline"]}
    known = {
        (row.method, label[int(row.ld)], row.metric): row.value
        for row in table[table["task"] == "text_to_image"].itertuples()
    }
    for row in table[table["task"] == "classification"].itertuples():
        cell = ("real", "none", "auc") if row.method == "real" else ("basic_ft", label[1], "auc_real_plus_synthetic")
        known[cell] = row.value
    return known
