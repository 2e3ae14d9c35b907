"""Peak signal-to-noise ratio of gray images in dB: scikit-image's, with data_range 255."""

import numpy as np
from skimage.metrics import peak_signal_noise_ratio

TITLE = "PSNR"
COMPARES = "pairs"
BETTER = "higher"


def values(made, target) -> np.ndarray:
    """[N] in dB, infinite where the images are equal; made, target: uint8 [N, H, W]."""
    with np.errstate(divide="ignore"):
        return np.array([peak_signal_noise_ratio(a, b, data_range=255) for a, b in zip(made, target)])
