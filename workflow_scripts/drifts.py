"""Write every drift of a dataset, its value filled in: fixed by the config or estimated from the training latents."""

from pathlib import Path

import numpy as np

from ldcore.drift.resolve import resolve
from ldcore.grid import all_drifts
from ldcore.runtime import cli
from ldcore.runtime.files import read_json, write_json
from ldcore.store import opened


def main(config, dataset):
    config, store = opened(config, dataset=dataset)
    mean = np.load(store.latents(dataset))["mean"]
    schedule = read_json(Path(config["model"]["path"], "scheduler", "scheduler_config.json"))
    for name, entry in all_drifts(config).items():
        write_json(store.drift(dataset, name), resolve(entry, mean, schedule))


if __name__ == "__main__":
    cli.run(main, cli.parser(__doc__, config=str, dataset=str))
