"""The delta of the smallest L1 lies in 0.05 to 0.1 for every method."""

import math

from ldcore.grid import searches

TITLE = "Delta is 0.05 to 0.1"
PAPER = "Text: delta by grid search, smallest L1 of generated to target distribution: 0.05 to 0.1 for every method."
NEEDS = ("drifts",)
ASKED_BY = "searches"


def rows(results) -> list[dict]:
    """The delta that each grid search chose, with its interval over images; what is learned has none and no row."""
    found = []
    for checkpoint, name in searches(results.config):
        content = results.drift(checkpoint, name)
        if "curve" in content:
            compared = content["options"]["compare"].replace("_", " ")
            found.append(
                {
                    "dataset": checkpoint.dataset,
                    "method": checkpoint.method,
                    "statistic": f"delta of the smallest L1, {compared}, weights trained {checkpoint.training}",
                    **{key: content.get(key, math.nan) for key in ("value", "low", "high")},
                    "above": 0.05,
                    "below": 0.1,
                    "cell": name,
                    "n": content["images"],
                }
            )
    return found
