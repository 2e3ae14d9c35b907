"""AUC on the real test set: what the classifier is given, and that it answers for it."""

import numpy as np
import pandas as pd
import pytest

from ldcore.evaluation.downstream import downstream_rows, half_and_half, keep_first, stacks

DRAW = np.random.default_rng(0)


def pictures(labels):
    """Noise [N, 16, 16], the upper half bright for AD."""
    images = DRAW.integers(0, 90, (len(labels), 16, 16))
    images[np.asarray(labels) == "AD", :8] += 60
    return images.astype(np.uint8)


RECORDS = pd.DataFrame(
    {
        "subject_id": [f"s{i // 2}" for i in range(120)],
        "diagnosis": ["CN", "AD"] * 60,
        "findings": "",
        "split": ["train"] * 60 + ["test"] * 60,
        "image_index": np.arange(120),
    }
)
CONFIG = {
    "datasets": {"d": {"classifier": {"name": "pixels_logistic", "options": {"grid": 8}}}},
    "sampling": {"images_per_seed": 20},
    "grid": {"training_seeds": [0]},
}


def write(folder, labels):
    images = np.repeat(pictures(labels)[..., None], 3, 3)
    np.savez(folder / "none.npz", images=images, rows=np.arange(60, 100), seeds=np.repeat([0, 1], 20))


@pytest.mark.parametrize("swapped", [False, True])
def test_a_cell_is_worth_what_its_images_teach(tmp_path, one_thread, swapped):
    real = stacks(RECORDS, pictures(RECORDS["diagnosis"]), ["CN", "AD"], 60, 40, 0)
    write(tmp_path, RECORDS["diagnosis"][61:101] if swapped else RECORDS["diagnosis"][60:100])
    cell = {"method": "m", "training": "t", "prompt": "p", "label": "none", "drift": "none"}
    rows = {
        (row["method"], row["metric"]): row
        for row in downstream_rows("d", CONFIG, real, lambda *_: tmp_path, [cell], 0)
    }
    assert rows["real", "auc"]["value"] > 0.95
    assert (rows["m", "auc"]["value"] < 0.1) if swapped else (rows["m", "auc"]["value"] > 0.9)
    assert all(
        row["n"] == 40 and row["extractor"] == "pixels_logistic" and row["low"] <= row["value"] <= row["high"]
        for row in rows.values()
    )


def test_half_and_half_keeps_size_and_balance():
    first = (np.zeros((10, 2, 2), np.uint8), np.arange(10) % 2)
    second = (np.ones((10, 2, 2), np.uint8), np.arange(10) % 2)
    images, labels = half_and_half(first, second)
    assert len(images) == 10 and np.bincount(labels).tolist() == [5, 5] and 3 <= images[:, 0, 0].sum() <= 5


def test_the_first_images_of_each_seed_count():
    assert keep_first(np.array([5, 5, 5, 7, 7, 7]), 2).tolist() == [0, 1, 3, 4]
