"""What claims about the sweep share: its trainings with and without Latent Drifting, and drift at inference alone."""

from ldcore.grid import cell_of
from ldcore.report.cells import headline_and_reference, mean, sweep_groups

DELTA = 0.1  # of the page's most drifted pictures, on either side of 0


def trainings(results) -> tuple[str, str] | None:
    """The trainings of the headline and the reference cell, which are one where the drift is at sampling alone.

    None where the sweep has not both, or the headline has guidance of its own, which the sweep has not.
    """
    cells = headline_and_reference(results)
    if cells is None or any(cell["guidance_scale"] is not None for cell in cells):
        return None
    named = tuple(cell["training"] for cell in cells)
    return named if set(named) <= set(results.config["sweep"]["trainings"]) else None


def final_means(results, dataset: str, training: str) -> list[dict]:
    """Of each sampling seed or training run: delta -> the mean of each image's final latents [n]."""
    swept = {
        delta: sweep_groups(results, dataset, training, delta, lambda arrays: arrays["trace"][:, -1].mean(-1))
        for delta in sorted(results.config["sweep"]["deltas"])
    }
    return [dict(zip(swept, groups)) for groups in zip(*swept.values(), strict=True)]


def by_delta(groups: list[dict]) -> dict:
    """Delta -> the mean over all images of all groups, lowest delta first."""
    return {delta: mean([group[delta] for group in groups]) for delta in groups[0]}


def at_inference_alone(results) -> list[tuple]:
    """(labels of a row, training, delta, 0) of the sweep at +DELTA and -DELTA, on the weights of the reference cell.

    None of them where the sweep lacks one. The deltas are as the config writes them.
    """
    config, sweep = results.config, results.config["sweep"]
    label = config["grid"]["reference"]
    training, labels = cell_of(config, label)["training"], {"method": sweep["method"], "cell": label}
    at = {round(delta, 9): delta for delta in sweep["deltas"]}
    if training not in sweep["trainings"] or not {-DELTA, 0.0, DELTA} <= set(at):
        return []
    return [
        ({**labels, "dataset": dataset}, training, at[sign], at[0.0])
        for dataset in sweep["datasets"]
        for sign in (DELTA, -DELTA)
    ]
