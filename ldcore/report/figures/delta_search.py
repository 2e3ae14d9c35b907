"""Delta search: the L1 between samples and real images over delta, a row a measure of it and a column a data set."""

from itertools import cycle

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.lines import Line2D

from ldcore.grid import searches
from ldcore.report.markup import method_title

TITLE = "Delta search"
CAPTION = (
    "L1 between generated and real images over delta, with 95 % bootstrap intervals; large mark: the delta chosen; "
    "gray: 0.05 to 0.1, where the paper finds it for every method."
)
NEEDS = ("drifts",)
ASKED_BY = "searches"
COLOURS = ("#1f78b4", "#e08214", "#33a02c", "#7b3294", "#c51b7d", "#444444")
MARKS = "osD^vP*X"
BAND = (0.05, 0.1)  # the paper's


def draw(results):
    """Colours are methods, marks are drifts; those that are learned have a mark without a curve."""
    found = [(*pair, results.drift(*pair)) for pair in searches(results.config)]
    datasets = list(dict.fromkeys(checkpoint.dataset for checkpoint, *_ in found))
    measures = list(dict.fromkeys(measure(content) for *_, content in found))
    several = len({(checkpoint.prompt, checkpoint.training) for checkpoint, *_ in found}) > 1
    colours = dict(zip(dict.fromkeys(who(checkpoint, several) for checkpoint, *_ in found), cycle(COLOURS)))
    marks = dict(zip(dict.fromkeys(name for _, name, _ in found), cycle(MARKS)))
    size = (3.4 * len(datasets) + 2.2, 2.1 * len(measures) + 0.8)
    shape = (len(measures), len(datasets))
    figure, axes = plt.subplots(*shape, figsize=size, sharex=True, squeeze=False, layout="constrained")
    for row, of_row in zip(measures, axes):
        for dataset, axis in zip(datasets, of_row):
            axis.axvspan(*BAND, color="0.9", zorder=0)
            axis.tick_params(labelsize=7)
            for checkpoint, name, content in found:
                if (checkpoint.dataset, measure(content)) == (dataset, row):
                    draw_search(axis, content, marks[name], colours[who(checkpoint, several)])
        of_row[0].set_ylabel(f"L1, {row}", fontsize=7)
    for axis, dataset in zip(axes[0], datasets):
        axis.set_title(dataset, fontsize=9)
    for axis in axes[-1]:
        axis.set_xlabel("delta", fontsize=8)
    handles = [Line2D([], [], color=colour, label=label) for label, colour in colours.items()]
    handles += [Line2D([], [], color="0.3", marker=mark, linestyle="", label=name) for name, mark in marks.items()]
    figure.legend(handles=handles, loc="outside right upper", fontsize=7, frameon=False)
    return figure


def measure(content: dict) -> str:
    """What the L1 of a search is taken over; numbers are comparable where this is the same."""
    options = content["options"]
    text = options["compare"].replace("_", " ")
    return f"{text}, {options['bins']} classes" if options["compare"] == "pixel_histogram" else text


def who(checkpoint, several: bool) -> str:
    """Whose delta a search is: a method; with its prompts and training, if there are several."""
    title = method_title(checkpoint.method)
    return f"{title} ({checkpoint.prompt}, {checkpoint.training})" if several else title


def draw_search(axis, content: dict, mark: str, colour: str) -> None:
    """The curve of one search and what it chose; a value of several numbers stands at their mean."""
    curve = content.get("curve", [])
    deltas = [point["delta"] for point in curve]
    axis.plot(deltas, [point["l1"] for point in curve], "-", color=colour, linewidth=1)
    for point in curve:
        axis.plot([point["delta"]] * 2, [point["low"], point["high"]], color=colour, linewidth=0.7, alpha=0.5)
    axis.plot(
        np.mean(content["value"]),
        content["l1"],
        mark,
        color=colour,
        markersize=7,
        markeredgecolor="white",
        markeredgewidth=0.5,
    )
