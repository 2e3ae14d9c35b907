"""FID to the real images falls with Latent Drifting."""

from ldcore.report.claims._scores import gain_rows

TITLE = "FID falls"
PAPER = "Table 1: FID is lower with LD for every method, on brain MR and on chest X-rays."
NEEDS = ("scores",)


def rows(results) -> list[dict]:
    """FID without LD minus FID with it."""
    return gain_rows(results, results.scores(), "fid", "FID, without LD - with")
