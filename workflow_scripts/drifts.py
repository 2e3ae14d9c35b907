"""Write every drift as OUT/NAME.json, its value filled in: fixed by the config or estimated from the training latents."""

from pathlib import Path

import numpy as np

from ldcore.drift.estimate import resolve
from ldcore.runtime import cli
from ldcore.runtime.files import read_json, write_json


def main(model, latents, drifts, out):
    mean, schedule = np.load(latents)["mean"], read_json(Path(model) / "scheduler" / "scheduler_config.json")
    for name, entry in drifts.items():
        write_json(Path(out) / f"{name}.json", resolve(entry, mean, schedule))


if __name__ == "__main__":
    cli.run(main, cli.parser(__doc__, model=str, latents=str, drifts=cli.structure, out=str))
