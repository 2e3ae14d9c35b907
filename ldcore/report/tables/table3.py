"""Table 3: one cell of one method under every prompt style."""

import pandas as pd

from ldcore.report.metric_names import gains
from ldcore.report.results import Results
from ldcore.report.tables._grid import FOOTNOTES, cell_rows, layout, with_paper

TITLE = "Table 3"
CAPTION = "One method and one drift under every prompt style."
NEEDS = ("scores", "downstream")
ASKED_BY = "prompt_study"

__all__ = ["FOOTNOTES", "layout", "rows"]


def rows(results: Results) -> pd.DataFrame:
    """The cell of the config's prompt study, its prompt styles in their order."""
    study, reported = results.config["prompt_study"], results.reported()
    known = paper_values(reported, study["method"], results.config["datasets"][study["dataset"]]["paper"])
    table = cell_rows(results)
    table = table[
        (table["dataset"] == study["dataset"])
        & (table["method"] == study["method"])
        & (table["drift"] == study["cell"])
        & table["prompt"].isin(study["prompts"])
        & ~table["metric"].isin(gains(results.config))
    ]
    order = table["prompt"].map({name: place for place, name in enumerate(study["prompts"])})
    table = table.loc[order.sort_values(kind="stable").index]
    return with_paper(table, lambda row: known.get((row.prompt, row.metric)))


def paper_values(reported: pd.DataFrame, method: str, paper_dataset: str) -> dict:
    """(prompt style, metric) -> the paper's table 3 value."""
    table = reported[
        (reported["table"].astype(str) == "3") & (reported["dataset"] == paper_dataset) & (reported["method"] == method)
    ]
    return {
        (row.prompt + ("_info" if int(row.patient_info) else ""), row.metric): row.value for row in table.itertuples()
    }
