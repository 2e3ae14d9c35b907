"""The Clinical Dementia Rating as a diagnosis, for the OASIS data sets.

0 is no dementia, 0.5 very mild, 1 mild, 2 moderate, 3 severe.
"""

import pandas as pd

from ldcore.datasets.tables import number

OPTIONS = {
    "cdr": {
        "type": "object",
        "additionalProperties": {"enum": ["CN", "MCI", "AD", ""]},
        "default": {"0": "CN", "0.5": "MCI", "1": "AD", "2": "AD", "3": "AD"},
        "description": "rating -> diagnosis; an empty one, and a rating without one, leaves the scan out",
    },
}


def diagnoses(table: pd.DataFrame, by_rating: dict) -> pd.Series:
    """CN, MCI or AD of each row's column "cdr", "" where its rating has none. UserError: a cell that is no rating.

    by_rating: rating, as text or number, "" for an empty cell -> diagnosis.
    """
    known = {"" if rating == "" else f"{float(rating):g}": diagnosis for rating, diagnosis in by_rating.items()}
    ratings = number(table, "cdr", 0, 3)
    return ratings.map(lambda rating: known.get("" if pd.isna(rating) else f"{rating:g}", ""))
