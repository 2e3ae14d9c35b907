"""Structural similarity of gray images with scikit-image's defaults: a flat window of 7 x 7 px, data_range 255.

Covariances over N - 1. Not the convention of Wang et al. 2004 (that is `ssim`): the same pictures score otherwise, so
name which one a number is.
"""

import numpy as np
from skimage.metrics import structural_similarity

from ldcore.metrics._pairs import check_window

TITLE = "SSIM (flat 7 px)"
COMPARES = "pairs"
BETTER = "higher"
GAIN = "ssim_uniform_gain"
WINDOW = 7  # px


def values(made, target) -> np.ndarray:
    """[N], at most 1, which is equal; made, target: uint8 [N, H, W]. UserError: smaller than the window."""
    check_window(made, WINDOW, TITLE)
    return np.array([structural_similarity(a, b, data_range=255, win_size=WINDOW) for a, b in zip(made, target)])
