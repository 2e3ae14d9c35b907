"""TEMPLATE: say here what the table is for."""

import pandas as pd

TITLE = "TEMPLATE"
CAPTION = "Images behind every value."
NEEDS = ("scores",)
FOOTNOTES = ("Sentences that stand below the table.",)


def rows(results) -> pd.DataFrame:
    """The long form, a row a value; results: ldcore.report.results.Results."""
    columns = ["dataset", "method", "training", "drift", "metric", "extractor", "n", "seeds", "value", "low", "high"]
    return pd.DataFrame(results.scores())[columns]


def layout(rows: pd.DataFrame) -> pd.DataFrame:
    """The same as lines of text, from those rows or from the csv file read back."""
    return rows[["dataset", "method", "drift", "metric", "n"]].astype(str)
