"""What claims about scores share: those of the headline cell, and the gain of a metric for every method."""

from ldcore.features import like_inception
from ldcore.report.cells import gain_of, headline_and_reference, reported
from ldcore.report.results import Results


def headline_scores(results: Results, scores: list[dict], metric: str) -> list[dict]:
    """The rows of a metric that are of the headline cell of a method of the grid, under its first prompt style."""
    grid = results.config["grid"]
    wanted = {"metric": metric, "drift": grid["headline"], "prompt": grid["prompts"][0]}
    return [score for score in scores if wanted.items() <= score.items() and score["method"] in grid["methods"]]


def gain_rows(results: Results, scores: list[dict], metric: str, words: str) -> list[dict]:
    """A row for each data set, method and extractor whose scores have the metric's gain, METRIC_gain.

    words: of the statistic. The paper's value is the difference of its two numbers in table 1.
    """
    if headline_and_reference(results) is None:
        return []
    rows = []
    for score in headline_scores(results, scores, f"{metric}_gain"):
        entries = {"table": 1, "method": score["method"]}
        with_it, without = (reported(results, score["dataset"], metric, ld=ld, **entries) for ld in (1, 0))
        paper_value = gain_of(metric, with_it, without) if like_inception(score["extractor"]) else None
        rows.append({**score, "statistic": words, "above": 0.0, "paper_value": paper_value})
    return rows
