"""Distances between synthetic and real images of one dataset, as plain rows: value, interval, N, seeds, extractor."""

import numpy as np

from ldcore.generate import load_part
from ldcore.metrics import frechet_distance, kernel_distance
from ldcore.metrics.interval import jackknife_interval, paired_interval

METRICS = {"fid": frechet_distance, "kid": kernel_distance}


def groups_of(part: dict, extractor: str, count: int | None = None) -> list[np.ndarray]:
    """Features [n, D] of each sampling seed, the first `count` of each."""
    return [part[extractor][part["seeds"] == seed][:count] for seed in np.unique(part["seeds"])]


def against(real: np.ndarray, metric: str):
    """The statistic the intervals need: pooled groups -> distance to the real features."""
    return lambda groups: METRICS[metric](np.concatenate(groups), real)


def distances(groups, real, extractor: str, **labels) -> list[dict]:
    """One row a metric."""
    rows = []
    for metric in METRICS:
        value, low, high = jackknife_interval(against(real, metric), groups)
        rows.append({**labels, "metric": metric, "extractor": extractor, "n": sum(map(len, groups)), "seeds": len(groups),
                     "value": value, "low": low, "high": high})
    return rows


def gain(groups, reference, real, extractor: str, **labels) -> list[dict]:
    """KID of the reference cell minus KID of this one, paired seed by seed: above 0 means this cell is closer to real."""
    value, low, high = paired_interval(against(real, "kid"), reference, groups)
    return [{**labels, "metric": "kid_gain", "extractor": extractor, "n": sum(map(len, groups)), "seeds": len(groups),
             "value": value, "low": low, "high": high}]


def floor_rows(real: dict, extractors, count: int, seeds: int, **labels) -> list[dict]:
    """What no generator here can beat: other real images, and real images through the autoencoder, as many as a cell has."""
    rows = []
    for extractor in extractors:
        for method, name in (("real", "train"), ("reconstruction", "reconstruction")):
            groups = np.array_split(real[f"{extractor}/{name}"][:count], seeds)
            rows += distances(groups, real[f"{extractor}/test"], extractor, method=method, training="", drift="none",
                              sampling_drift="none", prompt="", **labels)
    return rows


def score_dataset(dataset: str, config: dict, real: dict, folder_of) -> list[dict]:
    """All rows of one dataset. real: the arrays of evaluation.real_features; folder_of(method, training, prompt) -> folder."""
    grid, extractors = config["grid"], config["extractors"]
    seeds, count = len(config["sampling"]["seeds"]), config["sampling"]["images_per_seed"]
    rows = floor_rows(real, extractors, seeds * count, seeds, dataset=dataset)
    reference = next(cell for cell in grid["cells"] if cell["label"] == grid["reference"])
    for prompt in grid["prompts"]:
        base = load_part(folder_of("base", "untrained", prompt), "none")
        for extractor in extractors:
            rows += distances(groups_of(base, extractor, count), real[f"{extractor}/test"], extractor, dataset=dataset,
                              method="base", training="untrained", drift="none", sampling_drift="none", prompt=prompt)
        for method in grid["methods"]:
            compared = load_part(folder_of(method, reference["training"], prompt), reference["drift"])
            for cell in grid["cells"]:
                part = load_part(folder_of(method, cell["training"], prompt), cell["drift"])
                labels = dict(dataset=dataset, method=method, training=cell["training"], drift=cell["label"],
                              sampling_drift=cell["drift"], prompt=prompt)
                for extractor in extractors:
                    groups, target = groups_of(part, extractor, count), real[f"{extractor}/test"]
                    rows += distances(groups, target, extractor, **labels)
                    if cell is not reference:
                        rows += gain(groups, groups_of(compared, extractor, count), target, extractor, **labels)
    return rows


def score_sweep(dataset: str, config: dict, real: dict, folder_of) -> list[dict]:
    """KID and FID of every swept delta, all at the sweep's own number of images."""
    from ldcore.config import identifier

    sweep, rows = config["sweep"], []
    for training in sweep["trainings"]:
        for delta in sweep["deltas"]:
            part = load_part(folder_of(sweep["method"], training, sweep["prompt"]), identifier(delta))
            for extractor in config["extractors"]:
                rows += distances(groups_of(part, extractor, sweep["images_per_seed"]), real[f"{extractor}/test"], extractor,
                                  dataset=dataset, method=sweep["method"], training=training, delta=delta,
                                  prompt=sweep["prompt"])
    return rows
