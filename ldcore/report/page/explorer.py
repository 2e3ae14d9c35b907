"""The delta explorer: what a delta at sampling does to images and latents, from the same starting noise and prompt."""

import numpy as np

from ldcore.grid import Checkpoint, all_drifts, checkpoints, drift_and_guidance, sampled_drifts
from ldcore.plan import reporting
from ldcore.report.markup import method_title
from ldcore.report.page.pictures import sheet
from ldcore.report.page.samples import rank_within

NOISES = 6  # starting noises shown


def section(results) -> dict | None:
    """Deltas, and per data set its checkpoints: `shown` each."""
    config = results.config
    needed = reporting.all_needs(config)
    if "samples" not in needed or not config["sweep"]:
        return None
    found, run = {}, str(config["grid"]["training_seeds"][0])
    for dataset in config["sweep"]["datasets"]:
        distances = results.sweep(dataset) if "scores" in needed else []
        runs = [one for one in checkpoints(config) if (one.dataset, one.run) == (dataset, run)]
        sampled = {checkpoint: sampled_deltas(config, checkpoint) for checkpoint in runs}
        found[dataset] = [
            shown(results, checkpoint, deltas, distances) for checkpoint, deltas in sampled.items() if deltas
        ]
    return {"deltas": sorted(config["sweep"]["deltas"]), "datasets": found}


def sampled_deltas(config: dict, checkpoint: Checkpoint) -> dict[float, str]:
    """Delta -> the name of its samples, in order, of what is drifted by one number in z_T or not at all."""
    drifts, found = all_drifts(config), {}
    for part in sampled_drifts(config, checkpoint):
        name, guidance = drift_and_guidance(part)
        kind, value = drifts[name]["kind"], drifts[name].get("value", 0.0)
        fixed = kind == "prior" and drifts[name]["source"] == "fixed" and np.isscalar(value)
        if guidance is None and (fixed or kind == "none"):
            found[float(value) if fixed else 0.0] = part
    return dict(sorted(found.items()))


def shown(results, checkpoint: Checkpoint, deltas: dict[float, str], distances: list[dict]) -> dict:
    """One checkpoint under every delta that it was sampled at.

    sheet: the same starting noises, a delta a line. means, spreads: of the latents over n images, a
    value a reverse step. distances: to real images, rows of the sweep.
    """
    sweep = results.config["sweep"]
    swept = (checkpoint.method, checkpoint.prompt) == (sweep["method"], sweep["prompt"])
    swept = swept and checkpoint.training in sweep["trainings"]
    images, means, spreads, counts = [], [], [], []
    for part in deltas.values():
        arrays = results.samples(checkpoint, part)
        rank = rank_within(arrays["seeds"])  # the first image of a seed starts from the same noise everywhere
        images += list(arrays["images"][np.flatnonzero(rank == 0)[:NOISES]])
        trace = arrays["trace"][rank < sweep["images_per_seed"]].mean(-1)
        counts.append(len(trace))
        means.append(trace.mean(0).round(4).tolist())
        spreads.append(trace.std(0).round(4).tolist())
    return {
        "title": f"{method_title(checkpoint.method)}, training {checkpoint.training}, prompts {checkpoint.prompt}",
        "swept": swept,
        "deltas": list(deltas),
        "sheet": sheet(np.stack(images), len(images) // len(deltas)),
        "n": min(counts),
        "means": means,
        "spreads": spreads,
        "distances": [
            {name: row[name] for name in ("metric", "extractor", "delta", "value", "low", "high")}
            for row in distances
            if swept and row["training"] == checkpoint.training
        ],
    }
