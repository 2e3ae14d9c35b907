"""Cardiothoracic ratio of a frontal chest radiograph."""

import numpy as np

TITLE = "cardiothoracic ratio"
ANATOMY = "chest_xray"


def measure(images) -> np.ndarray:
    """Width of the heart over the width between the lungs' outer edges on a frontal radiograph, [N].

    Over the rows where a heart is widest (58 to 72 % of the height), lung being darker than the mean of the row's
    darkest and brightest fifths: outer edges at the outermost lung, the heart all that is not lung between the two
    lungs' middles.
    """
    return np.array([heart_share(image) for image in images])


def heart_share(image) -> float:
    """The measure of one image [H, W]; nan where a lung is missing."""
    size = len(image)
    band = image[int(0.58 * size) : int(0.72 * size)].mean(0)
    low, high = np.percentile(band, (20, 80))
    lung = np.clip((high - band) / (high - low + 1e-6), 0, 1)  # 1 in the darkest fifth, 0 in the brightest
    half = size // 2
    left, right = lung[:half], lung[half:]
    if left.max() < 0.5 or right.max() < 0.5:
        return float("nan")
    x = np.arange(size)
    centre_left, centre_right = np.average(x[:half], weights=left**2), np.average(x[half:], weights=right**2)
    between = (x >= centre_left) & (x <= centre_right)
    heart = (1 - lung)[between].sum()
    return float(heart / (heart + lung.sum()))
