"""Encode a dataset's training images once: latent mean and std, and the row of each in the records table."""

import numpy as np

from ldcore import cli
from ldcore.backbone import load_backbone, prepare_cpu
from ldcore.datasets.records import load
from ldcore.files import atomic
from ldcore.latents import encode


def main(model, data, out):
    prepare_cpu()
    records, images = load(data, mmap=True)
    rows = np.flatnonzero(records["split"] == "train")
    mean, std = encode(load_backbone(model, ["vae"]), images, rows=records["image_index"].to_numpy()[rows])
    with atomic(out) as temporary, open(temporary, "wb") as file:
        np.savez(file, mean=mean, std=std, rows=rows)


if __name__ == "__main__":
    cli.run(main, cli.parser(__doc__, model=str, data=str, out=str))
