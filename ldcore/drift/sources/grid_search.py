"""The paper's way to delta: the smallest L1 between generated and target distribution over a grid (arXiv 2412.20651).

Coarse to fine, with common random numbers: every delta is sampled from the same noise under the same prompts, so that
the curve is smoother than its intervals are narrow.
"""

import time

import numpy as np

from ldcore.drift.sources._search import interval, measure_of, rows_of

TITLE = "grid search, L1"
NEEDS = "checkpoint"
EXTENDS = ("ldcore.drift.sources._search",)
OPTIONS = {
    "lowest": {"type": "number", "default": -0.2, "description": "delta where the grid begins"},
    "highest": {"type": "number", "above": "lowest", "default": 0.2, "description": "delta where it ends"},
    "points": {"type": "integer", "minimum": 2, "default": 5, "description": "deltas of the coarse grid"},
    "refinements": {
        "type": "integer",
        "minimum": 0,
        "default": 2,
        "description": "times that the two deltas half a spacing from the best are tried",
    },
}


def search(trial, options) -> dict:
    """The best delta, a number, and its curve.

    value; low, high: the 95 % bootstrap interval of the delta chosen among those tried, and half of the last spacing
    more on either side (half_spacing), which is how finely they were tried; curve: delta, l1, low, high of each; images
    sampled in all; target_images; seconds.
    """
    began, measure, draws = time.perf_counter(), measure_of(trial, options), {}

    def l1(delta: float) -> float:
        value, draws[delta] = measure.l1(rows_of(trial, trial.latents(delta), options))
        return value

    curve = coarse_to_fine(l1, options["lowest"], options["highest"], options["points"], options["refinements"])
    deltas = sorted(curve)
    chosen = np.array(deltas)[np.stack([draws[delta] for delta in deltas]).argmin(0)]
    low, high = np.quantile(chosen, [0.025, 0.975], method="nearest")
    half = (options["highest"] - options["lowest"]) / (options["points"] - 1) / 2 ** (options["refinements"] + 1)
    points = []
    for delta in deltas:
        edges = interval(curve[delta], draws[delta])
        points.append({"delta": delta, "l1": curve[delta], "low": edges[0], "high": edges[1]})
    return {
        "value": min(deltas, key=curve.get),
        "half_spacing": half,
        "low": float(low) - half,
        "high": float(high) + half,
        "l1": min(curve.values()),
        "curve": points,
        "images": len(deltas) * len(trial.prompts),
        "target_images": len(trial.real),
        "seconds": time.perf_counter() - began,
    }


def coarse_to_fine(function, lowest: float, highest: float, points: int, refinements: int) -> dict[float, float]:
    """Argument -> value of a function: at `points` even places, then half a spacing to either side of the best so far.

    The spacing halves with every refinement; nothing outside lowest .. highest is tried, and nothing twice.
    """
    values = {place: function(place) for place in np.linspace(lowest, highest, points).round(9).tolist()}
    spacing = (highest - lowest) / (points - 1)
    for _ in range(refinements):
        spacing /= 2
        best = min(sorted(values), key=values.get)
        for place in (round(best - spacing, 9), round(best + spacing, 9)):
            if lowest <= place <= highest and place not in values:
                values[place] = function(place)
    return values
