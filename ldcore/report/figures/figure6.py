"""Figure 6: ageing, beside the true follow-up and the exact counterfactual."""

from ldcore.report.figures._edits import task_sheet

TITLE = "Figure 6"
CAPTION = (
    "Ageing: the true follow-up, the exact counterfactual, and the edit model trained from every base with and without "
    "Latent Drifting; one colour scale."
)
NEEDS = ("edits", "data")
ASKED_BY = "tasks"


def draw(results):
    """The task of this figure."""
    return task_sheet(results, "figure6")
