"""Encode a dataset's training images once: latent mean and std, and the row of each in the records table."""

import numpy as np

from ldcore.datasets.records import load, rows_of
from ldcore.model.autoencoding import encode
from ldcore.model.backbone import load_backbone
from ldcore.runtime import cli, code
from ldcore.runtime.device import prepare_cpu
from ldcore.runtime.files import atomic
from ldcore.store import opened


def main(config, dataset):
    prepare_cpu()
    config, store = opened(config, dataset=dataset)
    records, images = load(store.data(dataset), mmap=True)
    rows = rows_of(records, ("train",))
    backbone = load_backbone(config["model"]["path"], ["vae"])
    mean, std = encode(backbone, images, rows=records["image_index"].to_numpy()[rows])
    with atomic(store.latents(dataset)) as temporary, open(temporary, "wb") as file:
        np.savez(file, mean=mean, std=std, rows=rows)
    code.record(store.made("latents", dataset))


if __name__ == "__main__":
    cli.run(main, cli.parser(__doc__, config=str, dataset=str))
