"""Write one drift of a dataset, its value filled in: fixed by the config or estimated from the training latents."""

from pathlib import Path

from ldcore.drift.resolve import resolve
from ldcore.grid import all_drifts, drift_needs, drift_scheduler
from ldcore.runtime import cli, code
from ldcore.runtime.files import read_json, write_json
from ldcore.store import opened


def main(config, dataset, drift):
    config, store = opened(config, dataset=dataset, drift=drift)
    entry = all_drifts(config)[drift]
    material = {}
    if drift_needs(config, drift):
        material = of_training(config, store, dataset)
        material["schedule"] |= drift_scheduler(config, drift)
    write_json(store.drift(dataset, drift), resolve(entry, **material))
    code.record(store.made("drift", dataset, drift))


def of_training(config, store, dataset) -> dict:
    """The training images' latents and labels, and the noise schedule of sampling."""
    import numpy as np

    from ldcore.datasets.records import load
    from ldcore.evaluation.real_images import labels

    with np.load(store.latents(dataset)) as arrays:
        mean, rows = arrays["mean"], arrays["rows"]
    schedule = read_json(Path(config["model"]["path"], "scheduler", "scheduler_config.json"))
    return {
        "latents": mean,
        "labels": labels(load(store.data(dataset), mmap=True)[0].iloc[rows]),
        "schedule": {**schedule, "num_inference_steps": config["sampling"]["steps"]},
    }


if __name__ == "__main__":
    cli.run(main, cli.parser(__doc__, config=str, dataset=str, drift=str))
