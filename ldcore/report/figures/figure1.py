"""Figure 1: of every task a few edits with Latent Drifting."""

import matplotlib.pyplot as plt
import numpy as np

from ldcore.grid import edit_cells
from ldcore.report.drawing import picture
from ldcore.report.figures._edits import CHANGE, LEAST_LIMIT, change_map, describe, rows_shown
from ldcore.report.markup import method_title

TITLE = "Figure 1"
CAPTION = (
    "Counterfactual edits with Latent Drifting: source, edited (the source plus what the edit changed in it), and what "
    "changed."
)
NEEDS = ("edits", "data")
ASKED_BY = "editing"
COLUMNS = 4  # edits a task


def draw(results):
    """A block per task, of its last base and style and the last edited cell: source above result above difference."""
    names = results.tasks_with(like=None)
    tasks = [results.edited(name) for name in names]
    labels = [edit_cells(results.config, name)[-1]["label"] for name in names]
    changed = [edited.edits[edited.task["bases"][-1], label]["changed"][-1] for edited, label in zip(tasks, labels)]
    rows = [rows_shown(edited.requests, COLUMNS)[:COLUMNS] for edited in tasks]
    limits = [
        float(np.percentile(np.abs(images[shown].astype(float) - edited.source[shown]), 99.5))
        for edited, images, shown in zip(tasks, changed, rows)
    ]
    limit = max(LEAST_LIMIT, *limits)
    figure = plt.figure(figsize=(1.15 * COLUMNS * len(tasks) + 0.8, 4.6), layout="constrained")
    groups = np.atleast_1d(figure.subfigures(1, len(tasks)))
    for group, edited, images, shown in zip(groups, tasks, changed, rows):
        axes = group.subplots(3, len(shown), squeeze=False)
        for column, row in zip(axes.T, shown):
            picture(column[0], edited.source[row])
            picture(column[1], images[row])
            change = change_map(column[2], images[row], edited.source[row], limit)
            column[0].set_title(describe(edited.requests[row]), fontsize=6)
        for axis, text in zip(axes[:, 0], ("source", "edited", "change")):
            axis.set_ylabel(text, fontsize=8)
        method, dataset = method_title(edited.task["method"], "edit method"), edited.task["dataset"]
        group.suptitle(f"{method}, {dataset}", fontsize=9)
    group.colorbar(change, ax=axes, shrink=0.5, pad=0.01, label=CHANGE)
    return figure
