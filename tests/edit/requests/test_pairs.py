"""Longitudinal pairs and their faults."""

import pandas as pd
import pytest

from ldcore.edit.requests.pairs import chosen_pairs, pairs
from ldcore.runtime.errors import UserError


def table(*rows):
    """(subject, session, age) rows of the test split."""
    return pd.DataFrame([{"subject_id": s, "session": n, "age": a, "split": "test"} for s, n, a in rows])


def test_every_later_session_of_a_subject_is_a_pair():
    sessions = table(("a", 0, 60.0), ("b", 0, 50.0), ("a", 2, 71.0), ("a", 1, 64.0))
    assert pairs(sessions, "test").to_numpy().tolist() == [[0, 3, 4.0], [0, 2, 11.0], [3, 2, 7.0]]
    assert len(pairs(table(("a", 0, 60.0), ("a", 1, 64.0), ("a", 2, 71.0)), "test", 5)) == 2


def test_faults_name_the_subject_or_the_split():
    with pytest.raises(UserError, match="Subject 'a': session 1 is at age 59, before session 0 at 60"):
        pairs(table(("a", 0, 60.0), ("a", 1, 59.0)), "test")
    with pytest.raises(UserError, match="Subject 'a' has a session without an age"):
        pairs(table(("a", 0, 60.0), ("a", 1, None)), "test")
    with pytest.raises(UserError, match="test split has no pair of sessions 0 or more years apart"):
        pairs(table(("a", 0, 60.0), ("b", 0, 60.0)), "test")


def test_chosen_pairs_use_a_subject_once_and_spread_over_the_gaps():
    rows = [(f"s{i}", n, 60.0 + n * gap) for i, gap in enumerate([2.0] * 20 + [7.0] * 6 + [12.0] * 3) for n in (0, 1)]
    chosen = chosen_pairs(table(*rows), 9, (5, 10), 0)
    assert chosen["source"].is_unique and sorted(chosen["years"].round()) == [2] * 3 + [7] * 3 + [12] * 3
    assert chosen["years"].is_monotonic_increasing
    pd.testing.assert_frame_equal(chosen, chosen_pairs(table(*rows), 9, (5, 10), 0))
