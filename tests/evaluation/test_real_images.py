"""Who is measured: balanced, disjoint from training, and a smaller cell is the beginning of a larger one."""

import numpy as np
import pandas as pd
import pytest

from ldcore.evaluation.real_images import balanced_rows, labels, sampled_rows
from ldcore.runtime.errors import UserError

RECORDS = pd.DataFrame(
    {"split": ["test"] * 30 + ["train"] * 30, "diagnosis": (["CN"] * 20 + ["AD"] * 7 + ["MCI"] * 3) * 2}
)


def test_rows_are_balanced_and_of_the_split():
    rows = balanced_rows(RECORDS, "test", ["CN", "AD"], 10, 0)
    assert len(set(rows)) == 10 and max(rows) < 30
    assert RECORDS["diagnosis"][rows].tolist() == ["CN", "AD"] * 5
    assert np.array_equal(rows, balanced_rows(RECORDS, "test", ["CN", "AD"], 10, 0))
    assert not np.array_equal(rows, balanced_rows(RECORDS, "test", ["CN", "AD"], 10, 1))
    assert len(balanced_rows(RECORDS, "test", ["CN", "AD"], 200, 0)) == 14


def test_an_absent_class_is_named():
    with pytest.raises(UserError, match="'FTD'"):
        balanced_rows(RECORDS, "test", ["CN", "FTD"], 10, 0)


def test_fewer_images_are_the_first_of_more():
    test_rows = np.arange(100, 124)
    many, many_seeds = sampled_rows(test_rows, [5, 6, 7], 10, 4)
    few, few_seeds = sampled_rows(test_rows, [5, 6, 7], 4, 4)
    assert len(many) == 30 and len(few) == 12
    for seed in (5, 6, 7):
        assert np.array_equal(few[few_seeds == seed], many[many_seeds == seed][:4])
    assert not np.array_equal(many[:10], many[10:20])
    assert all(many[many_seeds == seed][0] % 4 == 0 for seed in (5, 6, 7))  # every seed starts with the first class


def test_labels_are_the_diagnosis_or_else_the_findings():
    records = pd.DataFrame({"diagnosis": ["CN", "", ""], "findings": ["", "Pneumonia", ""]})
    assert labels(records).tolist() == ["CN", "Pneumonia", ""]
