"""AUC on the real test set: what the classifier is given, and that it answers for it."""

import numpy as np
import pandas as pd
import pytest

from ldcore.evaluation.downstream import (
    auc_row,
    cell_rows,
    class_numbers,
    half_and_half,
    keep_first,
    real_images,
    synthetic_images,
)

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


def pictures(labels):
    """Noise [N, 16, 16], the upper half bright for AD."""
    images = DRAW.integers(0, 90, (len(labels), 16, 16))
    images[np.asarray(labels) == "AD", :8] += 60
    return images.astype(np.uint8)


def samples(labels):
    """The arrays of one drift: 40 images of the test records 60 to 99, that look like `labels`."""
    images = np.repeat(pictures(labels)[..., None], 3, 3)
    return {"images": images, "rows": np.arange(60, 100), "seeds": np.repeat([0, 1], 20)}


@pytest.mark.parametrize("swapped", [False, True])
def test_a_cell_is_worth_what_its_images_teach(one_thread, swapped):
    real = real_images(RECORDS, pictures(RECORDS["diagnosis"]), ["CN", "AD"], 60, 40, 0)
    looks = RECORDS["diagnosis"][61:101] if swapped else RECORDS["diagnosis"][60:100]
    synthetic = synthetic_images(samples(looks), class_numbers(RECORDS, ["CN", "AD"]), 20)
    best = auc_row(real.training, real, CLASSIFIER, (0,), metric="auc", training="")
    alone, mixed = cell_rows(synthetic, real, CLASSIFIER, (0,), method="m")
    assert best["value"] > 0.95
    assert (alone["value"] < 0.1) if swapped else (alone["value"] > 0.9)
    assert (alone["metric"], mixed["metric"], mixed["method"]) == ("auc", "auc_real_plus_synthetic", "m")
    for row in (best, alone, mixed):
        assert row["n"] == 40 and row["extractor"] == "pixels_logistic" and row["low"] <= row["value"] <= row["high"]


def test_real_images_are_balanced_and_of_their_splits():
    images = pictures(RECORDS["diagnosis"])
    real = real_images(RECORDS, images, ["CN", "AD"], 20, 10, 0)
    assert np.bincount(real.test_classes).tolist() == [10, 10] and np.bincount(real.train_classes).tolist() == [5, 5]
    assert set(real.patients) <= set(RECORDS["subject_id"][60:])
    assert all(any(np.array_equal(image, other) for other in images[:60]) for image in real.train_images)


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
