"""Trade-off: distance to the source (l_in) against distance to the wanted outcome (l_o), over lambda."""

from itertools import cycle

import matplotlib.pyplot as plt

from ldcore.report.markup import method_title

TITLE = "Trade-off"
CAPTION = (
    "Distance to the source against distance to the wanted outcome over lambda, with 95 % intervals of the paired "
    "difference; ringed is the lambda that val subjects chose, where they were asked."
)
NEEDS = ("edit_scores",)
ASKED_BY = "editing"
COLOURS = ("#444444", "#1f78b4", "#e08214", "#33a02c", "#7b3294", "#c51b7d", "#a6761d", "#66a9c9", "#9acd32")
OUTCOME = {
    "class_distance": "1 - p(wanted class), real-trained classifier",
    "age_distance": "|predicted - wanted age|, years",
}


def draw(results):
    """One panel per task and what is `like` it, one curve per base and cell, one point per lambda.

    Intervals: 95 %, of the paired difference to the source. Ringed: the lambda that the val split chose.
    """
    tasks = results.tasks_with(like=None)
    figure, axes = plt.subplots(1, len(tasks), figsize=(4.6 * len(tasks), 4), squeeze=False, layout="constrained")
    for axis, task in zip(axes[0], tasks):
        shown = [task, *results.tasks_with(like=task)]
        chosen = {curve_of(row): row["amount"] for row in results.edit_rows("selection", shown) if row["chosen"]}
        draw_task(axis, task, results.edit_rows("tradeoff", shown), chosen)
    return figure


def curve_of(row: dict) -> tuple[str, str, str]:
    """Which curve a row is a point of: task, base and cell."""
    return row["task"], row["base"], row["drift"]


def draw_task(axis, task: str, rows: list[dict], chosen: dict) -> None:
    """The curves of one task and of what is like it; chosen: curve -> the lambda to ring."""
    curves = list(dict.fromkeys(map(curve_of, rows)))
    for curve, colour in zip(curves, cycle(COLOURS)):
        reading, base, label = curve
        points = {(row["metric"], row["amount"]): row for row in rows if curve_of(row) == curve}
        amounts = sorted({amount for _, amount in points})
        near, far = ([points[metric, amount] for amount in amounts] for metric in ("l_in", "l_o"))
        axis.errorbar(
            [row["value"] for row in near],
            [row["value"] for row in far],
            yerr=[row["value"] - row["low"] for row in far],
            xerr=[row["value"] - row["low"] for row in near],
            marker="o",
            markersize=4,
            linewidth=1.2,
            elinewidth=0.5,
            color=colour,
            label=f"{method_title(base)}, LD: {label}" + (f" ({reading})" if reading != task else ""),
        )
        if curve in chosen:
            best = [points[metric, chosen[curve]]["value"] for metric in ("l_in", "l_o")]
            axis.plot(*best, "o", markersize=10, fillstyle="none", color=colour)
        for source, outcome, amount in zip(near, far, amounts):
            axis.annotate(
                f"{amount:g}",
                (source["value"], outcome["value"]),
                textcoords="offset points",
                xytext=(4, 4),
                fontsize=7,
                color=colour,
            )
    measured = next(row["extractor"] for row in rows if row["metric"] == "l_o")
    axis.set_xlabel("l_in: mean absolute distance to the source")
    axis.set_ylabel(f"l_o: {OUTCOME.get(measured, measured)}", fontsize=8)
    axis.set_title(f"{task} ({rows[0]['method'].replace('_', ' ')}); numbers: lambda", fontsize=9)
    axis.legend(fontsize=7)
