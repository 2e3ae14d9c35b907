"""Without Latent Drifting in fine-tuning, the final latents run away with the sampled delta."""

from ldcore.report.cells import headline_and_reference, row
from ldcore.report.claims._sweep import by_delta, final_means, trainings
from ldcore.statistics.jackknife import jackknife_interval

TITLE = "Latent mean runs away without"
PAPER = "Figure 3: without LD fine-tuning the latents' mean runs away, to about +2 at delta 0.2 (read from the figure)."
NEEDS = ("samples",)
ASKED_BY = "sweep"
PAPER_SLOPE = 10.0  # +2 at delta 0.2


def rows(results) -> list[dict]:
    """How far the final latent mean moves from the lowest to the highest delta, a unit of delta, of each data set.

    Above 1 the sampling makes more of a drift than was put in.
    """
    compared, found = trainings(results), []
    for dataset in results.config["sweep"]["datasets"] if compared else ():
        groups = final_means(results, dataset, compared[1])
        labels = {"dataset": dataset, "method": results.config["sweep"]["method"], "above": 1.0}
        labels |= {"cell": headline_and_reference(results)[1]["label"]}
        labels |= {"statistic": "change of the final latent mean, a unit of delta", "paper_value": PAPER_SLOPE}
        images = [next(iter(group.values())) for group in groups]
        found.append(row(jackknife_interval(slope, groups), images, **labels))
    return found


def slope(groups: list[dict]) -> float:
    """From the lowest delta to the highest."""
    values = by_delta(groups)
    first, last = min(values), max(values)
    return (values[last] - values[first]) / (last - first)
