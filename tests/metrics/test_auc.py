"""AUC: parity with scikit-learn, weighted images, and wrong inputs."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from ldcore.metrics.auc import auc, weighted_auc
from ldcore.runtime.errors import UserError

DRAW = np.random.default_rng(0)
LABELS = DRAW.integers(0, 2, 120)
BINARY = np.round(DRAW.normal(size=120) + LABELS, 1)  # rounded, so that there are ties
SCORES = np.stack([-BINARY, BINARY], 1)


def test_equals_scikit_learn_with_ties_and_with_four_classes():
    assert auc(SCORES, LABELS) == pytest.approx(roc_auc_score(LABELS, BINARY), abs=1e-12)
    labels = np.arange(80) % 4
    many = DRAW.random((80, 4)) + 0.5 * np.eye(4)[labels]
    many /= many.sum(1, keepdims=True)
    assert auc(many, labels) == pytest.approx(roc_auc_score(labels, many, multi_class="ovr"), abs=1e-12)


def test_weights_count_as_often_repeated_images():
    times = DRAW.integers(0, 3, 120)
    repeated = np.repeat(np.arange(120), times)
    assert weighted_auc(SCORES, LABELS)(times) == pytest.approx(auc(SCORES[repeated], LABELS[repeated]), abs=1e-12)
    assert weighted_auc(SCORES, LABELS)(LABELS) is None  # the negatives count not at all


@pytest.mark.parametrize(
    "scores, labels, named",
    [
        (SCORES[:, 1], LABELS, "scores"),
        (SCORES, LABELS[:5], "scores"),
        (SCORES * np.nan, LABELS, "finite"),
        (SCORES, LABELS * 0, "class 1"),
    ],
)
def test_bad_input_is_named(scores, labels, named):
    with pytest.raises(UserError, match=named):
        auc(scores, labels)
