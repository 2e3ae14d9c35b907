"""What an edit should move, measured on the image itself: ventricle area and cardiothoracic ratio.

Both are soft (they answer to a change smaller than a pixel) and crude: read differences between images of one subject.
"""

import numpy as np


def gray(images) -> np.ndarray:
    """uint8 [N, H, W(, 3)] to float [N, H, W] in [0, 1]."""
    images = np.asarray(images, np.float32) / 255
    return images.mean(-1) if images.ndim == 4 else images


def ventricle_area(images) -> np.ndarray:
    """Dark area in the middle of an axial brain slice over the area of the brain's ellipse, [N].

    Dark is below 62 % of the bright tissue around, with a ramp of 30 %; the middle is 38 % of the brain's width and 48 % of
    its length. Correlates 0.72 with the phantom's true fraction over subjects (sulci in the middle count too), more within one.
    """
    return np.array([_dark_middle(image) for image in gray(images)])


def _dark_middle(image) -> float:
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


def cardiothoracic_ratio(images) -> np.ndarray:
    """Width of the heart over the width between the lungs' outer edges on a frontal radiograph, [N].

    Over the rows where a heart is widest (58 to 72 % of the height), lung being darker than the mean of the row's darkest and
    brightest fifths: outer edges at the outermost lung, the heart all that is not lung between the two lungs' middles.
    """
    return np.array([_heart_share(image) for image in gray(images)])


def _heart_share(image) -> float:
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


# anatomy -> (name of the measure, function of images)
MEASURES = {
    "brain_mr": ("ventricle_area", ventricle_area),
    "chest_xray": ("cardiothoracic_ratio", cardiothoracic_ratio),
}
