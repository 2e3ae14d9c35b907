"""How far an image is from what was asked for: l_o of the unified objective (arXiv 2412.20651), by models that saw real images alone."""

import numpy as np

from ldcore.evaluation.classify import fit_predict, gray, pooled
from ldcore.prompts import label

GRID = 16


def training_set(records, images, classes: list[str]) -> tuple:
    """(images, labels) of the training split; label 0 the first class, 1 any other of `classes`."""
    named = np.array([label(row) or "" for row in records.to_dict("records")])
    rows = np.flatnonzero((records["split"] == "train").to_numpy() & np.isin(named, classes))
    return images[records["image_index"].to_numpy()[rows]], (named[rows] != classes[0]).astype(int)


def is_case(record, classes: list[str]) -> int:
    """0 where the record is of the first class, else 1."""
    return int(label(record) != classes[0])


def case_scores(records, images, dataset: dict, tested, seed: int) -> np.ndarray:
    """[N, 2]: scores of no case and case of the dataset's classifier, trained on the real training images."""
    train, labels = training_set(records, images, dataset["classes"])
    chosen = dataset["classifier"]
    return fit_predict(chosen["name"], train, labels, tested, (seed, "edits"), chosen["options"])


def class_distance(scores, targets) -> np.ndarray:
    """1 - sigmoid(score of the wanted side - score of the other), [N] in 0..1: 0 is what was asked for."""
    sign = np.where(np.asarray(targets) == 1, 1.0, -1.0)
    return 1 / (1 + np.exp(sign * (scores[:, 1] - scores[:, 0])))


def age_distance(records, images, tested, ages) -> np.ndarray:
    """|predicted age - wanted age| in years, [N], of a ridge regression on pooled, standardised pixels of real training images."""
    from sklearn.linear_model import Ridge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    rows = np.flatnonzero((records["split"] == "train").to_numpy())
    model = make_pipeline(StandardScaler(), Ridge(alpha=300.0))
    model.fit(pooled(images[records["image_index"].to_numpy()[rows]], GRID), records["age"].to_numpy()[rows])
    return np.abs(model.predict(pooled(gray(tested), GRID)) - np.asarray(ages))
