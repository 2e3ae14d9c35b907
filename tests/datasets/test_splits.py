"""Splits: by hash, so that nobody moves when others come; pseudonyms need the salt."""

import numpy as np
import pytest

from ldcore.datasets.splits import assign_splits, hashed
from ldcore.runtime.errors import UserError


def test_splits_do_not_move_when_subjects_are_added():
    shares = {"train": 0.7, "val": 0.1, "test": 0.2}
    many = [f"s{number}" for number in range(3000)]
    whole, fewer = assign_splits(many, shares, 1), assign_splits(many[::-7], shares, 1)
    assert all(whole[subject] == split for subject, split in fewer.items())
    assert whole != assign_splits(many, shares, 2)
    for name, share in shares.items():
        assert abs(np.mean([split == name for split in whole.values()]) - share) < 0.03
    assert set(assign_splits(many, {"train": 0.5, "test": 0.5}, 0).values()) == {"train", "test"}
    assert set(assign_splits(many, {"val": 1}, 0).values()) == {"val"}


@pytest.mark.parametrize("shares", [{"train": 0.5}, {"train": 1.2, "test": -0.2}, {"train": 0.5, "dev": 0.5}])
def test_bad_fractions(shares):
    with pytest.raises(UserError, match="sum to 1"):
        assign_splits(["a"], shares, 0)


def test_pseudonym_needs_the_salt():
    assert hashed("a", "x") == hashed("a", "x") != hashed("a", "y")
    assert hashed("a", "x") != hashed("b", "x") and len(hashed("a", "x")) == 16
