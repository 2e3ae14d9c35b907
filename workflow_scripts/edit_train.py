"""Train one editing method on a dataset's longitudinal pairs, from one base's weights."""

import numpy as np

from ldcore import plugins
from ldcore.datasets.records import load
from ldcore.drift import Drift
from ldcore.edit.requests.pairs import pairs
from ldcore.grid import EditRun, drift_origin, edit_base
from ldcore.methods import load_weights
from ldcore.model.backbone import load_backbone
from ldcore.runtime import cli, code
from ldcore.runtime.device import prepare_cpu
from ldcore.store import opened
from ldcore.training.loop import train, training_run


def main(config, **ids):
    prepare_cpu()
    config, store = opened(config, **ids)
    edit_run = EditRun(**ids)
    base, training = edit_base(config, edit_run), config["trainings"][edit_run.training]
    method = plugins.find("edit method", edit_run.edit_method)
    run = training_run(
        method,
        config["editing"]["tasks"][edit_run.task]["train"],
        training,
        Drift.read(store.drift(drift_origin(config, base, training["drift"]), training["drift"])),
        seed=f"{config['seed']}/{base.run}",
    )
    backbone = load_backbone(config["model"]["path"])
    load_weights(backbone, base.method, store.weights(base))
    records = load(store.data(base.dataset), mmap=True)[0]
    anatomy = config["datasets"][base.dataset]["anatomy"]
    with np.load(store.latents(base.dataset)) as arrays:
        data = method.training_data(backbone, dict(arrays), pairs(records, "train"), records, anatomy)
    train(backbone, run, data, store.edits(edit_run))
    code.record(store.made("edit_train", *edit_run))


if __name__ == "__main__":
    cli.run(main, cli.parser(__doc__, config=str, task=str, edit_method=str, base=str, training=str))
