"""Kernel distance between two feature sets: the KID when the features are Inception's."""

import numpy as np

from ldcore.metrics._features import feature_pair

TITLE = "KID"
COMPARES = "features"
BETTER = "lower"
GAIN = "kid_gain"
ROWS = 1024  # kernel rows held at once, so that memory is ROWS x M and not N x M


def kernel_distance(a, b) -> float:
    """Unbiased squared MMD between the rows of `a` [N, D] and `b` [M, D] with the kernel (x.y / D + 1)^3.

    Binkowski et al. 2018, arXiv 1801.01401, sec. 4 (KID). Over all samples, without random subsets, so it is
    deterministic. No unit; symmetric; averages 0 for two samples of one distribution and so can be negative, as it
    is for a set against itself. Numpy arrays or torch tensors; computed in float64.
    UserError: not two-dimensional, D differs, fewer than 2 rows, or a value that is not finite.
    """
    a, b = feature_pair(a, b)
    return _mean_within(a) + _mean_within(b) - 2.0 * _kernel_sum(a, b) / (len(a) * len(b))


distance = kernel_distance  # what every metric of features calls it


def _mean_within(x) -> float:
    """Mean kernel value over ordered pairs of different rows of `x` [N, D]; its diagonal spells the kernel again."""
    diagonal = np.sum((np.einsum("nd,nd->n", x, x) / x.shape[1] + 1.0) ** 3)
    return float(_kernel_sum(x, x) - diagonal) / (len(x) * (len(x) - 1))


def _kernel_sum(x, y) -> float:
    """Sum of the kernel (x.y / D + 1)^3 over all pairs of a row of `x` [N, D] and a row of `y` [M, D]."""
    total = 0.0
    for start in range(0, len(x), ROWS):
        base = x[start : start + ROWS] @ y.T / x.shape[1] + 1.0
        total += float(np.vdot(base * base, base))  # faster than numpy's power
    return total
