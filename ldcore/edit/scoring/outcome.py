"""How far an image is from what was asked for: l_o of the unified objective (arXiv 2412.20651).

Judged by models that saw real images alone: the data set's classifier, and a regression of age.
"""

import numpy as np

from ldcore.edit.dataset import Dataset
from ldcore.evaluation.classifiers import fit_predict
from ldcore.evaluation.classifiers.pixels_logistic import pooled
from ldcore.evaluation.real_images import balanced_draw, labels
from ldcore.prompts import label
from ldcore.runtime.pixels import gray

GRID = 16  # pixels of pooled images a side, for the regression of age


def training_set(dataset: Dataset) -> tuple[np.ndarray, np.ndarray]:
    """(images [M, H, W], cases [M]: 1 is a case): training images of the data set's classes, half of them cases.

    The rarer side in full, and as many of the other, in an order drawn by the seed; where several labels are cases, as
    evenly over them as there are.
    """
    names, classes = labels(dataset.records), dataset.classes
    train = (dataset.records["split"] == "train").to_numpy()
    none, *cases = (np.flatnonzero(train & (names == name)) for name in classes)
    half = min(len(none), sum(map(len, cases)))
    keys = (dataset.seed, "edits", "classifier")
    rows = np.concatenate([balanced_draw(none, half, *keys, 0), balanced_draw(cases, half, *keys, 1)])
    return dataset.images_of(rows), (names[rows] != classes[0]).astype(int)


def is_case(record, classes: list[str]) -> int:
    """0 where the record is of the first class, else 1."""
    return int(label(record) != classes[0])


def case_scores(dataset: Dataset, images) -> np.ndarray:
    """[N, 2]: scores of no case and case, of the data set's classifier trained on its real training images."""
    train, cases = training_set(dataset)
    classifier = dataset.classifier
    return fit_predict(classifier["name"], train, cases, images, (dataset.seed, "edits"), classifier["options"])


def class_distance(scores, cases) -> np.ndarray:
    """1 - p(side asked for), [N] in 0..1: 0 is what was asked for. p is the softmax of an image's two scores.

    scores [N, 2] of no case and case, whose difference is the logit (evaluation.classifiers); cases: ints [N], 1 where
    a case is asked for.
    """
    sign = np.where(np.asarray(cases) == 1, 1.0, -1.0)
    return 1 / (1 + np.exp(sign * (scores[:, 1] - scores[:, 0])))


def age_distance(dataset: Dataset, images, ages) -> np.ndarray:
    """|predicted age - age asked for| in years, [N], by a ridge regression on pooled, standardised real images."""
    from sklearn.linear_model import Ridge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    rows = np.flatnonzero((dataset.records["split"] == "train").to_numpy())
    model = make_pipeline(StandardScaler(), Ridge(alpha=300.0))
    model.fit(pooled(dataset.images_of(rows), GRID), dataset.records["age"].to_numpy()[rows])
    return np.abs(model.predict(pooled(gray(images), GRID)) - np.asarray(ages))
