"""Confidence intervals of statistics that are no means (FID, KID): the delete-one-group jackknife.

What an interval covers is what the groups are. Groups of samples with one starting noise each (sampling seeds): other
noise and the prompts that come with it; the trained model and the real images are fixed, so it says nothing about
training again. Groups of training runs: training again, with the noise that a run is sampled from. Groups of subjects
(edits): other subjects, with their own follow-up where that is what edits are compared with. Never covered: another
real set, a bias that depends on how many images there are (FID falls with their number), what all groups share.
"""

import numpy as np

from ldcore.runtime.errors import UserError
from ldcore.statistics.student import check_level, t_test, without_rounding


def jackknife_interval(statistic, groups, level=0.95):
    """(value, low, high): `statistic` of all groups, and its delete-one-group jackknife interval.

    `groups`: G arrays, one per sampling seed; `statistic`: a list of such arrays -> float, called G + 1 times.
    The interval is value +- t_{G-1} s / sqrt(G), with s the standard deviation of the pseudo-values
    G value - (G - 1) value_without_g (Tukey 1958; Efron and Tibshirani 1993, ch. 11). It is centred on the value and
    not on the mean pseudo-value: a statistic whose bias depends on the sample size (the Frechet distance) is compared
    at the size at which it was computed. It covers the spread between groups only: whatever all groups share (the
    reference set, the trained model) counts as fixed. Fewer than 2 groups, or groups without any spread:
    (value, nan, nan). `level`: coverage in (0, 1). UserError: no groups, or `level` outside its range.
    """
    return jackknife_test(statistic, groups, level)[:3]


def paired_test(statistic, groups_a, groups_b, level=0.95):
    """(difference, low, high, p) for statistic(groups_a) - statistic(groups_b), as `jackknife_interval`.

    `groups_a` and `groups_b`: the groups of two methods in the same order of seeds; group g is deleted from both at
    once, so that what the seeds have in common (noise, prompts) cancels. p: two-sided, of the difference being 0, by
    Student's t with G - 1 degrees of freedom; nan where there is no interval.
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

    return jackknife_test(difference, list(zip(pairs_a, pairs_b)), level)


def jackknife_test(statistic, groups, level=0.95):
    """(value, low, high, p): `jackknife_interval`, and the p-value of the statistic's being 0."""
    groups = list(groups)
    if not groups:
        raise UserError("There are no groups to compute an interval from; pass the samples of at least one seed.")
    check_level(level)
    value, count = float(statistic(groups)), len(groups)
    if count < 2:
        return t_test(value, 0.0, 0, level)
    without = np.array([float(statistic(groups[:g] + groups[g + 1 :])) for g in range(count)])
    pseudo = count * value - (count - 1) * without
    error = float(pseudo.std(ddof=1)) / count**0.5
    return t_test(value, without_rounding(error, count * np.abs([value, *without]).max()), count - 1, level)


def even_groups(units, fewest: int = 10, most: int = 20) -> list[np.ndarray]:
    """Positions [n] of each group of units, dealt out in order of first occurrence, for a jackknife over many units.

    units [N]: any hashable ids, e.g. subjects; all positions of a unit go together. A group a unit where there are at
    most `most` of them; else as many groups, `fewest` to `most`, as differ least in size: 64 units make 16 groups of 4.
    So a jackknife over hundreds of units still costs at most `most` + 1 evaluations.
    """
    _, first, numbers = np.unique(np.asarray(units), return_index=True, return_inverse=True)
    place = np.argsort(np.argsort(first))[numbers]  # by first occurrence
    count = len(first)
    if count > most:
        count = min(range(most, fewest - 1, -1), key=lambda groups: -(-len(first) // groups) / (len(first) / groups))
    return [np.flatnonzero(place % count == group) for group in range(count)]
