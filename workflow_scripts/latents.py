"""Encode a dataset's training images once: latent mean and std, and the row of each in the records table."""

import numpy as np

from ldcore.datasets.records import load
from ldcore.model.autoencoding import encode
from ldcore.model.backbone import load_backbone, prepare_cpu
from ldcore.runtime import cli
from ldcore.runtime.files import atomic


def main(model, data, out):
    prepare_cpu()
    records, images = load(data, mmap=True)
    rows = np.flatnonzero(records["split"] == "train")
    mean, std = encode(load_backbone(model, ["vae"]), images, rows=records["image_index"].to_numpy()[rows])
    with atomic(out) as temporary, open(temporary, "wb") as file:
        np.savez(file, mean=mean, std=std, rows=rows)


if __name__ == "__main__":
    cli.run(main, cli.parser(__doc__, model=str, data=str, out=str))
