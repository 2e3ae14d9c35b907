"""Distances between sets of features, as rows: of synthetic images to real ones, and over a reference cell.

Features come in groups [n, D], one a sampling seed or training run, over which intervals are; `real` are those of the
real test images [M, D]. metrics: names of metrics of features (ldcore.metrics). `labels` stand in every row as given.
"""

import numpy as np

from ldcore import plugins
from ldcore.evaluation.rows import NO_CELL, row
from ldcore.metrics import between_features
from ldcore.statistics.jackknife import jackknife_interval, paired_test


def distances(groups, real, extractor: str, metrics, **labels) -> list[dict]:
    """A row a metric: the distance of all groups together, with its jackknife interval; one group has none (nan)."""
    sizes = {"n": sum(map(len, groups)), "seeds": len(groups)}
    return [
        row(
            jackknife_interval(distance_to(real, metric), groups), **labels, **sizes, metric=metric, extractor=extractor
        )
        for metric in metrics
    ]


def gains(groups, reference, real, extractor: str, metrics, **labels) -> list[dict]:
    """A row a metric that declares GAIN: by how much the groups are better than those of the reference, seed by seed.

    Above 0 is better than the reference. With the p-value of its being 0.
    """
    rows, sizes = [], {"n": sum(map(len, groups)), "seeds": len(groups)}
    for metric in metrics:
        declared = plugins.declared("metric", metric)
        if "GAIN" in declared:
            pair = (reference, groups) if declared["BETTER"] == "lower" else (groups, reference)
            tested = paired_test(distance_to(real, metric), *pair)
            rows.append(row(tested, **labels, **sizes, metric=declared["GAIN"], extractor=extractor))
    return rows


def distance_to(real, metric: str):
    """The statistic that intervals need: groups -> distance of all of them together to the real features."""
    return lambda groups: between_features(metric, np.concatenate(groups), real)


def cell_distances(runs, real, extractor: str, metrics, **labels) -> list[dict]:
    """A row a metric of one cell at the N of one training run, so that all rows of a table have the same N.

    runs: of each training run its groups by sampling seed (cell_groups). One run: `distances` of its seeds. Several:
    the mean of the runs' distances, each of its own images alone, with Student's interval over the runs. Their images
    are never pooled: FID falls with N even between equal distributions, and runs share prompts.
    """
    if len(runs) == 1:
        return distances(runs[0], real, extractor, metrics, **labels)
    sizes = {"n": images_of_a_run(runs), "seeds": len(runs)}
    return [
        row(over_runs(runs, real, metric), **labels, **sizes, metric=metric, extractor=extractor) for metric in metrics
    ]


def cell_gains(runs, reference, real, extractor: str, metrics, **labels) -> list[dict]:
    """A row a metric that declares GAIN: by how much a cell is better than the reference cell, run by run.

    As `gains` where there is one training run; of several the mean difference, with Student's interval over the runs
    and the p-value of its being 0.
    """
    if len(runs) == len(reference) == 1:
        return gains(runs[0], reference[0], real, extractor, metrics, **labels)
    rows, sizes = [], {"n": images_of_a_run(runs), "seeds": len(runs)}
    for metric in metrics:
        declared = plugins.declared("metric", metric)
        if "GAIN" in declared:
            pair = (reference, runs) if declared["BETTER"] == "lower" else (runs, reference)
            tested = paired_test(np.mean, *(run_distances(cell, real, metric) for cell in pair))
            rows.append(row(tested, **labels, **sizes, metric=declared["GAIN"], extractor=extractor))
    return rows


def over_runs(runs, real, metric: str) -> tuple[float, float, float]:
    """(mean, low, high) of the runs' distances; the jackknife of a mean is Student's t interval."""
    return jackknife_interval(np.mean, run_distances(runs, real, metric))


def run_distances(runs, real, metric: str) -> list[float]:
    """The distance of each training run's images to the real ones."""
    return [distance_to(real, metric)(groups) for groups in runs]


def images_of_a_run(runs) -> int:
    """How many images one training run has."""
    return sum(map(len, runs[0]))


def floor_rows(real: dict, extractor: str, metrics, groups: int, size: int, **labels) -> list[dict]:
    """What no generator here can beat: other real images, and real images through the autoencoder.

    real: features by EXTRACTOR/test, EXTRACTOR/train and EXTRACTOR/reconstruction (real_images.real_features); of the
    last two, the first `groups` times `size`: as many as one training run of a cell has, or fewer where the training
    split has fewer of a class; `n` says how many.
    """
    rows = []
    for method, images in (("real", "train"), ("reconstruction", "reconstruction")):
        parts = np.array_split(real[f"{extractor}/{images}"][: groups * size], groups)
        rows += distances(parts, real[f"{extractor}/test"], extractor, metrics, method=method, **NO_CELL, **labels)
    return rows


def groups_by_seed(arrays: dict, extractor: str, count: int | None = None) -> list[np.ndarray]:
    """Features [n, D] of each sampling seed, the first `count` of each; arrays: as runtime.arrays.load_part."""
    return [arrays[extractor][arrays["seeds"] == seed][:count] for seed in np.unique(arrays["seeds"])]


def cell_groups(runs: list[dict], extractor: str, count: int) -> list[list[np.ndarray]]:
    """Features of one cell: of each training run its groups by sampling seed.

    runs: the arrays of each training run's samples; count: images of each seed.
    """
    return [groups_by_seed(arrays, extractor, count) for arrays in runs]
