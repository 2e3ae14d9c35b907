"""The bootstrap over patients: it follows its keys, keeps a patient's images together, and says what it cannot draw."""

import numpy as np
import pytest

from ldcore.metrics.auc import auc, weighted_auc
from ldcore.runtime.errors import UserError
from ldcore.statistics.bootstrap import paired_bootstrap, patient_bootstrap, run_and_patient_interval

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


def test_certainty_is_not_claimed_from_one_patient_or_from_draws_that_agree():
    value, low, high = patient_bootstrap(STATISTIC, np.zeros(120))
    assert value == auc(SCORES, LABELS) and np.isnan([low, high]).all()
    perfect = weighted_auc(np.stack([-LABELS, LABELS], 1), LABELS)
    value, low, high = patient_bootstrap(perfect, np.arange(120))
    assert value == 1 and np.isnan([low, high]).all()
    assert np.isnan(paired_bootstrap((STATISTIC, STATISTIC), np.arange(120))[1:]).all()


def test_a_pair_is_taken_at_the_same_draws():
    better = BINARY + 0.3 * LABELS
    pair = (weighted_auc(np.stack([-better, better], 1), LABELS), STATISTIC)
    value, low, high, p = paired_bootstrap(pair, np.arange(120))
    first, second = (patient_bootstrap(side, np.arange(120)) for side in pair)
    assert value == pytest.approx(first[0] - second[0]) and 0 < low < value < high and 0 < p < 0.01
    assert high - low < 0.5 * (first[2] - first[1] + second[2] - second[1])  # what both share cancels
    swapped = paired_bootstrap(pair[::-1], np.arange(120))
    assert swapped == pytest.approx((-value, -high, -low, p))
    assert paired_bootstrap(pair, np.arange(120)) == (value, low, high, p)


def test_a_pair_without_a_difference_is_rarely_told_apart():
    """Two scorers equally good, 150 data sets: p below 0.05 in about 5 %, and the interval holds 0 in about 95 %."""
    alarms = misses = 0
    for seed in range(150):
        rng = np.random.default_rng(seed)
        labels = np.arange(60) % 2
        shared = rng.normal(size=60) + labels
        pair = [weighted_auc(np.stack([-s, s], 1), labels) for s in (shared + rng.normal(size=(2, 60)))]
        _, low, high, p = paired_bootstrap(tuple(pair), np.arange(60), keys=(seed,), draws=200)
        alarms, misses = alarms + (p < 0.05), misses + (low > 0 or high < 0)
    assert 1 <= alarms <= 16 and 1 <= misses <= 20


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


def run_of(effect, patients_effects):
    """A statistic whose value is a run's own effect plus the mean of the patients' effects."""
    return lambda weights: effect + float(np.average(patients_effects, weights=weights))


def mean_of(statistics):
    return lambda weights: np.mean([statistic(weights) for statistic in statistics])


def test_the_interval_over_runs_and_patients_covers_what_both_vary():
    draw, covered, patients_alone, repeats = np.random.default_rng(5), 0, 0, 300
    for repeat in range(repeats):
        effects = draw.normal(0, 1, 40)  # of patients: variance of their mean 1 / 40
        statistics = [run_of(effect, effects) for effect in draw.normal(0, 0.3, 3)]  # 0.09 / 3
        _, low, high, _ = run_and_patient_interval(statistics, np.arange(40), (repeat,), draws=200)
        covered += low <= 0 <= high
        _, low, high = patient_bootstrap(mean_of(statistics), np.arange(40), (repeat,), draws=200)
        patients_alone += low <= 0 <= high
    assert 0.9 < covered / repeats < 0.99 and patients_alone / repeats < 0.88


def test_what_runs_do_to_some_patients_alone_is_counted_once():
    """Runs that differ in nothing but which patients they do well on: as wide as it must be, no more."""
    draw, covered, widths, repeats = np.random.default_rng(3), 0, [], 150
    for repeat in range(repeats):
        statistics = [run_of(0.0, draw.normal(0, 1, 60)) for _ in range(3)]
        _, low, high, _ = run_and_patient_interval(statistics, np.arange(60), (repeat,), draws=200)
        covered += low <= 0 <= high
        widths.append((high - low) / 2)
    assert covered / repeats > 0.9 and np.mean(widths) < 1.6 * 1.96 / np.sqrt(180)


def test_runs_that_agree_leave_the_interval_of_the_patients():
    effects = np.random.default_rng(0).normal(0, 1, 60)
    _, low, high, p = run_and_patient_interval([run_of(0.5, effects)] * 4, np.arange(60))
    value, *edges = patient_bootstrap(run_of(0.5, effects), np.arange(60))
    assert (low, high) == pytest.approx(edges, abs=0.03) and 0 < p < 0.05
    assert np.isnan(run_and_patient_interval([run_of(0.5, np.zeros(9))] * 2, np.arange(9))[1:]).all()
    with pytest.raises(UserError, match="needs two"):
        run_and_patient_interval([run_of(0.5, effects)], np.arange(60))
