"""Drift at inference alone spoils the background, not what is in the picture."""

import numpy as np

from ldcore.evaluation.appearance import kept_structure
from ldcore.report.cells import alone, of_images, sweep_groups
from ldcore.report.claims._sweep import at_inference_alone

TITLE = "Subjects survive drift at inference alone"
PAPER = "Figure 2 and the page: at +0.10 and -0.10 subjects are small but intact."
NEEDS = ("samples",)
ASKED_BY = "sweep"
HALF = 0.5  # of its own structure: the picture is more itself than another


def rows(results) -> list[dict]:
    """How much of the structure that tells a picture from others is left (`appearance.kept_structure`).

    Of each data set and sign, beside the picture from the same noise without drift: 1 is all of it.
    """
    found = []
    for labels, training, *deltas in at_inference_alone(results):
        place = (results, labels["dataset"], training)
        drifted, plain = (sweep_groups(*place, delta, of_images(lambda images: images)) for delta in deltas)
        kept = kept_structure(np.concatenate(drifted), np.concatenate(plain))
        groups = np.split(kept, np.cumsum([len(group) for group in drifted])[:-1])
        words = f"structure kept at {deltas[0]:+.2f}, of what tells a picture from others"
        found.append(alone(groups, statistic=words, above=HALF, **labels))
    return found
