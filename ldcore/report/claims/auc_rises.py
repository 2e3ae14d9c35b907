"""A classifier that saw synthetic images alone does better on real patients with Latent Drifting."""

from ldcore.report.claims._scores import gain_rows

TITLE = "AUC rises"
PAPER = (
    "Table 1 and text: consistent gains in AUC with LD; its own table has Custom Diffusion fall on brain MR (-0.065)."
)
NEEDS = ("downstream",)


def rows(results) -> list[dict]:
    """AUC with LD minus AUC without."""
    return gain_rows(results, results.downstream(), "auc", "AUC, with LD - without")
