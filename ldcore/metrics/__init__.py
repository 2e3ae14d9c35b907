"""Metrics: numbers from features, from pairs of images, or from a classifier's scores; a file each.

A metric is a plug-in (ldcore/plugins.py): a file in this folder, or any module by its dotted name. It declares

    TITLE          what tables call it, e.g. "KID"
    COMPARES       "features", "pairs" or "scores"
    BETTER         "lower" or "higher"
    GAIN           the `metric` of rows that say by how much it is better than what it is compared with: the reference
                   cell, or for edits the source itself (default: there are no such rows; edits have rows
                   METRIC_ld_gain, over the reference cell, in any case)
    ROW            the `metric` of its rows where several metrics share one; its name then stands as their `extractor`
                   (default: its name, and no extractor)
    NEEDS_WEIGHTS  True: nothing works without the option `weights` (default False)

and has, with its OPTIONS as keyword arguments, the one that fits what it compares:

    distance(made, real) -> float       "features": numpy [N, D] and [M, D], by the config's `metrics`
    values(made, target, **options)     "pairs": gray uint8 [N, H, W] of one shape -> [N] floats, by the config's
                                        `editing.likeness` and `editing.perceptual`
    value(scores, labels) -> float      "scores": [N, K], column k the score of class k, and ints [N] in 0..K-1

Importing this package imports numpy alone.
"""

from pathlib import Path

from ldcore import plugins
from ldcore.metrics._pairs import gray_pair
from ldcore.metrics.fid import frechet_distance
from ldcore.metrics.kid import kernel_distance
from ldcore.runtime.errors import UserError

__all__ = ["between_features", "between_images", "frechet_distance", "kernel_distance", "row_labels"]


def between_features(name: str, made, real) -> float:
    """A metric of two sets of features [N, D] and [M, D], by its name. UserError: unknown, or it compares others."""
    check_compares(name, "features")
    return plugins.find("metric", name).distance(made, real)


def between_images(name: str, made, target, **options):
    """A metric of pairs of images by its name: a value a pair, float [N].

    made, target: uint8 [N, H, W] or [N, H, W, 3], whose rounded channel mean counts; options: the metric's own, e.g.
    `weights`. UserError: unknown name or option, a metric of something else, images not uint8 or of two shapes, missing
    weights.
    """
    check_compares(name, "pairs")
    options = {key: str(value) if isinstance(value, Path) else value for key, value in options.items()}
    options = plugins.options("metric", name, options)
    return plugins.find("metric", name).values(*gray_pair(made, target), **options)


def row_labels(name: str) -> dict:
    """What a metric of pairs writes into the columns `metric` and `extractor` of its rows."""
    row = plugins.declared("metric", name).get("ROW")
    return {"metric": row or name, "extractor": name if row else ""}


def check_compares(name: str, compared: str) -> None:
    """UserError unless the metric exists and compares "features", "pairs" or "scores"."""
    compares = plugins.declared("metric", name).get("COMPARES")
    if compares != compared:
        raise UserError(f"The metric {name!r} compares {compares}, not {compared}; use another.")
