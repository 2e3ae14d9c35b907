"""Distances between synthetic and real images of one dataset, as plain rows: value, interval, N, seeds, extractor."""

import numpy as np

from ldcore.grid import cell_of, identifier, table_cells
from ldcore.metrics import frechet_distance, kernel_distance
from ldcore.sampling.job import load_part
from ldcore.statistics.interval import jackknife_interval, paired_interval

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
        rows.append(
            {
                **labels,
                "metric": metric,
                "extractor": extractor,
                "n": sum(map(len, groups)),
                "seeds": len(groups),
                "value": value,
                "low": low,
                "high": high,
            }
        )
    return rows


def gain(groups, reference, real, extractor: str, **labels) -> list[dict]:
    """KID of the reference cell minus KID of this one, paired seed by seed: above 0 means this cell is closer to real."""
    value, low, high = paired_interval(against(real, "kid"), reference, groups)
    return [
        {
            **labels,
            "metric": "kid_gain",
            "extractor": extractor,
            "n": sum(map(len, groups)),
            "seeds": len(groups),
            "value": value,
            "low": low,
            "high": high,
        }
    ]


def floor_rows(real: dict, extractors, count: int, seeds: int, **labels) -> list[dict]:
    """What no generator here can beat: other real images, and real images through the autoencoder, as many as a cell has."""
    rows = []
    for extractor in extractors:
        for method, name in (("real", "train"), ("reconstruction", "reconstruction")):
            groups = np.array_split(real[f"{extractor}/{name}"][:count], seeds)
            rows += distances(
                groups,
                real[f"{extractor}/test"],
                extractor,
                method=method,
                training="",
                drift="none",
                sampling_drift="none",
                prompt="",
                **labels,
            )
    return rows


def cell_groups(
    folder_of, config: dict, method: str, training: str, prompt: str, drift: str, extractor: str
) -> list[np.ndarray]:
    """Features of one cell in the groups its interval is over: training runs where there are several, else sampling seeds."""
    count, runs = config["sampling"]["images_per_seed"], config["grid"]["training_seeds"]
    if method == "base":
        runs = runs[:1]
    parts = [load_part(folder_of(method, training, prompt, str(run)), drift) for run in runs]
    groups = [groups_of(part, extractor, count) for part in parts]
    return groups[0] if len(groups) == 1 else [np.concatenate(each) for each in groups]


def cell_rows(folder_of, config, real, cell: dict, extractor: str, **labels) -> list[dict]:
    """Distances of one cell (config.table_cells) and, unless it is the reference itself, its gain over the reference cell."""

    def groups(one):
        return cell_groups(folder_of, config, cell["method"], one["training"], cell["prompt"], one["drift"], extractor)

    labels = dict(
        labels,
        method=cell["method"],
        training=cell["training"],
        drift=cell["label"],
        sampling_drift=cell["drift"],
        prompt=cell["prompt"],
    )
    own, test = groups(cell), real[f"{extractor}/test"]
    rows = distances(own, test, extractor, **labels)
    reference = cell_of(config, config["grid"]["reference"])
    if cell["method"] != "base" and cell["label"] != reference["label"] and cell["prompt"] in config["grid"]["prompts"]:
        rows += gain(own, groups(reference), test, extractor, **labels)
    return rows


def score_dataset(dataset: str, config: dict, real: dict, folder_of) -> list[dict]:
    """The floors and every cell of one dataset. real: the arrays of evaluation.real_features;
    folder_of(method, training, prompt, run) -> folder of its samples."""
    seeds = len(config["sampling"]["seeds"])
    rows = floor_rows(real, config["extractors"], seeds * config["sampling"]["images_per_seed"], seeds, dataset=dataset)
    return rows + [
        row
        for extractor in config["extractors"]
        for cell in table_cells(config, dataset)
        for row in cell_rows(folder_of, config, real, cell, extractor, dataset=dataset)
    ]


def score_sweep(dataset: str, config: dict, real: dict, folder_of) -> list[dict]:
    """KID and FID of every swept delta, all at the sweep's own number of images; none for a dataset that is not swept."""
    sweep, rows, run = config.get("sweep"), [], str(config["grid"]["training_seeds"][0])
    if not sweep or dataset not in sweep["datasets"]:
        return []
    for training in sweep["trainings"]:
        for delta in sweep["deltas"]:
            part = load_part(folder_of(sweep["method"], training, sweep["prompt"], run), identifier(delta))
            for extractor in config["extractors"]:
                rows += distances(
                    groups_of(part, extractor, sweep["images_per_seed"]),
                    real[f"{extractor}/test"],
                    extractor,
                    dataset=dataset,
                    method=sweep["method"],
                    training=training,
                    delta=delta,
                    prompt=sweep["prompt"],
                )
    return rows
