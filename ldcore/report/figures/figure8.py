"""Figure 8: edits of chest radiographs."""

from ldcore.report.figures._edits import task_sheet

TITLE = "Figure 8"
CAPTION = "Edits of chest radiographs beside the exact counterfactual; one colour scale."
NEEDS = ("edits", "data")
ASKED_BY = "tasks"


def draw(results):
    """The task of this figure."""
    return task_sheet(results, "figure8")
