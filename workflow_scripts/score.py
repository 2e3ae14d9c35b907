"""Distances of every cell of one dataset to its real test images: rows for the tables and for the sweep."""

import numpy as np

from ldcore.evaluation.distances import score_dataset, score_sweep
from ldcore.grid import Checkpoint
from ldcore.runtime import cli
from ldcore.runtime.files import write_json
from ldcore.store import opened


def main(config, dataset):
    config, store = opened(config)
    with np.load(store.reference(dataset)) as arrays:
        real = {key: arrays[key] for key in arrays.files}

    def folder_of(*ids):
        return store.samples(Checkpoint(dataset, *ids))

    arguments = (dataset, config, real, folder_of)
    write_json(store.scores(dataset), {"cells": score_dataset(*arguments), "sweep": score_sweep(*arguments)})


if __name__ == "__main__":
    cli.run(main, cli.parser(__doc__, config=str, dataset=str))
