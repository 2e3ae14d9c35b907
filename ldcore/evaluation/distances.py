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


def floor_rows(real: dict, extractor: str, metrics, groups: int, size: int, **labels) -> list[dict]:
    """What no generator here can beat: other real images, and real images through the autoencoder.

    real: features by EXTRACTOR/test, EXTRACTOR/train and EXTRACTOR/reconstruction (cohort.real_features); of the last
    two, the first `groups` times `size`.
    """
    rows = []
    for method, images in (("real", "train"), ("reconstruction", "reconstruction")):
        parts = np.array_split(real[f"{extractor}/{images}"][: groups * size], groups)
        rows += distances(parts, real[f"{extractor}/test"], extractor, metrics, method=method, **NO_CELL, **labels)
    return rows


def groups_by_seed(arrays: dict, extractor: str, count: int | None = None) -> list[np.ndarray]:
    """Features [n, D] of each sampling seed, the first `count` of each; arrays: as runtime.arrays.load_part."""
    return [arrays[extractor][arrays["seeds"] == seed][:count] for seed in np.unique(arrays["seeds"])]


def cell_groups(runs: list[dict], extractor: str, count: int) -> list[np.ndarray]:
    """Features of one cell in the groups that its interval is over: training runs where there are several, else seeds.

    runs: the arrays of each training run's samples; count: images of each seed.
    """
    groups = [groups_by_seed(arrays, extractor, count) for arrays in runs]
    return groups[0] if len(groups) == 1 else [np.concatenate(of_run) for of_run in groups]
