"""Holm's correction: a worked example, what was not tested, and false alarms over a family."""

import numpy as np

from ldcore.statistics.holm import holm


def test_a_worked_example():
    """p times how many are no smaller, never below a smaller one's, at most 1."""
    np.testing.assert_allclose(holm([0.01, 0.04, 0.03, 0.005]), [0.03, 0.06, 0.06, 0.02])
    np.testing.assert_allclose(holm([0.5, 0.9, 0.6]), [1, 1, 1])
    np.testing.assert_allclose(holm([0.02]), [0.02])
    assert holm([]).shape == (0,)


def test_what_was_not_tested_counts_for_nothing():
    adjusted = holm([0.01, np.nan, 0.04])
    np.testing.assert_allclose(adjusted[[0, 2]], [0.02, 0.04])
    assert np.isnan(adjusted[1]) and np.isnan(holm([np.nan, np.nan])).all()


def test_a_family_of_nothing_rarely_has_an_alarm():
    p = np.random.default_rng(0).random((2000, 12))
    alarms = np.mean([holm(family).min() < 0.05 for family in p])
    assert 0.035 < alarms < 0.065  # uncorrected: 46 %
    assert np.mean(p.min(1) < 0.05) > 0.4
