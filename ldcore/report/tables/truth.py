"""The table of truth: every edit against the exact counterfactual, which only phantoms have, and axioms of edits."""

import pandas as pd

from ldcore.report.results import Results
from ldcore.report.tables import _edits
from ldcore.report.tables._edits import layout

TITLE = "Truth"
CAPTION = "Every edit against the exact counterfactual, and how sound it is: composition, effectiveness, minimality."
NEEDS = ("edit_scores",)
ASKED_BY = "editing"
FOOTNOTES = (
    *_edits.FOOTNOTES,
    "Against the exact counterfactual: the phantom's render of the same subject and scan, changed. error inside / "
    "outside: RMSE in the region that truly changes (12 gray levels or more) and in the rest. change, true change: of "
    "ventricle area or cardiothoracic ratio, measured on the images; right direction: share of subjects whose change "
    "has the true sign.",
    "Axioms (arXiv 2403.20287): composition, mean absolute distance of decoded images to the source after 1 and 10 "
    "null edits; effectiveness, share that a real-trained classifier takes for what was asked; minimality, "
    "counterfactual latent divergence, less is better; realism, KID to real images. roundtrip psnr: inverted or "
    "regenerated without an edit, to the source.",
)

__all__ = ["layout", "rows"]


def rows(results: Results) -> pd.DataFrame:
    """All tasks; the paper has no such table."""
    return _edits.edit_table(results, "truth", results.tasks_with(), paper={})
