"""Delta search: the L1 between samples and real images over delta, a panel a data set, a line a method and drift."""

import matplotlib.pyplot as plt
import numpy as np

from ldcore.grid import searches
from ldcore.report.markup import method_title

TITLE = "Delta search"
CAPTION = (
    "L1 between generated and real images over delta, with 95 % bootstrap intervals; large dot: the delta chosen; "
    "gray: 0.05 to 0.1, where the paper finds it for every method."
)
NEEDS = ("drifts",)
ASKED_BY = "searches"
BAND = (0.05, 0.1)  # the paper's


def draw(results):
    """One panel a data set; drifts that are learned have a dot, without a curve."""
    found = [(*pair, results.drift(*pair)) for pair in searches(results.config)]
    datasets = list(dict.fromkeys(checkpoint.dataset for checkpoint, *_ in found))
    figure, axes = plt.subplots(
        1, len(datasets), figsize=(3.6 * len(datasets) + 0.6, 3.4), squeeze=False, layout="constrained"
    )
    several = len({(checkpoint.prompt, checkpoint.training) for checkpoint, *_ in found}) > 1
    for axis, dataset in zip(axes[0], datasets):
        axis.axvspan(*BAND, color="0.9", zorder=0)
        of_dataset = [
            (checkpoint, name, content) for checkpoint, name, content in found if checkpoint.dataset == dataset
        ]
        for number, (checkpoint, name, content) in enumerate(of_dataset):
            label = f"{method_title(checkpoint.method)}, {name}"
            label += f" ({checkpoint.prompt}, {checkpoint.training})" if several else ""
            draw_search(axis, content, label, f"C{number % 10}")
        axis.set_title(dataset, fontsize=9)
        axis.set_xlabel("delta", fontsize=8)
        axis.tick_params(labelsize=7)
        axis.legend(fontsize=7, frameon=False)
    compared = {content["options"].get("compare", "") for *_, content in found}
    axes[0, 0].set_ylabel(f"L1, {' or '.join(sorted(compared)).replace('_', ' ')}", fontsize=8)
    return figure


def draw_search(axis, content: dict, label: str, colour: str) -> None:
    """The curve of one search and what it chose; a value of several numbers stands at their mean."""
    curve = content.get("curve", [])
    deltas = [point["delta"] for point in curve]
    axis.plot(deltas, [point["l1"] for point in curve], "-", color=colour, linewidth=1.2)
    for point in curve:
        axis.plot([point["delta"]] * 2, [point["low"], point["high"]], color=colour, linewidth=0.8, alpha=0.6)
    axis.plot(np.mean(content["value"]), content["l1"], "o", color=colour, markersize=6, label=label)
