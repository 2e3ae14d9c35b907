"""Sheets of edits: sources, truths, edited images and what changed; one colour scale a figure."""

import matplotlib.pyplot as plt
import numpy as np

from ldcore.edit.requests.edits import Request
from ldcore.report.drawing import picture
from ldcore.report.markup import method_title

HUES = "PuOr_r"  # removals violet, additions orange: told apart with any colour vision
CHANGE = "gray levels: removed (violet), added (orange)"
LEAST_LIMIT = 5.0  # gray levels: the colour scale ends here or further out
SHORT = {"Cardiomegaly|Pneumonia": "Cardiom. + pneum.", "Cardiomegaly|Consolidation": "Cardiom. + consol."}
ROWS = 8  # requests of a sheet


def task_sheet(results, name: str):
    """The edits of the first task whose `figure` is `name`: one request a row, one output a column."""
    edited = results.edited(results.tasks_with(figure=name)[0])
    columns, rows = columns_of(edited), rows_shown(edited.requests, ROWS)
    compared = [(images[rows], beside[rows]) for _, images, beside in columns if beside is not None]
    changes = [images.astype(float) - beside.astype(float) for images, beside in compared]
    limit = max(LEAST_LIMIT, float(np.percentile(np.abs(changes), 99.5)))
    figure, axes = plt.subplots(
        len(rows),
        len(columns),
        figsize=(1.0 * len(columns) + 1.4, 1.02 * len(rows) + 0.9),
        squeeze=False,
        layout="constrained",
    )
    for line, row in zip(axes, rows):
        for axis, (_, images, beside) in zip(line, columns):
            if beside is None:
                picture(axis, images[row])
            else:
                change = change_map(axis, images[row], beside[row], limit)
        line[0].set_ylabel(describe(edited.requests[row]), rotation=0, ha="right", va="center", fontsize=7)
    for axis, (title, *_) in zip(axes[0], columns):
        axis.set_title(title, fontsize=7)
    bar = figure.colorbar(change, ax=axes, shrink=0.5, pad=0.01, label=CHANGE)
    bar.ax.tick_params(labelsize=7)
    bar.ax.yaxis.label.set_size(7)
    return figure


def columns_of(edited) -> list[tuple]:
    """(title, images [N], the images that they are compared with, or None): source, truths, and each cell's outputs.

    Of the task's last style. Where there is something to compare with, the difference is drawn.
    """
    source, truth = edited.source, edited.truth
    columns = [("source", source, None)]
    if truth.followup is not None:
        columns.append(("true follow-up", truth.followup, None))
    if truth.exact is not None:
        columns.append(("exact\ncounterfactual", truth.exact, None))
        columns.append(("true change", truth.exact, source))
    for (base, label), edits in edited.edits.items():
        cell = f"LD: {label}"
        if len(edited.task["bases"]) > 1:
            cell = f"{'Untouched' if base == 'base' else method_title(base)}\n{cell}"
        columns.append((f"{cell}\ndecoded", edits["decoded"][-1], None))
        columns.append((f"{cell}\nits change", edits["changed"][-1], source))
    return columns


def rows_shown(requests: list[Request], count: int) -> list[int]:
    """Which requests to draw: evenly over the edits, and over the age gaps where there is one edit."""
    names = [request.edit for request in requests]
    edits = list(dict.fromkeys(names))
    if len(edits) == 1:
        return list(np.unique(np.linspace(0, len(requests) - 1, count).round().astype(int)))
    each = max(1, count // len(edits))
    return [row for edit in edits for row in [row for row, name in enumerate(names) if name == edit][:each]]


def describe(request: Request) -> str:
    """'CN 70 y', newline, 'to AD 78 y': what a request changes, without naming the subject."""
    source, target = request.source, request.target
    keys = [key for key in ("diagnosis", "findings") if source.get(key) or target.get(key)]
    keys += [key for key in ("age", "sex") if source.get(key) != target.get(key)]

    def words(record):
        values = [f"{record[key]:.0f} y" if key == "age" else str(record[key]) for key in keys]
        return " ".join(SHORT.get(value, value) for value in values)

    return f"{words(source)}\nto {words(target)}"


def change_map(axis, image, beside, limit: float):
    """Image - beside in gray levels, from -limit to limit; returns the drawn map, for a colour bar."""
    picture(axis, beside)
    change = np.asarray(image, float) - np.asarray(beside, float)
    return axis.imshow(change, cmap=HUES, vmin=-limit, vmax=limit, interpolation="nearest")
