"""Holm's correction: p-values of several comparisons, such that a false alarm among all of them is rare."""

import numpy as np


def holm(p) -> np.ndarray:
    """Adjusted p-values [N] (Holm 1979): below a, they are told from chance with at most a share a of families wrong.

    p [N]: of the comparisons of one family, whatever their dependence; nan where there was no test, which does not
    count and stays nan. The k-th smallest of M is multiplied by M - k + 1, made no smaller than those before it, at
    most 1.
    """
    p = np.asarray(p, float)
    tested = np.flatnonzero(~np.isnan(p))
    order = tested[np.argsort(p[tested], kind="stable")]
    adjusted = np.full(len(p), np.nan)
    steps = p[order] * np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0) if len(order) else steps
    return adjusted
