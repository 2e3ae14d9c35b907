"""Longitudinal pairs: a session of a subject and a later one."""

import numpy as np
import pandas as pd

from ldcore.runtime.errors import UserError
from ldcore.runtime.seeds import numpy_rng


def pairs(records: pd.DataFrame, split: str, least_years: float = 0.0) -> pd.DataFrame:
    """Every two sessions of a subject of the split, `least_years` or more apart.

    Columns source, target (row positions) and years. UserError where a later session is at an earlier age, an age is
    missing, or there is no pair.
    """
    gaps = []
    records = records.reset_index(drop=True)
    in_split = records[records["split"] == split].sort_values(["subject_id", "session"])
    for subject, sessions in in_split.groupby("subject_id"):
        ages, numbers = sessions["age"].to_numpy(float), sessions["session"].to_numpy()
        if len(sessions) > 1 and np.isnan(ages).any():
            raise UserError(f"Subject {subject!r} has a session without an age; ageing needs every session's age.")
        for first in range(len(sessions)):
            for second in range(first + 1, len(sessions)):
                years = ages[second] - ages[first]
                if years < 0:
                    raise UserError(
                        f"Subject {subject!r}: session {numbers[second]} is at age {ages[second]:g}, before session "
                        f"{numbers[first]} at {ages[first]:g}; put the sessions in order of time."
                    )
                gaps.append((sessions.index[first], sessions.index[second], years))
    table = pd.DataFrame(gaps, columns=["source", "target", "years"])
    table = table[table["years"] >= least_years].reset_index(drop=True)
    if table.empty:
        raise UserError(
            f"The {split} split has no pair of sessions {least_years:g} or more years apart; ageing needs subjects "
            "seen twice."
        )
    return table


def chosen_pairs(records: pd.DataFrame, count: int, bins: tuple, *keys, split: str = "test") -> pd.DataFrame:
    """At most `count` pairs of the split, one a subject, as evenly over the age gaps as there are.

    bins: years between the groups of gaps; keys: what the draw follows from. As `pairs`, in order of the gap.
    """
    table = pairs(records, split)
    table = table.iloc[numpy_rng("pairs", *keys).permutation(len(table))]
    subjects = records["subject_id"].to_numpy()[table["source"]]
    table = table.assign(group=np.digitize(table["years"], bins), subject=subjects)
    # The rarest gap first, so that no subject is spent on a common one.
    table = table.assign(rarity=table["group"].map(table["group"].value_counts()))
    table = table.sort_values("rarity", kind="stable").drop_duplicates("subject")
    # One of each group by turns.
    table = table.assign(turn=table.groupby("group").cumcount())
    table = table.sort_values(["turn", "group"], kind="stable").head(count)
    return table.sort_values("years", kind="stable")[["source", "target", "years"]].reset_index(drop=True)
