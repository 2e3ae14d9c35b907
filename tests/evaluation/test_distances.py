"""Scores: rows carry what was measured, pairing by seed, and identical cells gain exactly nothing."""

import numpy as np
import pytest

from ldcore.evaluation.distances import cell_groups, distances, floor_rows, gains, groups_by_seed
from ldcore.evaluation.rows import cell_labels
from ldcore.metrics import frechet_distance, kernel_distance

DRAW = np.random.default_rng(0)
REAL = DRAW.normal(size=(40, 6))
NEAR = {"x": DRAW.normal(0.2, 1, (30, 6)), "seeds": np.repeat([7, 8, 9], 10)}
FAR = {"x": NEAR["x"] + 1.0, "seeds": NEAR["seeds"]}


def test_values_are_those_of_the_pooled_images():
    rows = distances(groups_by_seed(NEAR, "x"), REAL, "x", ["fid", "kid"], method="m")
    assert [row["metric"] for row in rows] == ["fid", "kid"]
    assert rows[0]["value"] == pytest.approx(frechet_distance(NEAR["x"], REAL))
    assert rows[1]["value"] == pytest.approx(kernel_distance(NEAR["x"], REAL))
    for row in rows:
        assert row["n"] == 30 and row["seeds"] == 3 and row["low"] < row["value"] < row["high"]
        assert row["extractor"] == "x" and row["method"] == "m"
    assert sum(map(len, groups_by_seed(NEAR, "x", 4))) == 12


def test_one_group_has_no_interval():
    (row,) = distances([NEAR["x"]], REAL, "x", ["kid"])
    assert row["value"] == kernel_distance(NEAR["x"], REAL) and row["seeds"] == 1
    assert np.isnan(row["low"]) and np.isnan(row["high"])


def test_gain_is_positive_for_the_nearer_cell_and_zero_for_the_same():
    near, far = groups_by_seed(NEAR, "x"), groups_by_seed(FAR, "x")
    (row,) = gains(near, far, REAL, "x", ["fid", "kid"])  # FID declares none
    difference = kernel_distance(FAR["x"], REAL) - kernel_distance(NEAR["x"], REAL)
    assert row["metric"] == "kid_gain" and row["value"] == pytest.approx(difference) and row["low"] > 0
    assert gains(far, near, REAL, "x", ["kid"])[0]["high"] < 0
    assert gains(near, near, REAL, "x", ["kid"])[0]["value"] == 0


def test_a_metric_from_outside_has_rows_and_gains(tmp_path, monkeypatch):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "agreement.py").write_text(AGREEMENT)
    monkeypatch.syspath_prepend(tmp_path)
    near, far, metrics = groups_by_seed(NEAR, "x"), groups_by_seed(FAR, "x"), ["mine.agreement"]
    (row,) = distances(near, REAL, "x", metrics)
    assert row["metric"] == "mine.agreement" and row["low"] < row["value"] < row["high"]
    (gain,) = gains(near, far, REAL, "x", metrics)
    assert gain["metric"] == "agreement_gain" and gain["value"] > 0  # higher is better


AGREEMENT = '''
"""How near the means are."""

import numpy as np

TITLE = "Agreement"
COMPARES = "features"
BETTER = "higher"
GAIN = "agreement_gain"


def distance(made, real):
    return -float(np.linalg.norm(made.mean(0) - real.mean(0)))
'''


def test_floors_are_as_large_as_a_cell_and_of_no_cell():
    real = {"x/test": REAL, "x/train": NEAR["x"], "x/reconstruction": FAR["x"]}
    rows = floor_rows(real, "x", ["kid"], groups=3, size=4, dataset="d")
    assert [(row["method"], row["n"], row["seeds"], row["drift"]) for row in rows] == [
        ("real", 12, 3, "none"),
        ("reconstruction", 12, 3, "none"),
    ]
    assert rows[0]["value"] == kernel_distance(NEAR["x"][:12], REAL)
    assert floor_rows(real, "x", ["kid"], groups=3, size=100)[0]["n"] == 30  # there are no more


def test_groups_are_training_runs_where_there_are_several():
    runs = [{"x": NEAR["x"] + run, "seeds": NEAR["seeds"]} for run in range(3)]
    assert [len(group) for group in cell_groups(runs[2:], "x", 4)] == [4, 4, 4]
    several = cell_groups(runs, "x", 4)
    assert [len(group) for group in several] == [12, 12, 12]
    assert np.array_equal(several[2], np.concatenate(cell_groups(runs[2:], "x", 4)))


def test_a_cells_label_stands_in_the_column_drift():
    cell = {"method": "m", "training": "ld", "prompt": "simple", "label": "0.10", "part": "prior_0.10"}
    assert cell_labels(cell)["drift"] == "0.10" and cell_labels(cell)["sampling_drift"] == "prior_0.10"
