"""Who is measured: balanced, disjoint from training, and a smaller cell is the beginning of a larger one."""

import numpy as np
import pandas as pd
import pytest

from ldcore.evaluation.real_images import balanced_draw, balanced_rows, labels, sampled_rows, say_fewer, source_of
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


def test_fewer_than_asked_for_is_said(capsys):
    say_fewer("Config x", 3, 3, "images")
    assert capsys.readouterr().out == ""
    say_fewer("Config x", 4, 3, "images")
    assert capsys.readouterr().out == "warning: Config x: 4 asked for, and there are 3 images; results are of these.\n"


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


def test_a_draw_is_even_over_classes_and_in_each_over_sites():
    few, many, site = np.arange(3), np.arange(10, 40), np.arange(50, 80)
    drawn = balanced_draw([[few, many], [site]], 20, 0)
    assert len(set(drawn)) == 20 and (drawn >= 50).sum() == 10 and (drawn < 3).sum() == 3  # `many` makes up for `few`
    assert np.array_equal(drawn[:6], balanced_draw([[few, many], [site]], 6, 0)) and (drawn[:6] >= 50).sum() == 3
    assert not np.array_equal(drawn, balanced_draw([[few, many], [site]], 20, 1))
    assert sorted(balanced_draw([few, site], 100, 0)) == [*few, *site]
    assert balanced_draw([few[:0], few[:0]], 5, 0).tolist() == balanced_draw([], 5, 0).tolist() == []


def test_images_come_from_a_download_or_else_from_a_site():
    records = pd.DataFrame({"site": ["a", np.nan]})
    assert source_of(records).tolist() == ["a", ""]
    assert source_of(records.assign(adapter=["adni", "oasis3"])).tolist() == ["adni", "oasis3"]
    assert source_of(records[[]]).tolist() == ["", ""]
