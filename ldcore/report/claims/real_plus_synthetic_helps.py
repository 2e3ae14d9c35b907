"""Real images with synthetic ones teach a classifier more than real ones alone."""

from ldcore.report.cells import gain_of, reported
from ldcore.report.claims._scores import headline_scores

TITLE = "Real + synthetic beats real"
PAPER = (
    "Table 1, Real + Synthetic, half and half at the same total size: AUC 0.883 over 0.870 on brain, 0.892 over 0.880."
)
NEEDS = ("downstream",)
# metric of a row -> what was compared
STATISTICS = {
    "auc_real_plus_synthetic_gain": "AUC, half real half synthetic - as many real",
    "auc_all_real_plus_synthetic_gain": "AUC, all real + synthetic - all real",
}


def rows(results) -> list[dict]:
    """Of the headline cell of every method; the paper's stands beside Basic FT."""
    return [
        {**score, "statistic": words, "above": 0.0, "paper_value": paper_gain(results, score)}
        for metric, words in STATISTICS.items()
        for score in headline_scores(results, results.downstream(), metric)
    ]


def paper_gain(results, score: dict) -> float | None:
    """AUC of real + synthetic minus real in table 1, whose total size is the same for both."""
    if (score["method"], score["metric"]) != ("basic_ft", "auc_real_plus_synthetic_gain"):
        return None
    values = [
        reported(results, score["dataset"], "auc", table=1, task="classification", method=method)
        for method in ("real_plus_synthetic", "real")
    ]
    return gain_of("auc", *values)
