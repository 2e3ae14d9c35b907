"""Scores: rows carry what was measured, pairing by seed, and identical cells gain exactly nothing."""

import numpy as np
import pytest

from ldcore.evaluation.distances import cell_groups, distances, gain, groups_of
from ldcore.metrics import frechet_distance, kernel_distance

DRAW = np.random.default_rng(0)
REAL = DRAW.normal(size=(40, 6))
NEAR = {"x": DRAW.normal(0.2, 1, (30, 6)), "seeds": np.repeat([7, 8, 9], 10)}
FAR = {"x": NEAR["x"] + 1.0, "seeds": NEAR["seeds"]}


def test_values_are_those_of_the_pooled_images():
    rows = distances(groups_of(NEAR, "x"), REAL, "x", method="m")
    assert [row["metric"] for row in rows] == ["fid", "kid"]
    assert rows[0]["value"] == pytest.approx(frechet_distance(NEAR["x"], REAL))
    assert rows[1]["value"] == pytest.approx(kernel_distance(NEAR["x"], REAL))
    assert all(row["n"] == 30 and row["seeds"] == 3 and row["low"] < row["value"] < row["high"] for row in rows)
    assert sum(map(len, groups_of(NEAR, "x", 4))) == 12


def test_gain_is_positive_for_the_nearer_cell_and_zero_for_the_same():
    near, far = groups_of(NEAR, "x"), groups_of(FAR, "x")
    (row,) = gain(near, far, REAL, "x")
    assert (
        row["value"] == pytest.approx(kernel_distance(FAR["x"], REAL) - kernel_distance(NEAR["x"], REAL))
        and row["low"] > 0
    )
    assert gain(far, near, REAL, "x")[0]["high"] < 0
    assert gain(near, near, REAL, "x")[0]["value"] == 0


def test_groups_are_training_runs_where_there_are_several(tmp_path):
    for run in (0, 1, 2):
        (tmp_path / str(run)).mkdir()
        np.savez(tmp_path / str(run) / "none.npz", x=NEAR["x"] + run, seeds=NEAR["seeds"])

    def groups(*runs, method="basic_ft"):
        config = {"sampling": {"images_per_seed": 4}, "grid": {"training_seeds": list(runs)}}
        return cell_groups(lambda *found: tmp_path / found[-1], config, method, "plain", "simple", "none", "x")

    assert [len(group) for group in groups(2)] == [4, 4, 4]
    several = groups(0, 1, 2)
    assert [len(group) for group in several] == [12, 12, 12] and np.array_equal(several[2], np.concatenate(groups(2)))
    assert [len(group) for group in groups(0, 1, method="base")] == [4, 4, 4]
