"""Structural similarity of gray images as it is usually computed (Wang et al. 2004): scikit-image's, data_range 255.

Gaussian window of sigma 1.5 over 11 x 11 px, covariances of the population (over N, not N - 1), K1 0.01 and K2 0.03;
the mean over places where the whole window lies in the image. scikit-image's own default is `ssim_uniform`.
"""

import numpy as np
from skimage.metrics import structural_similarity

from ldcore.metrics._pairs import check_window

TITLE = "SSIM"
COMPARES = "pairs"
BETTER = "higher"
GAIN = "ssim_gain"
WINDOW = 11  # px, which scikit-image makes of sigma 1.5


def values(made, target) -> np.ndarray:
    """[N], at most 1, which is equal; made, target: uint8 [N, H, W]. UserError: smaller than the window."""
    check_window(made, WINDOW, TITLE)
    wang = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    return np.array([structural_similarity(a, b, data_range=255, **wang) for a, b in zip(made, target)])
