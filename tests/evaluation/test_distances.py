"""Scores: rows carry what was measured, pairing by seed, and identical cells gain exactly nothing."""

import numpy as np
import pytest

from ldcore.evaluation.distances import (
    cell_distances,
    cell_gains,
    cell_groups,
    distances,
    floor_rows,
    gains,
    groups_by_seed,
)
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
    fid, row = gains(near, far, REAL, "x", ["fid", "kid"])
    assert fid["metric"] == "fid_gain" and fid["low"] > 0 and fid["p"] < 0.05
    difference = kernel_distance(FAR["x"], REAL) - kernel_distance(NEAR["x"], REAL)
    assert row["metric"] == "kid_gain" and row["value"] == pytest.approx(difference) and row["low"] > 0
    assert gains(far, near, REAL, "x", ["kid"])[0]["high"] < 0
    same = gains(near, near, REAL, "x", ["kid"])[0]
    assert same["value"] == 0 and np.isnan([same["low"], same["high"], same["p"]]).all()


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


RUNS = [{"x": NEAR["x"] + shift, "seeds": NEAR["seeds"]} for shift in (0.0, 0.3, 0.9)]


def test_every_row_is_scored_at_the_images_of_one_training_run():
    several, single = cell_groups(RUNS, "x", 4), cell_groups(RUNS[:1], "x", 4)
    assert [[len(group) for group in run] for run in several] == [[4, 4, 4]] * 3
    rows = cell_distances(several, REAL, "x", ["fid", "kid"], method="m")
    real = {f"x/{name}": REAL for name in ("test", "train", "reconstruction")}
    floor = floor_rows(real, "x", ["kid"], groups=3, size=4)[0]
    for row, of_one in zip(rows, cell_distances(single, REAL, "x", ["fid", "kid"])):
        assert row["n"] == of_one["n"] == floor["n"] == 12
        assert (row["seeds"], of_one["seeds"]) == (3, 3)  # runs, and sampling seeds
    assert cell_distances(single, REAL, "x", ["kid"]) == distances(single[0], REAL, "x", ["kid"])


def test_of_several_runs_the_mean_counts_and_students_interval_over_them():
    several = cell_groups(RUNS, "x", 4)
    values = np.array([frechet_distance(np.concatenate(run), REAL) for run in several])
    (row,) = cell_distances(several, REAL, "x", ["fid"])
    half = 4.302652729749464 * values.std(ddof=1) / 3**0.5  # t of 2 degrees of freedom at 97.5 %
    assert row["value"] == pytest.approx(values.mean())
    assert (row["low"], row["high"]) == pytest.approx((values.mean() - half, values.mean() + half))


def test_more_training_runs_do_not_lower_the_value():
    """What pooling the runs would break: FID falls with the number of images."""
    draw = np.random.default_rng(1)
    runs = [{"x": draw.normal(size=(30, 6)), "seeds": NEAR["seeds"]} for _ in range(12)]
    several, pooled = cell_groups(runs, "x", 10), [np.concatenate([run["x"] for run in runs])]
    singles = [cell_distances([run], REAL, "x", ["fid"])[0]["value"] for run in several]
    (row,), (together,) = cell_distances(several, REAL, "x", ["fid"]), distances(pooled, REAL, "x", ["fid"])
    assert row["value"] == pytest.approx(np.mean(singles)) and together["value"] < 0.7 * row["value"]


def test_gains_are_paired_run_by_run():
    far = [{**run, "x": run["x"] + 1.0} for run in RUNS]
    near, far = cell_groups(RUNS, "x", 10), cell_groups(far, "x", 10)
    (row,) = [row for row in cell_gains(near, far, REAL, "x", ["kid"]) if row["metric"] == "kid_gain"]
    differences = np.array(
        [kernel_distance(np.concatenate(b), REAL) - kernel_distance(np.concatenate(a), REAL) for a, b in zip(near, far)]
    )
    half = 4.302652729749464 * differences.std(ddof=1) / 3**0.5
    assert (row["value"], row["n"], row["seeds"]) == (pytest.approx(differences.mean()), 30, 3)
    assert (row["low"], row["high"]) == pytest.approx((differences.mean() - half, differences.mean() + half))
    assert cell_gains(near[:1], far[:1], REAL, "x", ["kid"]) == gains(near[0], far[0], REAL, "x", ["kid"])


def test_a_cells_label_stands_in_the_column_drift():
    cell = {"method": "m", "training": "ld", "prompt": "simple", "label": "0.10", "part": "prior_0.10"}
    assert cell_labels(cell)["drift"] == "0.10" and cell_labels(cell)["sampling_drift"] == "prior_0.10"
