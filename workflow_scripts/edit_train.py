"""Train one editing method on a dataset's longitudinal pairs, from one base's weights; writes OUT/weights.safetensors and OUT/log.json."""

import numpy as np

from ldcore import plugins
from ldcore.datasets.records import load
from ldcore.drift.latent_drift import Drift
from ldcore.edit.requests.pairs import pairs
from ldcore.methods import load_weights
from ldcore.model.backbone import load_backbone, prepare_cpu
from ldcore.runtime import cli
from ldcore.runtime.files import read_json
from ldcore.training.loop import train


def main(model, method, options, base, weights, data, latents, anatomy, drift, target, seed, run, out):
    prepare_cpu()
    backbone, drift, chosen = load_backbone(model), read_json(drift), plugins.find("edit method", method)
    load_weights(backbone, base, weights)
    records = load(data, mmap=True)[0]
    with np.load(latents) as arrays:
        prepared = chosen.training_data(backbone, dict(arrays), pairs(records, "train"), records, anatomy)
    train(backbone, chosen, prepared, Drift(drift["value"], drift["kind"]), target, options, f"{seed}/{run}", out)


if __name__ == "__main__":
    cli.run(
        main,
        cli.parser(
            __doc__,
            model=str,
            method=str,
            options=cli.structure,
            base=str,
            weights=str,
            data=str,
            latents=str,
            anatomy=str,
            drift=str,
            target=str,
            seed=int,
            run=int,
            out=str,
        ),
    )
