"""Distances of every cell of one dataset to its real test images: OUT, a list of rows for the tables and the sweep."""

from pathlib import Path

import numpy as np

from ldcore.evaluation.distances import score_dataset, score_sweep
from ldcore.runtime import cli
from ldcore.runtime.files import write_json


def main(dataset, config, reference, samples, out):
    with np.load(reference) as arrays:
        real = {key: arrays[key] for key in arrays.files}

    def folder_of(*checkpoint):
        return Path(samples, dataset, *checkpoint)

    arguments = (dataset, config, real, folder_of)
    write_json(out, {"cells": score_dataset(*arguments), "sweep": score_sweep(*arguments)})


if __name__ == "__main__":
    cli.run(main, cli.parser(__doc__, dataset=str, config=cli.structure, reference=str, samples=str, out=str))
