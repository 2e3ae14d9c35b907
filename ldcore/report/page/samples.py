"""Every picture of a cell: the samples behind tables 1 and 3, as sheets."""

import numpy as np
import pandas as pd

from ldcore.grid import cell_checkpoints, table_cells
from ldcore.plan import reporting
from ldcore.report.cells import real_test_images
from ldcore.report.drawing import evenly
from ldcore.report.markup import method_title
from ldcore.report.page.pictures import MOST, sheet


def cells(results) -> list[tuple]:
    """(key, title, data set, checkpoint, part) of every cell that was sampled, of its first training run."""
    if "samples" not in reporting.all_needs(results.config):
        return []
    return [
        (
            (dataset, method_title(cell["method"]), cell["label"], cell["prompt"]),
            f"{method_title(cell['method'])}, {cell['label']}, {cell['prompt']}",
            dataset,
            cell_checkpoints(results.config, dataset, cell)[0],
            cell["part"],
        )
        for dataset in results.config["grid"]["datasets"]
        for cell in table_cells(results.config, dataset)
    ]


def cell_keys(results) -> dict[tuple, int]:
    """(data set, method, label, prompt), as tables call them -> the cell's place among `cells`."""
    return {key: place for place, (key, *_) in enumerate(cells(results))}


def most(results) -> int:
    """How many pictures the cell with most of them has."""
    return min(MOST, max((len(results.samples(run, part)["seeds"]) for *_, run, part in cells(results)), default=0))


def section(results, count: int) -> dict | None:
    """At most `count` pictures of every cell, of every seed as many, and of each data set as many real ones."""
    found = []
    for _, title, dataset, checkpoint, part in cells(results):
        arrays = results.samples(checkpoint, part)
        rows = np.argsort(rank_within(arrays["seeds"]), kind="stable")[:count]
        found.append(shown(title, dataset, arrays["images"], np.sort(rows)))
    compared = (
        dict.fromkeys(cell["dataset"] for cell in found) if "scores" in reporting.all_needs(results.config) else ()
    )
    real = {dataset: real_test_images(results, dataset) for dataset in compared}
    return {
        "cells": found,
        "real": [
            shown("Real images of the test split", name, images, evenly(len(images), count))
            for name, images in real.items()
        ],
    }


def shown(title: str, dataset: str, images: np.ndarray, rows: np.ndarray) -> dict:
    """Some images of a cell, and of how many they are."""
    return {"title": title, "dataset": dataset, "of": len(images), "sheet": sheet(images[rows])}


def rank_within(labels: np.ndarray) -> np.ndarray:
    """The place of each among those with the same label, from 0."""
    return pd.Series(labels).groupby(labels).cumcount().to_numpy()
