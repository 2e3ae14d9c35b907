"""What metrics of features share."""

import numpy as np

from ldcore.runtime.errors import UserError


def feature_pair(a, b):
    """Both feature sets as float64 arrays [N, D] and [M, D].

    UserError: not two-dimensional, D differs, fewer than 2 rows, or a value that is not finite.
    """
    a, b = _features(a, "first"), _features(b, "second")
    if a.shape[1] != b.shape[1]:
        raise UserError(
            f"The feature sets have {a.shape[1]} and {b.shape[1]} columns; extract both with the same extractor."
        )
    return a, b


def _features(x, which):
    """`x` as a float64 array [N >= 2, D >= 1]; `which` names the set in an error."""
    if hasattr(x, "detach"):  # a torch tensor, perhaps on a GPU; torch itself need not be imported
        x = x.detach().cpu().double()
    x = np.asarray(x, dtype=np.float64)
    if x.ndim != 2 or x.shape[1] == 0:
        raise UserError(f"The {which} feature set has shape {x.shape}; pass an array of shape [samples, features].")
    if len(x) < 2:
        raise UserError(f"The {which} feature set has {len(x)} row(s); pass at least 2 samples.")
    bad = int(np.count_nonzero(~np.isfinite(x).all(axis=1)))
    if bad:
        raise UserError(f"The {which} feature set has NaN or infinity in {bad} of its {len(x)} rows; extract it again.")
    return x
