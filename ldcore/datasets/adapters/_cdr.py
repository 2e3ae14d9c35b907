"""The Clinical Dementia Rating (0 none, 0.5 very mild, 1 mild, 2 moderate, 3 severe) as a diagnosis, for the OASIS data sets."""

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


def diagnoses(rows: pd.DataFrame, mapping: dict) -> pd.Series:
    """CN, MCI or AD of each row's column "cdr" by the mapping (rating as text or number, "" for an empty cell), "" where it has none.

    UserError: a cell that is no rating.
    """
    known = {"" if key == "" else f"{float(key):g}": value for key, value in mapping.items()}
    ratings = number(rows, "cdr", 0, 3)
    return ratings.map(lambda rating: known.get("" if pd.isna(rating) else f"{rating:g}", ""))
