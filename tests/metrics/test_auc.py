"""AUC: parity with scikit-learn, and a bootstrap that keeps patients together."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from ldcore.metrics.auc import auc, patient_bootstrap
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


def test_interval_holds_the_value_follows_its_keys_and_narrows_with_patients():
    value, low, high = patient_bootstrap(SCORES, LABELS, np.arange(120))
    assert low < value < high and value == auc(SCORES, LABELS)
    assert patient_bootstrap(SCORES, LABELS, np.arange(120)) == (value, low, high)
    assert patient_bootstrap(SCORES, LABELS, np.arange(120), keys=(1,)) != (value, low, high)
    few = patient_bootstrap(np.tile(SCORES, (4, 1)), np.tile(LABELS, 4), np.tile(np.arange(120), 4))
    many = patient_bootstrap(np.tile(SCORES, (4, 1)), np.tile(LABELS, 4), np.arange(480))
    assert few[2] - few[1] == pytest.approx(high - low)  # the same patients, four images each: nothing learned
    assert many[2] - many[1] < 0.7 * (high - low)


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


@pytest.mark.parametrize(
    "patients, options, named",
    [
        (np.arange(5), {}, "5 patients"),
        (np.arange(120), {"level": 95}, "level is 95"),
        (LABELS, {"draws": 0}, "0 bootstrap"),
    ],
)
def test_a_bootstrap_that_cannot_be_drawn_is_named(patients, options, named):
    with pytest.raises(UserError, match=named):
        patient_bootstrap(SCORES, LABELS, patients, **options)
