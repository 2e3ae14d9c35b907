"""Edits against the exact counterfactual a renderer knows: where they changed the image, and by how much."""

import numpy as np

from ldcore.edit.scoring.measures import measured

CHANGED = 12  # gray levels of 255: above the scanner's noise, which both images share


def region_errors(edited, source, exact) -> tuple[np.ndarray, np.ndarray]:
    """Root-mean-square error to `exact` inside and outside the region that truly changes, each [N] in 0..1.

    All gray uint8 [N, H, W]. The region: where exact and source differ by CHANGED gray levels or more. nan where it
    is empty.
    """
    edited, source, exact = (np.asarray(images, np.float64) for images in (edited, source, exact))
    region, squares = np.abs(exact - source) >= CHANGED, (edited - exact) ** 2
    return tuple(np.sqrt(mean_over(squares, mask)) / 255 for mask in (region, ~region))


def mean_over(values, mask) -> np.ndarray:
    """Mean of each image's values over its own mask, [N]; nan where the mask is empty."""
    count = mask.sum((1, 2))
    return np.where(count > 0, (values * mask).sum((1, 2)) / np.maximum(count, 1), np.nan)


def moved(measure: str, edited, unedited, source, exact) -> dict[str, np.ndarray]:
    """What a measure (by its name) says of N edits: the change made, the true change, and 1 where both have one sign.

    edited is measured against unedited: of decoded images the decoded unedited ones, of `changed` images the source.
    """
    change = measured(measure, edited) - measured(measure, unedited)
    true_change = measured(measure, exact) - measured(measure, source)
    return {
        "change": change,
        "true_change": true_change,
        "right_direction": (change * true_change > 0).astype(float),
    }
