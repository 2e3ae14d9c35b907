"""Verdicts on the paper's claims: what an interval says of a claim, and how often it said what."""

import math

import pandas as pd

from ldcore import plugins
from ldcore.report.markup import ALPHA

SUPPORTED, CONTRADICTED, OPEN = "supported", "contradicted", "not resolved"
VERDICTS = (SUPPORTED, CONTRADICTED, OPEN)


def verdict(low: float, high: float, above: float | None = None, below: float | None = None) -> str:
    """What the interval [low, high] of a number says of a claim about it, by the interval alone.

    above: the claim is that the number lies above it; below: that it lies below; both: that it lies between them, ends
    included. Supported where all of the interval does, contradicted where none of it does; else, or without an
    interval (nan), not resolved.
    """
    if math.isnan(low) or math.isnan(high):
        return OPEN
    if above is not None and below is not None:
        holds, fails = above <= low and high <= below, high < above or low > below
    elif above is not None:
        holds, fails = low > above, high <= above
    else:
        holds, fails = high < below, low >= below
    return SUPPORTED if holds else CONTRADICTED if fails else OPEN


def claimed(above: float | None = None, below: float | None = None) -> str:
    """The same claim in words: 'above 0', 'below 0.3333', '0.05 to 0.1'."""
    if above is not None and below is not None:
        return f"{above:.4g} to {below:.4g}"
    return f"above {above:.4g}" if above is not None else f"below {below:.4g}"


def overview(rows: pd.DataFrame) -> pd.DataFrame:
    """Lines of text: `counts` of one judged cell, or of several a line a cell and data set.

    rows: of tables/claims.csv (ldcore.report.tables.claims).
    """
    several = rows.groupby("claim")["cell"].nunique().max() > 1 if len(rows) else False
    return by_cell(rows) if several else counts(rows)


def counts(rows: pd.DataFrame) -> pd.DataFrame:
    """Lines of text: a claim and data set each, with how many of its rows have which verdict."""
    lines = []
    for (claim, dataset), of_claim in rows.groupby(["claim", "dataset"], sort=False):
        given = of_claim["verdict"].value_counts()
        texts = {name.capitalize(): str(given[name]) if name in given else "" for name in VERDICTS}
        lines.append({"The paper's claim": plugins.title("claim", claim), "Dataset": dataset, **texts})
    return pd.DataFrame(lines, columns=["The paper's claim", "Dataset", *map(str.capitalize, VERDICTS)])


def by_cell(rows: pd.DataFrame) -> pd.DataFrame:
    """Lines of text: a judged cell and data set each, a column a claim: how many rows have which verdict, '2 / 0 / 1'.

    In the order of VERDICTS.
    """
    claims, lines = list(dict.fromkeys(rows["claim"])), []
    for (cell, dataset), of_cell in rows.groupby(["cell", "dataset"], sort=False):
        line = {"Latent Drifting": cell, "Dataset": dataset}
        for claim in claims:
            given = of_cell[of_cell["claim"] == claim]["verdict"]
            numbers = " / ".join(str((given == name).sum()) for name in VERDICTS)
            line[plugins.title("claim", claim)] = numbers if len(given) else ""
        lines.append(line)
    return pd.DataFrame(lines).fillna("")


def total(rows: pd.DataFrame) -> str:
    """'12 supported, 5 contradicted, 7 not resolved; 9 of 20 comparisons hold after Holm's correction'."""
    text = ", ".join(f"{(rows['verdict'] == name).sum()} {name}" for name in VERDICTS)
    sure, all_of_them = (rows["p_holm"] < ALPHA).sum(), rows["p_holm"].notna().sum()
    return f"{text}; {sure} of {all_of_them} comparisons hold after Holm's correction" if all_of_them else text
