"""Figure 1: of every task a few edits with Latent Drifting."""

from ldcore.grid import edit_cells
from ldcore.report.figures._edits import describe, rows_shown
from ldcore.report.figures._sheet import Group, arranged, sheet
from ldcore.report.markup import method_title

TITLE = "Figure 1"
CAPTION = (
    "Counterfactual edits with Latent Drifting, a panel a task: source, edited (the source plus what the edit changed "
    "in it), and what changed."
)
NEEDS = ("edits", "data")
ASKED_BY = "editing"
COLUMNS, TASKS = 4, 8  # edits a task, and tasks at most


def draw(results):
    """A group per task, of its last base and style and the last edited cell: source above result above difference."""
    groups = []
    for name in results.tasks_with(like=None)[:TASKS]:
        edited, label = results.edited(name), edit_cells(results.config, name)[-1]["label"]
        shown = rows_shown(edited.requests, COLUMNS)
        source = edited.source[shown]
        changed = edited.edits[edited.task["bases"][-1], label]["changed"][-1][shown]
        lines = [("source", source), ("edited", changed), ("change", changed.astype(float) - source)]
        title = f"{name}: {method_title(edited.task['method'], 'edit method')}, {edited.task['dataset']}"
        columns = [(describe(edited.requests[row]), 1) for row in shown]
        groups.append(Group(title, columns, [(text, list(images)) for text, images in lines]))
    return sheet(arranged(groups, least=0.6))
