"""Edits against the exact counterfactual a renderer knows: where they changed the image, and by how much."""

import numpy as np

from ldcore.edit.scoring.measure import MEASURES

CHANGED = 12  # gray levels of 255: above the scanner's noise, which both images share


def region_errors(made, source, exact) -> tuple[np.ndarray, np.ndarray]:
    """Root-mean-square error to `exact` inside and outside the region that truly changes, each [N] in 0..1; nan where it is empty.

    All gray uint8 [N, H, W]. The region: where exact and source differ by CHANGED gray levels or more.
    """
    made, source, exact = (np.asarray(images, np.float64) for images in (made, source, exact))
    region, squares = np.abs(exact - source) >= CHANGED, (made - exact) ** 2
    return tuple(np.sqrt(_mean(squares, where)) / 255 for where in (region, ~region))


def _mean(values, where) -> np.ndarray:
    """Mean an image over its own mask, [N]."""
    count = where.sum((1, 2))
    return np.where(count > 0, (values * where).sum((1, 2)) / np.maximum(count, 1), np.nan)


def moved(made, unedited, source, exact, anatomy: str) -> dict:
    """What the anatomy's measure says of N edits: its name, change made, true change [N], and 1 where both have one sign; {} without one.

    made against unedited (for the decoded output, the decoded unedited image; for `changed`, the source).
    """
    if anatomy not in MEASURES:
        return {}
    name, measure = MEASURES[anatomy]
    change, true = measure(made) - measure(unedited), measure(exact) - measure(source)
    return {
        "measure": name,
        "change": change,
        "true_change": true,
        "right_direction": (change * true > 0).astype(float),
    }
