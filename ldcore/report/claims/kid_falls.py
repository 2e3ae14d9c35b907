"""KID to the real images falls with Latent Drifting."""

from ldcore.report.claims._scores import gain_rows

TITLE = "KID falls"
PAPER = "Table 1: KID is lower with LD for every method, on brain MR and on chest X-rays."
NEEDS = ("scores",)


def rows(results) -> list[dict]:
    """KID without LD minus KID with it."""
    return gain_rows(results, results.scores(), "kid", "KID, without LD - with")
