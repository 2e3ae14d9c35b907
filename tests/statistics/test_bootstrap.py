"""The bootstrap over patients: it follows its keys, keeps a patient's images together, and says what it cannot draw."""

import numpy as np
import pytest

from ldcore.metrics.auc import auc, weighted_auc
from ldcore.runtime.errors import UserError
from ldcore.statistics.bootstrap import patient_bootstrap

DRAW = np.random.default_rng(0)
LABELS = DRAW.integers(0, 2, 120)
BINARY = np.round(DRAW.normal(size=120) + LABELS, 1)
SCORES = np.stack([-BINARY, BINARY], 1)
STATISTIC = weighted_auc(SCORES, LABELS)


def test_interval_holds_the_value_follows_its_keys_and_narrows_with_patients():
    value, low, high = patient_bootstrap(STATISTIC, np.arange(120))
    assert low < value < high and value == auc(SCORES, LABELS)
    assert patient_bootstrap(STATISTIC, np.arange(120)) == (value, low, high)
    assert patient_bootstrap(STATISTIC, np.arange(120), keys=(1,)) != (value, low, high)
    four_times = weighted_auc(np.tile(SCORES, (4, 1)), np.tile(LABELS, 4))
    few = patient_bootstrap(four_times, np.tile(np.arange(120), 4))
    many = patient_bootstrap(four_times, np.arange(480))
    assert few[2] - few[1] == pytest.approx(high - low)  # the same patients, four images each: nothing learned
    assert many[2] - many[1] < 0.7 * (high - low)


def test_any_statistic_of_weighted_images_will_do():
    ages = DRAW.normal(70, 10, 200)
    value, low, high = patient_bootstrap(lambda weights: np.average(ages, weights=weights), np.arange(200))
    assert value == pytest.approx(ages.mean())
    assert high - low == pytest.approx(2 * 1.96 * ages.std() / 200**0.5, rel=0.1)


@pytest.mark.parametrize(
    "patients, options, named",
    [
        (np.arange(5), {}, "5 weights and 120 images"),
        (np.arange(120), {"level": 95}, "level is 95"),
        (LABELS, {"draws": 0}, "0 bootstrap"),
    ],
)
def test_a_bootstrap_that_cannot_be_drawn_is_named(patients, options, named):
    with pytest.raises(UserError, match=named):
        patient_bootstrap(STATISTIC, patients, **options)
