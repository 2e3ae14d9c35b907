"""TEMPLATE: say here what the number means, its unit, and where it is defined."""

import numpy as np

from ldcore.metrics._features import feature_pair

TITLE = "TEMPLATE"
COMPARES = "features"  # or "pairs" of images (then `values`), or "scores" of a classifier (then `value`)
BETTER = "lower"


def distance(made, real) -> float:
    """A number from features [N, D] and [M, D]. Here: the distance of their means."""
    made, real = feature_pair(made, real)
    return float(np.linalg.norm(made.mean(0) - real.mean(0)))
