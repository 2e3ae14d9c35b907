"""The delta of the smallest L1 between generated and target distribution lies between 0.05 and 0.1 for every method."""

from ldcore.grid import all_drifts, searches

TITLE = "Delta is 0.05 to 0.1"
PAPER = (
    "Text and figures: delta by grid search, smallest L1; 0.05 to 0.1 for every method, 0.1 in the main experiments."
)
NEEDS = ("drifts",)
ASKED_BY = "searches"
LOWEST, HIGHEST = 0.05, 0.1


def rows(results) -> list[dict]:
    """Every delta found by grid search, one number, with the bootstrap interval of the delta chosen."""
    found = []
    for checkpoint, name in searches(results.config):
        drift = results.drift(checkpoint, name)
        if all_drifts(results.config)[name]["source"] != "grid_search":
            continue
        labels = {
            "dataset": checkpoint.dataset,
            "method": checkpoint.method,
            "cell": cell_with(results, name),
            "n": drift["images"],
        }
        compared = drift["options"]["compare"].replace("_", " ")
        labels["statistic"] = f"delta of the smallest L1 of the {compared}, weights trained under {checkpoint.training}"
        labels |= {"above": LOWEST, "below": HIGHEST}
        found.append({**labels, **{key: drift[key] for key in ("value", "low", "high")}})
    return found


def cell_with(results, name: str) -> str:
    """The label of the first cell of the grid that samples with a drift; '' where none does."""
    cells = results.config["grid"]["cells"]
    return next((cell["label"] for cell in cells if cell["drift"] == name), "")
