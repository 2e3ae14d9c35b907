"""The Clinical Dementia Rating as a diagnosis, for the OASIS data sets.

0 is no dementia, 0.5 very mild, 1 mild, 2 moderate, 3 severe.
"""

import pandas as pd

from ldcore.datasets.tables import number
from ldcore.runtime.errors import UserError

OPTIONS = {
    "cdr": {
        "type": "object",
        "propertyNames": {"enum": ["", "0", "0.5", "1", "2", "3", "0.0", "1.0", "2.0", "3.0", 0, 0.5, 1, 2, 3]},
        "additionalProperties": {"enum": ["CN", "MCI", "AD", ""]},
        "default": {"0": "CN", "0.5": "MCI", "1": "AD", "2": "AD", "3": "AD"},
        "description": "rating -> diagnosis; an empty one, and a rating without one, leaves the scan out",
    },
}


def diagnoses(table: pd.DataFrame, by_rating: dict) -> pd.Series:
    """CN, MCI or AD of each row's column "cdr", "" where its rating has none. UserError: a cell that is no rating, or
    a rating with two diagnoses.

    by_rating: rating, as text or number, "" for an empty cell -> diagnosis.
    """
    known = {}
    for rating, diagnosis in by_rating.items():
        if known.setdefault("" if rating == "" else f"{float(rating):g}", diagnosis) != diagnosis:
            raise UserError(f"Option cdr gives rating {float(rating):g} two diagnoses; write it once.")
    ratings = number(table, "cdr", 0, 3)
    return ratings.map(lambda rating: known.get("" if pd.isna(rating) else f"{rating:g}", ""))
