"""AUC on the real test set: what the classifier is given, and that it answers for it."""

import numpy as np
import pandas as pd
import pytest

from ldcore.evaluation import downstream
from ldcore.evaluation.downstream import (
    cell_rows,
    class_numbers,
    examiner,
    half_and_half,
    keep_first,
    real_images,
    real_rows,
    synthetic_images,
)
from ldcore.statistics.bootstrap import patient_bootstrap

DRAW = np.random.default_rng(0)
CLASSIFIER = {"name": "pixels_logistic", "options": {"grid": 8}}
RECORDS = pd.DataFrame(
    {
        "subject_id": [f"s{i // 2}" for i in range(120)],
        "diagnosis": ["CN", "AD"] * 60,
        "findings": "",
        "split": ["train"] * 60 + ["test"] * 60,
        "image_index": np.arange(120),
    }
)


def pictures(labels, brighter=60):
    """Noise [N, 16, 16], the upper half brighter for AD."""
    images = DRAW.integers(0, 90, (len(labels), 16, 16))
    images[np.asarray(labels) == "AD", :8] += brighter
    return images.astype(np.uint8)


def samples(labels, brighter=60):
    """The arrays of one drift: 40 images of the test records 60 to 99, that look like `labels`."""
    images = np.repeat(pictures(labels, brighter)[..., None], 3, 3)
    return {"images": images, "rows": np.arange(60, 100), "seeds": np.repeat([0, 1], 20)}


def measured(labels=None, brighter=60):
    """(real images, a cell's images that look like `labels`, AUC of what is learnt from a set)."""
    real = real_images(RECORDS, pictures(RECORDS["diagnosis"], brighter), ["CN", "AD"], 60, 40, 0)
    labels = RECORDS["diagnosis"][60:100] if labels is None else labels
    cell = synthetic_images(samples(labels, brighter), class_numbers(RECORDS, ["CN", "AD"]), 20)
    return real, cell, examiner(real, CLASSIFIER, (0,))


def by_metric(rows):
    return {row["metric"]: row for row in rows}


@pytest.mark.parametrize("swapped", [False, True])
def test_a_cell_is_worth_what_its_images_teach(one_thread, swapped):
    real, cell, auc_of = measured(RECORDS["diagnosis"][61:101] if swapped else None)
    best = by_metric(real_rows(real, auc_of, (0,), method="real"))
    rows = by_metric(cell_rows([cell], None, real, auc_of, (0,), method="m"))
    assert best["auc"]["value"] > 0.95 and best["auc_all_real"]["value"] > 0.95
    assert (rows["auc"]["value"] < 0.1) if swapped else (rows["auc"]["value"] > 0.9)
    assert (rows["auc_real_plus_synthetic_gain"]["value"] < -0.02) == swapped
    assert list(rows) == [
        "auc",
        "auc_real_plus_synthetic",
        "auc_real_plus_synthetic_gain",
        "auc_all_real_plus_synthetic",
        "auc_all_real_plus_synthetic_gain",
    ]
    assert {name: row["n"] for name, row in {**best, **rows}.items() if not name.endswith("gain")} == {
        "auc": 40,
        "auc_all_real": 60,
        "auc_real_plus_synthetic": 40,
        "auc_all_real_plus_synthetic": 100,
    }
    for row in rows.values():  # an AUC of 1 has no interval
        assert row["method"] == "m" and (
            row["low"] <= row["value"] <= row["high"] or np.isnan([row["low"], row["high"]]).all()
        )
        assert ("p" in row) == row["metric"].endswith("_gain")


def test_gains_are_differences_of_the_rows_and_paired_over_patients(one_thread):
    real, cell, auc_of = measured(brighter=3)
    _, worse, _ = measured([*RECORDS["diagnosis"][60:88], *RECORDS["diagnosis"][61:73]], brighter=3)
    best = by_metric(real_rows(real, auc_of, (0,)))
    rows, theirs = (by_metric(cell_rows([of], [worse], real, auc_of, (0,))) for of in (cell, worse))
    assert rows["auc_gain"]["value"] == pytest.approx(rows["auc"]["value"] - theirs["auc"]["value"])
    for gain, of, than in (
        ("auc_real_plus_synthetic_gain", rows["auc_real_plus_synthetic"], best["auc"]),
        ("auc_all_real_plus_synthetic_gain", rows["auc_all_real_plus_synthetic"], best["auc_all_real"]),
    ):
        assert rows[gain]["value"] == pytest.approx(of["value"] - than["value"])
    # the interval of the difference is that of the difference in every draw of patients
    better, worse_auc = auc_of(cell), auc_of(worse)
    expected = patient_bootstrap(lambda weights: better(weights) - worse_auc(weights), real.patients, (0, "bootstrap"))
    assert tuple(rows["auc_gain"][key] for key in ("value", "low", "high")) == pytest.approx(expected)
    assert rows["auc_gain"]["low"] < rows["auc_gain"]["high"] and 0 < rows["auc_gain"]["p"] < 1
    assert theirs["auc_gain"]["value"] == 0  # a cell over itself


