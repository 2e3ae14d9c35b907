"""Trade-off: distance to the source (l_in) against distance to the wanted outcome (l_o), over lambda."""

from itertools import cycle

import matplotlib.pyplot as plt
from matplotlib.lines import Line2D

from ldcore.report.drawing import COLOURS, DASHES, DOUBLE, LINE, MARKS, SINGLE, TALLEST, letters, wrapped
from ldcore.report.markup import method_title

TITLE = "Trade-off"
CAPTION = (
    "Distance to the source (l_in, mean absolute) against distance to the wanted outcome (l_o) over lambda, a panel a "
    "task, with 95 % intervals of the paired difference; ringed is the lambda that val subjects chose, where they were "
    "asked."
)
NEEDS = ("edit_scores",)
ASKED_BY = "editing"
COLUMNS, HEIGHT = 3, 2.4  # panels side by side, and inches of one without its legend
TASKS = 9  # at most; all are in the tables
RING = {"marker": "o", "markersize": 8, "fillstyle": "none", "linestyle": ""}  # of the lambda chosen
OUTCOME = {
    "class_distance": "1 - p(wanted class), real-trained classifier",
    "age_distance": "|predicted - wanted age|, years",
}


def draw(results):
    """One panel per task and what is `like` it, one curve per base and cell, one mark per lambda.

    Intervals: 95 %, of the paired difference to the source. Ringed: the lambda that the val split chose.
    """
    alike = [[task, *results.tasks_with(like=task)] for task in results.tasks_with(like=None)[:TASKS]]
    rows = [results.edit_rows("tradeoff", tasks) for tasks in alike]
    marks = dict(zip(sorted({row["amount"] for of_task in rows for row in of_task}), cycle(MARKS)))
    columns, lines = min(COLUMNS, len(alike)), -(-len(alike) // COLUMNS)
    curves = max(len(set(map(curve_of, of_task))) for of_task in rows)
    high = min((TALLEST - 0.3) / lines, HEIGHT + 1.5 * LINE * curves)
    size = (SINGLE if columns == 1 else DOUBLE, high * lines + 0.3)
    figure, axes = plt.subplots(lines, columns, figsize=size, squeeze=False, layout="constrained")
    for axis, tasks, of_task in zip(axes.flat, alike, rows):
        chosen = {curve_of(row): row["amount"] for row in results.edit_rows("selection", tasks) if row["chosen"]}
        draw_task(axis, tasks[0], of_task, chosen, marks)
    for axis in axes.flat[len(alike) :]:
        axis.remove()
    letters(axes.flat[: len(alike)])
    handles = [
        Line2D([], [], color="0.3", marker=mark, linestyle="", label=f"lambda {amount:g}")
        for amount, mark in marks.items()
    ]
    handles.append(Line2D([], [], color="0.3", label="chosen", **RING))
    figure.legend(handles=handles, loc="outside lower center", ncols=3 * columns)
    return figure


def curve_of(row: dict) -> tuple[str, str, str]:
    """Which curve a row is a point of: task, base and cell."""
    return row["task"], row["base"], row["drift"]


def draw_task(axis, task: str, rows: list[dict], chosen: dict, marks: dict) -> None:
    """The curves of one task and of what is like it; chosen: curve -> the lambda to ring; marks: lambda -> its mark."""
    for curve, colour, dash in zip(dict.fromkeys(map(curve_of, rows)), cycle(COLOURS), cycle(DASHES)):
        reading, base, label = curve
        points = {(row["metric"], row["amount"]): row for row in rows if curve_of(row) == curve}
        amounts = sorted({amount for _, amount in points})
        near, far = ([points[metric, amount] for amount in amounts] for metric in ("l_in", "l_o"))
        along, up = ([row["value"] for row in of_metric] for of_metric in (near, far))
        sides = [[row["value"] - row["low"] for row in of_metric] for of_metric in (far, near)]
        name = f"{method_title(base)}, LD: {label}" + (f" ({reading})" if reading != task else "")
        axis.errorbar(along, up, *sides, linestyle="", elinewidth=0.4, color=colour)
        axis.plot(along, up, dash, color=colour, label=wrapped(name, 1.6))
        for source, outcome, amount in zip(near, far, amounts):
            axis.plot(source["value"], outcome["value"], marks[amount], color=colour)
        if curve in chosen:
            axis.plot(*(points[metric, chosen[curve]]["value"] for metric in ("l_in", "l_o")), color=colour, **RING)
    measured = next(row["extractor"] for row in rows if row["metric"] == "l_o")
    axis.set_xlabel("l_in")
    axis.set_ylabel(wrapped(f"l_o: {OUTCOME.get(measured, measured)}", 0.7 * HEIGHT))
    axis.set_title(f"{task}\n{method_title(rows[0]['method'], 'edit method')}")
    axis.legend(loc="upper center", bbox_to_anchor=(0.45, -0.2))
