"""Structural similarity (Wang et al. 2004) of gray images: scikit-image's, with its 7 px window and data_range 255."""

import numpy as np
from skimage.metrics import structural_similarity

TITLE = "SSIM"
COMPARES = "pairs"
BETTER = "higher"
GAIN = "ssim_gain"


def values(made, target) -> np.ndarray:
    """[N], at most 1, which is equal; made, target: uint8 [N, H, W]."""
    return np.array([structural_similarity(a, b, data_range=255) for a, b in zip(made, target)])
