"""Table 2: ageing against the true follow-up."""

import pandas as pd

from ldcore.report.results import Results
from ldcore.report.tables import _edits
from ldcore.report.tables._edits import layout

TITLE = "Table 2"
CAPTION = "Ageing: edited images against the true follow-up, beside returning the source as it is."
NEEDS = ("edit_scores",)
ASKED_BY = "tasks"
FOOTNOTES = (
    *_edits.FOOTNOTES,
    "Against the true follow-up. Gap: all pairs, or those more than 5 years apart. gain: how much more alike than the "
    "source, paired by subject; above 0 is better than returning it. Return the source is the trivial answer; the "
    "exact counterfactual is the phantom's own render of the source's scan at the later age, so what is left is "
    "scanner, position and session. The paper's table 2 has no rows without LD.",
)

__all__ = ["layout", "rows"]


def rows(results: Results) -> pd.DataFrame:
    """The tasks of this table."""
    paper = _edits.paper_values(results, "2", "age_editing_instruct_pix2pix")
    return _edits.edit_table(results, "table", results.tasks_with(table="table2"), paper)
