"""Delta search: the L1 between samples and real images over delta, a row a measure of it and a column a data set."""

from itertools import cycle

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.lines import Line2D

from ldcore.grid import searches
from ldcore.report.drawing import COLOURS, DASHES, DOUBLE, LINE, MARKS, SINGLE, TALLEST, letters, wrapped
from ldcore.report.markup import method_title

TITLE = "Delta search"
CAPTION = (
    "L1 between generated and real images over delta, a row of panels a measure and a column a data set, with 95 % "
    "bootstrap intervals; large mark: the delta chosen; gray: 0.05 to 0.1, where the paper finds it for every method."
)
NEEDS = ("drifts",)
ASKED_BY = "searches"
BAND = (0.05, 0.1)  # the paper's
MEASURES = 6  # at most; all are in the table `deltas`


def draw(results):
    """Colours are methods, dashes prompts and training, marks drifts; those learned have a mark without a curve."""
    found = [(*pair, results.drift(*pair)) for pair in searches(results.config)]
    datasets = list(dict.fromkeys(checkpoint.dataset for checkpoint, *_ in found))
    measures = list(dict.fromkeys(measure(content) for *_, content in found))[:MEASURES]
    colours = dict(zip(dict.fromkeys(method_title(checkpoint.method) for checkpoint, *_ in found), cycle(COLOURS)))
    dashes = dict(zip(dict.fromkeys(trained(checkpoint) for checkpoint, *_ in found), cycle(DASHES)))
    marks = dict(zip(dict.fromkeys(name for _, name, _ in found), cycle(MARKS)))
    handles = [Line2D([], [], color=colour, label=label) for label, colour in colours.items()]
    if len(dashes) > 1:
        handles += [Line2D([], [], color="0.3", linestyle=dash, label=label) for label, dash in dashes.items()]
    handles += [Line2D([], [], color="0.3", marker=mark, linestyle="", label=name) for name, mark in marks.items()]

    width, columns = (SINGLE, 2) if len(datasets) == 1 else (DOUBLE, 4)  # of the figure, and of its legend
    rest = 0.6 + 1.2 * LINE * -(-len(handles) // columns)  # inches of titles and legend
    high = min(1.7, (TALLEST - rest) / len(measures))
    shape, size = (len(measures), len(datasets)), (width, high * len(measures) + rest)
    figure, axes = plt.subplots(*shape, figsize=size, sharex=True, squeeze=False, layout="constrained")
    for row, of_row in zip(measures, axes):
        for dataset, axis in zip(datasets, of_row):
            axis.axvspan(*BAND, color="0.9", zorder=0)
            for checkpoint, name, content in found:
                if (checkpoint.dataset, measure(content)) == (dataset, row):
                    colour = colours[method_title(checkpoint.method)]
                    draw_search(axis, content, marks[name], colour, dashes[trained(checkpoint)])
        of_row[0].set_ylabel(wrapped(f"L1, {row}", 0.85 * high))
    for axis, dataset in zip(axes[0], datasets):
        axis.set_title(dataset)
    for axis in axes[-1]:
        axis.set_xlabel("delta")
        axis.locator_params(axis="x", nbins=6)
    letters(axes.flat)
    figure.legend(handles=handles, loc="outside lower center", ncols=columns)
    return figure


def measure(content: dict) -> str:
    """What the L1 of a search is taken over; numbers are comparable where this is the same."""
    options = content["options"]
    text = options["compare"].replace("_", " ")
    return f"{text}, {options['bins']} classes" if options["compare"] == "pixel_histogram" else text


def trained(checkpoint) -> str:
    """With which prompts and which training a checkpoint came about."""
    return f"{checkpoint.prompt}, {checkpoint.training}"


def draw_search(axis, content: dict, mark: str, colour: str, dash: str) -> None:
    """The curve of one search and what it chose; a value of several numbers stands at their mean."""
    curve = content.get("curve", [])
    axis.plot([point["delta"] for point in curve], [point["l1"] for point in curve], dash, color=colour)
    for point in curve:
        axis.plot([point["delta"]] * 2, [point["low"], point["high"]], color=colour, linewidth=0.5, alpha=0.5)
    chosen = {"markersize": 5.5, "markeredgecolor": "white", "markeredgewidth": 0.4}
    axis.plot(np.mean(content["value"]), content["l1"], mark, color=colour, **chosen)
