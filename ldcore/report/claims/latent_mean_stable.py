"""After fine-tuning with Latent Drifting the final latents hardly depend on the sampled delta."""

from ldcore.report.cells import row
from ldcore.report.claims._sweep import by_delta, final_means, trainings
from ldcore.statistics.jackknife import jackknife_interval

TITLE = "Latent mean is stable over delta with LD"
PAPER = "Figure 3: with LD fine-tuning the latents' mean is stable at every delta from -0.2 to 0.2."
NEEDS = ("samples",)
ASKED_BY = "sweep"
SHARE = 0.3  # of the span without LD


def rows(results) -> list[dict]:
    """The span of the final latent mean over the sweep's deltas, with LD over without, of each data set.

    No row where LD is a drift at sampling alone: the weights are the same, and so is their span.
    """
    compared, found = trainings(results), []
    for dataset in results.config["sweep"]["datasets"] if compared and compared[0] != compared[1] else ():
        pairs = list(zip(*(final_means(results, dataset, training) for training in compared), strict=True))
        labels = {"dataset": dataset, "method": results.config["sweep"]["method"], "below": SHARE}
        labels["statistic"] = "span of the final latent mean, with LD / without"
        images = [next(iter(group.values())) for group, _ in pairs]
        found.append(row(jackknife_interval(share, pairs), images, **labels))
    return found


def share(pairs: list[tuple]) -> float:
    """The span with LD over that without; nan where that is 0."""
    without = span([group for _, group in pairs])
    return span([group for group, _ in pairs]) / without if without else float("nan")


def span(groups: list[dict]) -> float:
    """How far apart the final latent means of the deltas lie."""
    values = by_delta(groups).values()
    return max(values) - min(values)
