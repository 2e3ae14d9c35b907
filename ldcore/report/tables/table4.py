"""Table 4: edits of disease against real images of other people."""

import pandas as pd

from ldcore.report.results import Results
from ldcore.report.tables import _edits
from ldcore.report.tables._edits import layout

TITLE = "Table 4"
CAPTION = (
    "Disease: how much of the source is kept, and how far the edited images are from real ones of the wanted class."
)
NEEDS = ("edit_scores",)
ASKED_BY = "tasks"
FOOTNOTES = (
    *_edits.FOOTNOTES,
    "SSIM is source to result: 1 is no edit at all. negated: all edits that turn case into no case or back, against "
    "real images of other test subjects; AUC of a classifier trained on real images, the wanted labels as truth: an "
    "edit that does nothing scores as badly as Return the source. The paper gives no AUC beside table 4. An edit's own "
    "amount multiplies the drift as well: with amount 2 and delta 0.10, z' = z + 0.20.",
)

__all__ = ["layout", "rows"]


def rows(results: Results) -> pd.DataFrame:
    """The tasks of this table."""
    paper = _edits.paper_values(results, "4", "disease_editing_pix2pix_zero")
    return _edits.edit_table(results, "table", results.tasks_with(table="table4"), paper)
