"""Distances of every cell of one dataset to its real test images: rows for the tables and for the sweep."""

import numpy as np

from ldcore.evaluation.distances import cell_distances, cell_gains, cell_groups, floor_rows
from ldcore.evaluation.rows import cell_labels
from ldcore.grid import Checkpoint, cell_checkpoints, identifier, reference_cell, table_cells
from ldcore.runtime import cli, code
from ldcore.runtime.arrays import Arrays, load_part
from ldcore.runtime.files import write_json
from ldcore.store import opened


def main(config, dataset):
    config, store = opened(config, dataset=dataset)
    real = Arrays(store.reference(dataset))
    rows = {"cells": table_rows(config, store, dataset, real), "sweep": sweep_rows(config, store, dataset, real)}
    write_json(store.scores(dataset), rows)
    code.record(store.made("score", dataset))


def table_rows(config, store, dataset, real) -> list[dict]:
    """The floors, then every cell and its gain over the reference cell, an extractor at a time.

    All at one N: the images of one training run.
    """
    metrics, count, rows = config["metrics"], config["sampling"]["images_per_seed"], []
    for extractor in config["extractors"]:
        rows += floor_rows(real, extractor, metrics, len(config["sampling"]["seeds"]), count, dataset=dataset)
    for extractor in config["extractors"]:
        for cell in table_cells(config, dataset):
            compared, labels = (real[f"{extractor}/test"], extractor, metrics), cell_labels(cell)
            groups, reference = groups_of(config, store, dataset, cell, extractor), reference_cell(config, cell)
            rows += cell_distances(groups, *compared, dataset=dataset, **labels)
            if reference:
                theirs = groups_of(config, store, dataset, reference, extractor)
                rows += cell_gains(groups, theirs, *compared, dataset=dataset, **labels)
    return rows


def groups_of(config, store, dataset, cell, extractor) -> list[list[np.ndarray]]:
    """Features of one cell: of each training run its groups by sampling seed."""
    runs = [load_part(store.samples(run), cell["part"]) for run in cell_checkpoints(config, dataset, cell)]
    return cell_groups(runs, extractor, config["sampling"]["images_per_seed"])


def sweep_rows(config, store, dataset, real) -> list[dict]:
    """Every swept delta, all at the sweep's own number of images; none for a dataset that is not swept."""
    sweep, rows = config.get("sweep"), []
    if not sweep or dataset not in sweep["datasets"]:
        return []
    for training in sweep["trainings"]:
        ids = (dataset, sweep["method"], training, sweep["prompt"])
        checkpoints = [Checkpoint(*ids, str(run)) for run in config["grid"]["training_seeds"]]
        labels = {"dataset": dataset, "method": sweep["method"], "training": training, "prompt": sweep["prompt"]}
        for delta in sweep["deltas"]:
            runs = [load_part(store.samples(checkpoint), identifier(delta)) for checkpoint in checkpoints]
            for extractor in config["extractors"]:
                groups = cell_groups(runs, extractor, sweep["images_per_seed"])
                test = real[f"{extractor}/test"]
                rows += cell_distances(groups, test, extractor, config["metrics"], delta=delta, **labels)
    return rows


if __name__ == "__main__":
    cli.run(main, cli.parser(__doc__, config=str, dataset=str))
