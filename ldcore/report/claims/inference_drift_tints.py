"""Drift at inference alone, on a model fine-tuned without one, turns pictures bright and green, or dark and violet."""

import numpy as np

from ldcore.evaluation.appearance import frame_colour, greenness, luma
from ldcore.report.cells import difference, of_images, page_colours, sweep_groups
from ldcore.report.claims._sweep import at_inference_alone

TITLE = "Drift at inference alone tints"
PAPER = "Figure 2 and the page: at +0.10 flat, bright, green backgrounds, at -0.10 dark, violet ones."
NEEDS = ("samples",)
ASKED_BY = "sweep"
# The sign of brightness is a convention of the model's latents; that the embedded model's agrees was made so.
MEASURES = {"brightness (its sign set by the model's orientation)": luma, "green - mean of red and blue": greenness}


def rows(results) -> list[dict]:
    """Of each data set and sign: brightness and greenness of the frame, drifted minus not from the same noise.

    The frame (`appearance.frame`) stands for the background, which not every picture has; the page's are backgrounds.
    """
    found, page = [], page_colours(results)
    for labels, training, *deltas in at_inference_alone(results):
        place = (results, labels["dataset"], training)
        drifted, plain = (sweep_groups(*place, delta, of_images(frame_colour)) for delta in deltas)
        of_page = [page[round(delta, 9)] for delta in deltas]
        labels["above" if deltas[0] > 0 else "below"] = 0.0
        for name, measure in MEASURES.items():
            labels["statistic"] = f"{name} of the frame, at {deltas[0]:+.2f} - at 0"
            labels["paper_value"] = float(np.subtract(*map(measure, of_page)))
            found.append(difference(list(map(measure, drifted)), list(map(measure, plain)), **labels))
    return found
