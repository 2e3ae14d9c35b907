"""The claims of the paper, each with our number, the paper's, and a verdict."""

from dataclasses import replace

import pandas as pd

from ldcore import plugins
from ldcore.grid import judged_cells
from ldcore.plan import reporting
from ldcore.report.markup import MARKED, method_title, number, with_holm, with_interval, without_empty_columns
from ldcore.report.results import Results
from ldcore.report.verdicts import claimed, verdict

TITLE = "Claims"
CAPTION = "What the paper claims of Latent Drifting, what was measured here, and whether its interval says yes or no."
NEEDS = ("claims",)
FOOTNOTES = (
    "A verdict follows from the 95 % interval alone: supported where all of it is as claimed, contradicted where none "
    "of it is, else not resolved. Measured is the headline cell against the reference cell, paired over sampling "
    "seeds, over training runs where the config has several, or over subjects. No row: the config has no part for it.",
    "The paper gives no intervals, and its numbers are of other data, another model and other features: compare signs. "
    "The claim is what its text says; where the number of its own tables has the other sign, they disagree. Of a "
    "searched delta it is taken with half a step of the search on either side.",
    MARKED,
)
COLUMNS = [
    *("claim", "dataset", "method", "statistic", "value", "low", "high", "paper_value", "verdict"),
    *("cell", "claimed", "extractor", "n", "seeds", "p", "p_holm"),
]


def rows(results: Results) -> pd.DataFrame:
    """Every row of every claim that the config has the parts for, asked of every judged cell, the headline by default.

    Of cells that are not the headline it is asked as if they were.
    """
    grid, rows = results.config["grid"], []
    for label in judged_cells(results.config):
        asked = replace(results, config={**results.config, "grid": {**grid, "headline": label}})
        for name in reporting.claims(results.config):
            rows += [{"cell": label, **row} for row in judged(name, plugins.find("claim", name).rows(asked))]
    rows = pd.DataFrame(rows).reindex(columns=COLUMNS[:-1]).drop_duplicates(ignore_index=True)
    return with_holm(rows)[COLUMNS]


def judged(name: str, rows: list[dict]) -> list[dict]:
    """The rows of a claim, each with its verdict."""
    bounds = [{key: row.get(key) for key in ("above", "below")} for row in rows]
    return [
        {**row, "claim": name, "verdict": verdict(row["low"], row["high"], **of_row), "claimed": claimed(**of_row)}
        for row, of_row in zip(rows, bounds)
    ]


def layout(rows: pd.DataFrame) -> pd.DataFrame:
    """A line a row."""
    lines = [
        {
            "Claim": plugins.title("claim", row.claim),
            "Dataset": row.dataset,
            "Method": method_title(row.method),
            "Latent Drifting": row.cell,
            "Statistic": row.statistic,
            "Features": row.extractor if isinstance(row.extractor, str) else "",
            "Claimed": row.claimed,
            "Measured": with_interval(row),
            "Paper": number(row.paper_value),
            "Verdict": row.verdict,
        }
        for row in rows.itertuples()
    ]
    return without_empty_columns(lines) if lines else pd.DataFrame(columns=["Claim", "Verdict"])
