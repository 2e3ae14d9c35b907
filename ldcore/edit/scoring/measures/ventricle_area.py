"""Ventricle area of an axial brain slice."""

import numpy as np

TITLE = "ventricle area"
ANATOMY = "brain_mr"


def measure(images) -> np.ndarray:
    """Dark area in the middle of an axial brain slice over the area of the brain's ellipse, [N].

    Dark is below 62 % of the bright tissue around, with a ramp of 30 %; the middle is 38 % of the brain's width and
    48 % of its length. Correlates 0.72 with the phantom's true fraction over subjects (sulci in the middle count
    too), more within one.
    """
    return np.array([dark_middle(image) for image in images])


def dark_middle(image) -> float:
    """The measure of one image [H, W]; nan where there is no brain."""
    rows, columns = np.nonzero(image > 0.25)
    if len(rows) < 2:
        return float("nan")
    (top, bottom), (left, right) = np.percentile(rows, (1, 99)), np.percentile(columns, (1, 99))
    height, width = max(bottom - top, 1), max(right - left, 1)
    y, x = np.mgrid[: image.shape[0], : image.shape[1]]
    middle = (abs(x - (left + right) / 2) < 0.19 * width) & (abs(y - (top + bottom) / 2) < 0.24 * height)
    bright = np.percentile(image[middle], 80)
    dark = np.clip((0.62 * bright - image) / (0.30 * bright + 1e-6) + 0.5, 0, 1)
    return float((dark * middle).sum() / (np.pi / 4 * height * width))
