"""Jackknife intervals: closed form for a mean, coverage, pairing, the edges."""

import math

import numpy as np
import pytest
from scipy import stats

from ldcore.metrics import frechet_distance
from ldcore.runtime.errors import UserError
from ldcore.statistics.jackknife import even_groups, jackknife_interval, paired_test


def mean(groups):
    return np.concatenate(groups).mean()


def draw(seed, groups=6, size=10, spread=1.0):
    rng = np.random.default_rng(seed)
    return [rng.normal(size=size) + spread * rng.normal() for _ in range(groups)]


@pytest.mark.parametrize("level", [0.8, 0.95])
def test_a_mean_gets_students_interval(level):
    groups = draw(0)
    centres = [group.mean() for group in groups]
    low, high = stats.t.interval(level, len(groups) - 1, loc=np.mean(centres), scale=stats.sem(centres))
    assert jackknife_interval(mean, groups, level) == pytest.approx((np.mean(centres), low, high), rel=1e-9)


def test_coverage_of_a_mean():
    """Groups of unequal size, so the interval is not exact; 1000 repetitions put the count within 2.5 % of 95 %."""
    hits = 0
    for seed in range(1000):
        groups = [group[: 6 + i] for i, group in enumerate(draw(seed, groups=5))]
        _, low, high = jackknife_interval(mean, groups)
        hits += low <= 0.0 <= high
    assert 0.925 <= hits / 1000 <= 0.975


def test_centred_on_the_value_and_independent_of_order():
    reference = np.random.default_rng(0).normal(size=(40, 4))
    groups = [np.random.default_rng(1 + g).normal(size=(15, 4)) for g in range(4)]

    def distance(samples):
        return frechet_distance(np.concatenate(samples), reference)

    value, low, high = jackknife_interval(distance, groups)
    assert value == distance(groups)
    assert high - value == pytest.approx(value - low) and high > low
    assert jackknife_interval(distance, groups[::-1]) == pytest.approx((value, low, high), rel=1e-9)
    assert jackknife_interval(distance, groups, 0.5)[2] < high


@pytest.mark.parametrize("scale", [1.0, 0.1, 1e-9, 1e9])
def test_groups_without_spread_have_no_interval(scale):
    """Not one of no width, which would claim certainty, nor one as wide as rounding."""
    value, *rest = jackknife_interval(mean, [scale * np.arange(1, 4) / 3] * 7)
    assert value == pytest.approx(scale * 2 / 3) and np.isnan(rest).all()
    value, *rest = paired_test(mean, draw(0), draw(0))
    assert value == 0 and np.isnan(rest).all() and len(rest) == 3


def test_pairing_cancels_what_the_seeds_share():
    a = draw(0, spread=5.0)
    b = [group + 0.5 + 0.01 * i for i, group in enumerate(a)]
    value, low, high, p = paired_test(mean, b, a)
    assert p < 1e-6
    assert value == pytest.approx(0.525) and low < value < high and high - low < 0.05
    assert jackknife_interval(mean, b)[2] - jackknife_interval(mean, b)[1] > 1.0
    assert paired_test(mean, a, b) == pytest.approx((-value, -high, -low, p))


def test_paired_groups_may_differ_in_size():
    a, b = draw(0), [group[:4] for group in draw(1)]
    centres = [x.mean() - y.mean() for x, y in zip(a, b)]
    low, high = stats.t.interval(0.95, len(a) - 1, loc=np.mean(centres), scale=stats.sem(centres))
    p = stats.ttest_1samp(centres, 0).pvalue
    assert paired_test(mean, a, b) == pytest.approx((np.mean(centres), low, high, p), rel=1e-9)


def test_one_group_has_a_value_and_no_interval():
    value, low, high = jackknife_interval(mean, [np.arange(3.0)])
    assert value == 1.0 and math.isnan(low) and math.isnan(high)
    value, low, high, p = paired_test(mean, [np.arange(3.0)], [np.zeros(3)])
    assert value == 1.0 and math.isnan(low) and math.isnan(high) and math.isnan(p)


@pytest.mark.parametrize("count, groups", [(1, 1), (4, 4), (20, 20), (21, 11), (32, 16), (64, 16), (400, 20)])
def test_units_are_dealt_into_groups_as_equal_as_can_be(count, groups):
    units = [f"s{number}" for number in np.random.default_rng(0).permutation(count)]
    units = [*units, *units[: count // 2]]  # half of them twice
    dealt = even_groups(units)
    assert len(dealt) == groups and sorted(np.concatenate(dealt)) == list(range(len(units)))
    sizes = [len({units[place] for place in group}) for group in dealt]
    assert sum(sizes) == count and max(sizes) - min(sizes) <= 1  # no unit in two groups


def test_wrong_inputs():
    with pytest.raises(UserError, match="no groups"):
        jackknife_interval(mean, [])
    with pytest.raises(UserError, match="level is 95"):
        jackknife_interval(mean, draw(0), 95)
    with pytest.raises(UserError, match="6 and 5 groups"):
        paired_test(mean, draw(0), draw(1, groups=5))
