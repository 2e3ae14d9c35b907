"""Gains: what each cell gains over the one without Latent Drifting, as marks with intervals."""

import matplotlib.pyplot as plt

from ldcore.report.drawing import BETTER, DOUBLE, SINGLE, TALLEST, UNSURE, WORSE, letters, wrapped
from ldcore.report.markup import method_title
from ldcore.report.metric_names import gains, grid_title

TITLE = "Gains"
CAPTION = (
    "FID and KID of the cell without Latent Drifting minus those of each cell, with 95 % intervals, a panel a data set "
    "and extractor: right of 0, LD helps. In colour where the interval, of that comparison alone, excludes 0 (blue "
    "dots: better, orange triangles: worse, gray rings: neither); table 1 marks what is left of them after a "
    "correction for their number, and has what does not fit here."
)
NEEDS = ("scores",)
HEAD, LINE, LINES = 0.75, 0.125, 62  # inches of a panel's titles and numbers, and of a line; as many as fit
COLUMNS, TITLE_WIDTH = 4, 1.1  # panels side by side, and inches of a title


def draw(results):
    """Per metric that has gains a panel per data set and extractor, one line per method and cell.

    Of what a page has no room for, lines after the first LINES are left out, and FID before KID.
    """
    gain_metrics = gains(results.config)
    rows = [row for row in results.scores() if row["metric"] in gain_metrics]
    panels = list(dict.fromkeys((row["dataset"], row["extractor"]) for row in rows))
    lines = list(dict.fromkeys(map(line_of, rows)))
    several_methods = len({method for method, *_ in lines}) > 1
    lines = lines[:LINES]
    names = [f"{method_title(method)}, {drift}" if several_methods else drift for method, _, drift in lines]
    high = HEAD + LINE * len(lines)
    metrics = dict.fromkeys(row["metric"] for row in rows)
    shown = [
        [(metric, *panel) for panel in panels[first : first + COLUMNS]]
        for metric in metrics
        for first in range(0, len(panels), COLUMNS)
    ][-max(1, int(TALLEST / high)) :]
    columns = max(map(len, shown), default=1)
    size = (SINGLE if columns == 1 else DOUBLE, high * max(1, len(shown)))
    figure, axes = plt.subplots(
        max(1, len(shown)), columns, figsize=size, sharey=True, squeeze=False, layout="constrained"
    )
    for of_row, drawn in zip(axes, shown):
        for axis, (metric, dataset, extractor) in zip(of_row, drawn):
            for row in rows:
                of_panel = (row["metric"], row["dataset"], row["extractor"]) == (metric, dataset, extractor)
                if of_panel and line_of(row) in lines:
                    draw_gain(axis, row, lines.index(line_of(row)))
            axis.axvline(0, color="0.3", linewidth=0.5)
            axis.set_title(wrapped(f"{dataset}\n{extractor}", TITLE_WIDTH))
            axis.set_xlabel(grid_title(metric))
            axis.locator_params(axis="x", nbins=3)
        for axis in of_row[len(drawn) :]:
            axis.remove()
    axes[0, 0].set_yticks(range(len(lines)), names)
    axes[0, 0].set_ylim(len(lines) - 0.5, -0.5)
    letters(figure.axes)
    return figure


def line_of(row: dict) -> tuple[str, str, str]:
    """On which line a row stands: method, prompts and cell."""
    return row["method"], row["prompt"], row["drift"]


def draw_gain(axis, row: dict, place: int) -> None:
    """One mark and its interval; UNSURE where the interval has 0 in it or is empty."""
    better, worse = row["low"] > 0, row["high"] < 0
    colour, mark = (BETTER, "o") if better else (WORSE, "v") if worse else (UNSURE, "o")
    axis.plot([row["low"], row["high"]], [place, place], color=colour, linewidth=1)
    axis.plot(row["value"], place, mark, color=colour, markerfacecolor=colour if better or worse else "white")
