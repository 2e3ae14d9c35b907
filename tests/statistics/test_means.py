"""Means and shares over subjects: exact references, coverage of few values, and what claims no certainty."""

import numpy as np
import pytest
from scipy import stats

from ldcore.runtime.errors import UserError
from ldcore.statistics.means import mean_test, share_interval

REPETITIONS = 2000  # 0.5 % is one standard error of a coverage of 95 %


def covered(intervals) -> float:
    """Share of (low, high) that hold 0."""
    return float(np.mean([low <= 0 <= high for low, high in intervals]))


@pytest.mark.parametrize("count", [2, 4, 21])
def test_one_value_a_subject_gets_students_interval_and_p(count):
    values = np.random.default_rng(count).normal(0.3, 1, count)
    low, high = stats.t.interval(0.9, count - 1, loc=values.mean(), scale=stats.sem(values))
    p = stats.ttest_1samp(values, 0).pvalue
    assert mean_test(values, level=0.9) == pytest.approx((values.mean(), low, high, p), rel=1e-9)


@pytest.mark.parametrize("count", [4, 8, 16, 21])
def test_a_nominal_95_percent_covers_few_values_and_1_96_standard_errors_do_not(count):
    values = np.random.default_rng(count).normal(size=(REPETITIONS, count))
    assert covered(mean_test(row)[1:3] for row in values) >= 0.93
    half = 1.96 * values.std(1, ddof=1) / count**0.5
    old = covered(zip(values.mean(1) - half, values.mean(1) + half))
    assert old < (0.93 if count <= 8 else 0.945)


def test_images_of_one_subject_are_not_independent():
    """8 subjects of 1 to 4 images that are alike: over subjects it covers, as if all were independent it does not."""
    rng = np.random.default_rng(0)
    subjects = np.repeat(np.arange(8), [1, 2, 3, 4, 1, 2, 3, 4])
    by_subject, by_image = [], []
    for _ in range(REPETITIONS):
        values = rng.normal(size=8)[subjects] + 0.3 * rng.normal(size=len(subjects))
        by_subject.append(mean_test(values, subjects)[1:3])
        by_image.append(mean_test(values)[1:3])
    assert covered(by_subject) >= 0.90  # unequal numbers of images: not exact
    assert covered(by_image) < 0.85


def test_as_many_images_a_subject_are_the_mean_of_each_subject():
    values = np.random.default_rng(0).normal(size=(6, 3))
    subjects = np.repeat([f"s{number}" for number in range(6)], 3)
    assert mean_test(values.ravel(), subjects) == pytest.approx(mean_test(values.mean(1)))
    order = np.random.default_rng(1).permutation(18)
    assert mean_test(values.ravel()[order], subjects[order]) == pytest.approx(mean_test(values.mean(1)))


@pytest.mark.parametrize("right", [0, 1, 9, 15, 16])
def test_a_share_gets_wilsons_interval(right):
    values = np.arange(16) < right
    exact = stats.binomtest(right, 16).proportion_ci(0.95, method="wilson")
    assert share_interval(values) == pytest.approx((right / 16, exact.low, exact.high), abs=1e-12)
    _, low, high = share_interval(values)
    assert high - low > 0.15  # never [1, 1]


def test_a_share_of_images_is_as_wide_as_its_subjects_are_few():
    subjects = np.repeat(np.arange(8), 4)
    assert share_interval(np.ones(32), subjects) == share_interval(np.ones(8))


@pytest.mark.parametrize("function", [mean_test, share_interval])
def test_no_interval_of_one_subject_or_of_nothing(function):
    value, *rest = function([1.0, 1.0], ["a", "a"])
    assert value == 1.0 and np.isnan(rest).all()
    assert np.isnan(function([np.nan, np.inf])).all()


@pytest.mark.parametrize("constant", [0.0, 1.0, 0.1, 1e-12])
def test_subjects_that_do_not_differ_have_no_interval(constant):
    value, *rest = mean_test([constant] * 7)
    assert value == pytest.approx(constant) and np.isnan(rest).all()


def test_what_is_not_finite_is_left_out_with_its_subject():
    assert mean_test([1.0, np.inf, 2.0, np.nan], ["a", "b", "c", "c"]) == mean_test([1.0, 2.0])


def test_faults():
    with pytest.raises(UserError, match="2 values have 3 subjects"):
        mean_test([1.0, 2.0], ["a", "b", "c"])
    with pytest.raises(UserError, match="values of 0 and 1"):
        share_interval([0.5, 1.0])
    for function in (mean_test, share_interval):
        with pytest.raises(UserError, match="level is 95"):
            function([0.0, 1.0], level=95)
