"""Figure 7: edits of brains."""

from ldcore.report.figures._edits import task_sheet

TITLE = "Figure 7"
CAPTION = "Disease, sex and age edits of brains beside the exact counterfactual; one colour scale."
NEEDS = ("edits", "data")
ASKED_BY = "tasks"


def draw(results):
    """The task of this figure."""
    return task_sheet(results, "figure7")