def test_training_runs_are_averaged_and_never_pooled(one_thread):
    real, cell, auc_of = measured(brighter=3)
    _, other, _ = measured([*RECORDS["diagnosis"][60:88], *RECORDS["diagnosis"][61:73]], brighter=3)
    both, one, two = (by_metric(cell_rows(runs, None, real, auc_of, (0,))) for runs in ([cell, other], [cell], [other]))
    for metric, row in both.items():
        assert row["value"] == pytest.approx((one[metric]["value"] + two[metric]["value"]) / 2)
        assert row["n"] == one[metric]["n"] and (row["seeds"], one[metric]["seeds"]) == (2, 1)


def test_runs_that_differ_widen_the_interval_of_what_they_gain(one_thread):
    real, cell, auc_of = measured(brighter=3)
    _, other, _ = measured([*RECORDS["diagnosis"][60:88], *RECORDS["diagnosis"][61:73]], brighter=3)
    alike = by_metric(cell_rows([cell, cell], [other, other], real, auc_of, (0,)))["auc_gain"]
    apart = by_metric(cell_rows([cell, other], [other, cell], real, auc_of, (0,)))["auc_gain"]
    assert alike["value"] != 0 and apart["value"] == pytest.approx(0)
    assert apart["high"] - apart["low"] > 2 * (alike["high"] - alike["low"]) and apart["p"] == pytest.approx(1)


def test_a_classifier_is_trained_once_for_each_distinct_training_set(one_thread, monkeypatch):
    trained, original = [], downstream.fit_predict
    monkeypatch.setattr(downstream, "fit_predict", lambda *args: trained.append(len(args[1])) or original(*args))
    real, cell, auc_of = measured()
    real_rows(real, auc_of, (0,))
    for _ in range(2):
        cell_rows([cell], [cell], real, auc_of, (0,))
    assert sorted(trained) == [40, 40, 40, 60, 100]  # the cell, real ones, half and half; all real, all and the cell


def test_real_images_are_balanced_and_of_their_splits():
    images = pictures(RECORDS["diagnosis"])
    real = real_images(RECORDS, images, ["CN", "AD"], 20, 10, 0)
    assert np.bincount(real.test_classes).tolist() == [10, 10] and np.bincount(real.training[1]).tolist() == [5, 5]
    assert set(real.patients) <= set(RECORDS["subject_id"][60:])
    assert all(any(np.array_equal(image, other) for other in images[:60]) for image in real.training[0])
    assert len(real.all_training[0]) == 60 and np.array_equal(real.all_training[0], images[:60])


def test_synthetic_images_are_gray_and_the_first_of_each_seed():
    arrays = samples(RECORDS["diagnosis"][60:100])
    images, classes = synthetic_images(arrays, class_numbers(RECORDS, ["AD", "CN"]), 3)
    assert images.shape == (6, 16, 16) and np.array_equal(images[3], arrays["images"][20, ..., 0])
    assert classes.tolist() == [1, 0, 1, 1, 0, 1]
    assert keep_first(np.array([5, 5, 5, 7, 7, 7]), 2).tolist() == [0, 1, 3, 4]


def test_labels_that_are_no_class_have_no_number():
    assert class_numbers(RECORDS.head(2), ["AD", "MCI"]).tolist() == [-1, 0]


def test_half_and_half_keeps_size_and_balance():
    first = (np.zeros((10, 2, 2), np.uint8), np.arange(10) % 2)
    second = (np.ones((10, 2, 2), np.uint8), np.arange(10) % 2)
    images, labels = half_and_half(first, second)
    assert len(images) == 10 and np.bincount(labels).tolist() == [5, 5] and images[:, 0, 0].sum() == 4


def test_of_sets_of_unlike_sizes_the_smaller_decides():
    first = (np.zeros((6, 2, 2), np.uint8), np.array([0, 0, 0, 0, 1, 1]))
    second = (np.ones((8, 2, 2), np.uint8), np.arange(8) % 2)
    images, labels = half_and_half(first, second)
    assert np.bincount(labels).tolist() == [4, 2] and images[labels == 0, 0, 0].sum() == 2
