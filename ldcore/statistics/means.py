"""Means and shares over images, with subjects as units: images of one subject are not independent of each other."""

import numpy as np

from ldcore.runtime.errors import UserError
from ldcore.statistics.student import NAN, check_level, t_test, without_rounding


def mean_test(values, subjects=None, level: float = 0.95) -> tuple[float, float, float, float]:
    """(mean, low, high, p): of all values, with Student's t over subjects, and the p-value of the mean being 0.

    values [N], those that are not finite are left out; subjects [N]: any hashable ids, None: each value is of another.
    The standard error takes the subjects as units (Liang and Zeger 1986): with e_s the sum of the deviations of a
    subject's values from the mean of all N, sqrt(S / (S - 1) x sum of e_s^2) / N of S subjects; with one value a
    subject that is the standard deviation over sqrt(S). S - 1 degrees of freedom, so that a few subjects get a wide
    interval: 1.96 standard errors of 4 values cover 86 %, of 21 values 94 %. nan for low, high and p with fewer than
    two subjects, or where no subject differs from another; nan for all where nothing is left.
    UserError: as many subjects as values are needed; `level` outside (0, 1).
    """
    values, subjects = finite(values, subjects)
    if not len(values):
        return NAN, NAN, NAN, NAN
    mean, count = float(values.mean()), len(np.unique(subjects))
    if count < 2:
        return t_test(mean, 0.0, 0, level)
    sums = np.bincount(subjects, values - mean)
    error = float(np.sqrt(count / (count - 1) * (sums**2).sum())) / len(values)
    return t_test(mean, without_rounding(error, np.abs(values).max()), count - 1, level)


def share_interval(values, subjects=None, level: float = 0.95) -> tuple[float, float, float]:
    """(share, low, high): how many of the values are 1, with Wilson's interval (Wilson 1927) over subjects.

    values [N]: 0 or 1 each, those that are not finite left out; subjects as in `mean_test`. Its width follows from the
    number of subjects, as if a subject's images always agreed: never narrower than it may be. 16 of 16 give
    [0.81, 1], not [1, 1]. nan for low and high with fewer than two subjects. UserError: as `mean_test`; another value.
    """
    from scipy.special import ndtri

    check_level(level)
    values, subjects = finite(values, subjects)
    if not np.isin(values, (0, 1)).all():
        raise UserError("A share needs values of 0 and 1; use mean_test for others.")
    if not len(values):
        return NAN, NAN, NAN
    share, count, z = float(values.mean()), len(np.unique(subjects)), float(ndtri(0.5 + level / 2))
    if count < 2:
        return share, NAN, NAN
    middle = (share + z**2 / (2 * count)) / (1 + z**2 / count)
    half = z / (1 + z**2 / count) * (share * (1 - share) / count + z**2 / (4 * count**2)) ** 0.5
    return share, max(0.0, min(middle - half, share)), min(1.0, max(middle + half, share))


def finite(values, subjects=None) -> tuple[np.ndarray, np.ndarray]:
    """(the values that are finite [n], the number of each one's subject [n]). UserError: lengths differ."""
    values = np.asarray(values, float)
    subjects = np.arange(len(values)) if subjects is None else np.asarray(subjects)
    if len(values) != len(subjects):
        raise UserError(f"{len(values)} values have {len(subjects)} subjects; give the subject of each value.")
    kept = np.isfinite(values)
    return values[kept], np.unique(subjects[kept], return_inverse=True)[1]
