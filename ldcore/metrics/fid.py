"""Frechet distance between feature sets (the FID when the features are Inception's), without a matrix square root."""

import numpy as np

from ldcore.metrics._features import feature_pair

TITLE = "FID"
COMPARES = "features"
BETTER = "lower"
GAIN = "fid_gain"


def frechet_distance(a, b) -> float:
    """Squared Frechet distance between the Gaussians fitted to the rows of `a` [N, D] and `b` [M, D].

    |mu_a - mu_b|^2 + Tr(S_a) + Tr(S_b) - 2 Tr((S_a S_b)^(1/2)), with unbiased covariances (Heusel et al. 2017,
    arXiv 1706.08500, eq. 6). In squared feature units, >= 0; symmetric. Biased upwards for small N and M, so compare
    only values from equal numbers of samples. Numpy arrays or torch tensors; computed in float64.
    UserError: not two-dimensional, D differs, fewer than 2 rows, or a value that is not finite.
    """
    a, b = feature_pair(a, b)
    root_a, root_b = _covariance_root(a), _covariance_root(b)
    # With S = A^T A, the eigenvalues of S_a S_b are the squared singular values of A B^T: its nuclear norm is the
    # trace of the root. Exact also where N < D makes S_a S_b singular, which a matrix square root handles badly.
    cross = np.linalg.svd(root_a @ root_b.T, compute_uv=False).sum()
    shift = a.mean(axis=0) - b.mean(axis=0)
    squared = shift @ shift + np.sum(root_a**2) + np.sum(root_b**2) - 2.0 * cross
    return max(0.0, float(squared))  # rounding alone can make it negative


distance = frechet_distance  # what every metric of features calls it


def _covariance_root(x):
    """A matrix R [min(N, D), D] with R^T R the unbiased covariance of the rows of `x` [N, D]."""
    root = (x - x.mean(axis=0)) / np.sqrt(len(x) - 1)
    return np.linalg.qr(root, mode="r") if len(x) > x.shape[1] else root
