"""Confidence intervals over sampling seeds: the delete-one-group jackknife."""

import numpy as np

from ldcore.runtime.errors import UserError


def jackknife_interval(statistic, groups, level=0.95):
    """(value, low, high): `statistic` of all groups, and its delete-one-group jackknife interval.

    `groups`: G arrays, one per sampling seed; `statistic`: a list of such arrays -> float, called G + 1 times.
    The interval is value +- t_{G-1} s / sqrt(G), with s the standard deviation of the pseudo-values
    G value - (G - 1) value_without_g (Tukey 1958; Efron and Tibshirani 1993, ch. 11). It is centred on the value and
    not on the mean pseudo-value: a statistic whose bias depends on the sample size (the Frechet distance) is compared
    at the size at which it was computed. It covers the spread between groups only: whatever all groups share (the
    reference set, the trained model) counts as fixed. Fewer than 2 groups: (value, nan, nan).
    `level`: coverage in (0, 1). UserError: no groups, or `level` outside its range.
    """
    groups = list(groups)
    if not groups:
        raise UserError("There are no groups to compute an interval from; pass the samples of at least one seed.")
    if not 0.0 < level < 1.0:
        raise UserError(f"level is {level}; give a coverage between 0 and 1, e.g. 0.95.")
    value, count = float(statistic(groups)), len(groups)
    if count < 2:
        return value, float("nan"), float("nan")
    without = np.array([float(statistic(groups[:g] + groups[g + 1 :])) for g in range(count)])
    pseudo = count * value - (count - 1) * without
    half = _t_quantile(count - 1, level) * float(pseudo.std(ddof=1)) / count**0.5
    return value, value - half, value + half


def paired_interval(statistic, groups_a, groups_b, level=0.95):
    """(difference, low, high) for statistic(groups_a) - statistic(groups_b), as `jackknife_interval`.

    `groups_a` and `groups_b`: the groups of two methods in the same order of seeds; group g is deleted from both at
    once, so that what the seeds have in common (noise, prompts) cancels.
    UserError: as `jackknife_interval`, or unequal numbers of groups.
    """
    pairs_a, pairs_b = list(groups_a), list(groups_b)
    if len(pairs_a) != len(pairs_b):
        raise UserError(
            f"A paired interval needs the same seeds for both methods, but they have {len(pairs_a)} and {len(pairs_b)} "
            "groups; pass the groups of the seeds they share."
        )

    def difference(pairs):
        return float(statistic([a for a, _ in pairs])) - float(statistic([b for _, b in pairs]))

    return jackknife_interval(difference, list(zip(pairs_a, pairs_b)), level)


def _t_quantile(freedom, level):
    """The two-sided quantile of Student's t with `freedom` degrees of freedom at coverage `level`."""
    from scipy.special import stdtrit

    return float(stdtrit(freedom, 0.5 + level / 2.0))
