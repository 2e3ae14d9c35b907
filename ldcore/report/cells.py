"""Shared by claims and tables: values of cells in the groups that intervals are over, and the numbers of the paper."""

import numpy as np

from ldcore import plugins
from ldcore.evaluation.distances import cell_groups as of_runs
from ldcore.evaluation.rows import row as evaluation_row
from ldcore.grid import (
    cell_checkpoints,
    cell_of,
    cells_of,
    checkpoints,
    identifier,
    part_of,
    reference_label,
    sampled_drifts,
)
from ldcore.report.results import Results
from ldcore.statistics.jackknife import jackknife_interval, paired_test


def headline_and_reference(results: Results) -> tuple[dict, dict] | None:
    """The grid's cell that stands for Latent Drifting and the one that it is compared with; None where they are one."""
    grid = results.config["grid"]
    headline = cell_of(results.config, grid["headline"])
    reference = cell_of(results.config, reference_label(results.config, headline))
    return None if headline == reference else (headline, reference)


def cell_groups(results: Results, dataset: str, method: str, cell: dict, measure) -> list[np.ndarray]:
    """Values of one cell of the grid under its first prompt style, an array [n] a training run or sampling seed.

    measure: the arrays of Results.samples -> a value an image [N].
    """
    place = {**cell, "method": method, "prompt": results.config["grid"]["prompts"][0]}
    runs = cell_checkpoints(results.config, dataset, place)
    parts = [results.samples(run, part_of(cell)) for run in runs]
    return grouped(parts, measure, results.config["sampling"]["images_per_seed"])


def with_and_without(results: Results, measure_of):
    """(labels, groups with Latent Drifting, groups without) of every method on every data set that has a measure.

    measure_of: a data set's name -> (images uint8 [N, H, W, 3] -> a value an image [N]), or None.
    """
    cells, grid = headline_and_reference(results), results.config["grid"]
    for dataset in grid["datasets"] if cells else ():
        measure = measure_of(dataset)
        for method in grid["methods"] if measure else ():
            if any(cell not in cells_of(results.config, method) for cell in cells):
                continue
            groups = [cell_groups(results, dataset, method, cell, of_images(measure)) for cell in cells]
            yield {"dataset": dataset, "method": method}, *groups


def of_images(measure):
    """A measure of images as one of the arrays of Results.samples."""
    return lambda arrays: measure(arrays["images"])


def sweep_groups(results: Results, dataset: str, training: str, delta: float, measure) -> list[np.ndarray]:
    """The same of one training and delta of the sweep."""
    config, sweep = results.config, results.config["sweep"]
    place, drift = (dataset, sweep["method"], training, sweep["prompt"]), identifier(delta)
    runs = [run for run in checkpoints(config) if run[:4] == place and drift in sampled_drifts(config, run)]
    return grouped([results.samples(run, drift) for run in runs], measure, sweep["images_per_seed"])


def grouped(parts: list, measure, count: int) -> list[np.ndarray]:
    """Values of the first `count` images of each seed: an array a training run, or a seed where there is one run."""
    measured = [{"values": measure(arrays), "seeds": arrays["seeds"]} for arrays in parts]
    groups = of_runs(measured, "values", count)
    return groups[0] if len(groups) == 1 else [np.concatenate(of_run) for of_run in groups]


def mean(groups: list[np.ndarray]) -> float:
    """Of all values of all groups that are numbers."""
    return float(np.nanmean(np.concatenate(groups)))


def alone(groups: list[np.ndarray], **labels) -> dict:
    """A row: the mean of a cell's values with its interval."""
    return row(jackknife_interval(mean, groups), groups, **labels)


def difference(groups: list[np.ndarray], others: list[np.ndarray], **labels) -> dict:
    """A row: the mean of a cell's values minus that of another's, paired group by group."""
    return row(paired_test(mean, groups, others), groups, **labels)


def ratio(groups: list[np.ndarray], others: list[np.ndarray], **labels) -> dict:
    """A row: the mean of a cell's values over that of another's, paired group by group; nan over 0."""

    def statistic(pairs):
        below = mean([other for _, other in pairs])
        return mean([group for group, _ in pairs]) / below if below else float("nan")

    return row(jackknife_interval(statistic, list(zip(groups, others, strict=True))), groups, **labels)


def row(interval: tuple, groups: list, **labels) -> dict:
    """A row of (value, low, high), or of a comparison (value, low, high, p), over groups of values."""
    return evaluation_row(interval, sum(map(len, groups)), len(groups), **labels)


def real_test_images(results: Results, dataset: str) -> np.ndarray:
    """The real images of the test split, uint8 [N, H, W]."""
    records, images = results.records_and_images(dataset)
    return images[records["image_index"].to_numpy()[(records["split"] == "test").to_numpy()]]


def paper_name(method: str) -> str:
    """What reported_values.csv calls a method."""
    return "stable_diffusion" if method == "base" else method


def reported(results: Results, dataset: str, metric: str, **entries) -> float | None:
    """The one value that the paper prints under these entries of reported_values.csv; None where it prints none."""
    table = results.reported()
    entries |= {"dataset": results.config["datasets"][dataset]["paper"], "metric": metric}
    for column, value in entries.items():
        table = table[table[column] == value]
    return float(table["value"].iloc[0]) if len(table) == 1 else None


def gain_of(metric: str, with_it: float | None, without: float | None) -> float | None:
    """How much better a metric's first value is than its second, as its GAIN counts; None where one is missing."""
    if with_it is None or without is None:
        return None
    return without - with_it if plugins.declared("metric", metric)["BETTER"] == "lower" else with_it - without


def page_colours(results: Results) -> dict[float, np.ndarray]:
    """Delta -> mean red, green, blue [3] of the backgrounds on the official page, over its two prompts."""
    page = results.official()
    means = page[page["delta"].notna()].groupby("delta")[["red", "green", "blue"]].mean()
    return {round(float(delta), 9): colours.to_numpy() for delta, colours in means.iterrows()}
