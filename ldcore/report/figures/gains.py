"""Gains: what each cell gains over the one without Latent Drifting, as dots with intervals."""

import matplotlib.pyplot as plt

from ldcore.report.markup import method_title
from ldcore.report.metric_names import gains, grid_title

TITLE = "Gains"
CAPTION = (
    "FID and KID of the cell without Latent Drifting minus those of each cell, with 95 % intervals: right of 0, LD "
    "helps. In colour where the interval, of that comparison alone, excludes 0; table 1 marks what is left of them "
    "after a correction for their number."
)
NEEDS = ("scores",)


def draw(results):
    """A row of panels per metric that has gains, a panel per data set and extractor, one line per method and cell."""
    gain_metrics = gains(results.config)
    rows = [row for row in results.scores() if row["metric"] in gain_metrics]
    metrics = list(dict.fromkeys(row["metric"] for row in rows))
    panels = list(dict.fromkeys((row["dataset"], row["extractor"]) for row in rows))
    lines = list(dict.fromkeys((row["method"], row["prompt"], row["drift"]) for row in rows))
    figure, axes = plt.subplots(
        max(1, len(metrics)),
        max(1, len(panels)),
        figsize=(2.9 * len(panels) + 2.2, (0.24 * len(lines) + 1.3) * max(1, len(metrics))),
        sharey=True,
        squeeze=False,
        layout="constrained",
    )
    for metric, of_metric in zip(metrics, axes):
        for axis, (dataset, extractor) in zip(of_metric, panels):
            for row in rows:
                if (row["dataset"], row["extractor"], row["metric"]) == (dataset, extractor, metric):
                    draw_gain(axis, row, lines.index((row["method"], row["prompt"], row["drift"])))
            axis.axvline(0, color="0.3", linewidth=0.8)
            axis.set_title(f"{dataset}\n{extractor}", fontsize=8)
            axis.set_xlabel(f"{grid_title(metric)} (right: better with LD)", fontsize=7)
            axis.tick_params(labelsize=7)
            axis.locator_params(axis="x", nbins=4)
    several_methods = len({method for method, *_ in lines}) > 1
    names = [f"{method_title(method)}, {drift}" if several_methods else drift for method, _, drift in lines]
    axes[0, 0].set_yticks(range(len(lines)), names)
    axes[0, 0].invert_yaxis()
    return figure


def draw_gain(axis, row: dict, place: int) -> None:
    """One dot and its interval: blue and orange where the interval excludes 0, else gray; a dot where it is empty."""
    sure = row["low"] > 0 or row["high"] < 0
    colour = ("tab:blue" if row["value"] > 0 else "tab:orange") if sure else "0.6"
    axis.plot([row["low"], row["high"]], [place, place], color=colour, linewidth=1.5)
    axis.plot(row["value"], place, "o", color=colour, markersize=4)
