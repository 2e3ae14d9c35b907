"""Longitudinal pairs: a session of a subject and a later one."""

import numpy as np
import pandas as pd

from ldcore.runtime.errors import UserError
from ldcore.runtime.seeds import numpy_rng


def pairs(records: pd.DataFrame, split: str, least_years: float = 0.0) -> pd.DataFrame:
    """Every two sessions of a subject of the split, `least_years` or more apart: columns source, target (row positions), years.

    UserError where a later session is at an earlier age, an age is missing, or there is no pair.
    """
    found = []
    chosen = records.reset_index(drop=True)
    for subject, rows in chosen[chosen["split"] == split].sort_values(["subject_id", "session"]).groupby("subject_id"):
        ages = rows["age"].to_numpy(float)
        if len(rows) > 1 and np.isnan(ages).any():
            raise UserError(f"Subject {subject!r} has a session without an age; ageing needs every session's age.")
        for first in range(len(rows)):
            for second in range(first + 1, len(rows)):
                years = ages[second] - ages[first]
                if years < 0:
                    raise UserError(
                        f"Subject {subject!r}: session {rows['session'].iloc[second]} is at age {ages[second]:g}, before "
                        f"session {rows['session'].iloc[first]} at {ages[first]:g}; put the sessions in order of time."
                    )
                found.append((rows.index[first], rows.index[second], years))
    table = pd.DataFrame(found, columns=["source", "target", "years"])
    table = table[table["years"] >= least_years].reset_index(drop=True)
    if table.empty:
        raise UserError(
            f"The {split} split has no pair of sessions {least_years:g} or more years apart; ageing needs subjects "
            "seen twice."
        )
    return table


def chosen_pairs(records: pd.DataFrame, count: int, bins: tuple, *keys) -> pd.DataFrame:
    """At most `count` pairs of the test split, a subject once, as evenly over the age gaps between `bins` (years) as there are.

    Drawn by `keys`; in order of the gap.
    """
    table = pairs(records, "test")
    table = table.iloc[numpy_rng("pairs", *keys).permutation(len(table))]
    table = table.assign(
        group=np.digitize(table["years"], bins), subject=records["subject_id"].to_numpy()[table["source"]]
    )
    # The rarest gap first, so that no subject is spent on a common one.
    sizes = table["group"].value_counts()
    table = (
        table.assign(rarity=table["group"].map(sizes)).sort_values("rarity", kind="stable").drop_duplicates("subject")
    )
    place = table.groupby("group").cumcount()
    table = table.assign(place=place).sort_values(["place", "group"], kind="stable").head(count)
    return table.sort_values("years", kind="stable")[["source", "target", "years"]].reset_index(drop=True)
