"""A data set's training images, encoded once: what training draws its latents from."""

import numpy as np

from ldcore.datasets.records import rows_of
from ldcore.model.autoencoding import encode
from ldcore.runtime.files import atomic


def write(backbone, records, images, path) -> None:
    """Write an npz file: mean, std of the train split's latents [N, 4, h, w] and rows [N], the record of each.

    records, images: of ldcore.datasets.records.load. UserError: there is no training image.
    """
    rows = rows_of(records, ("train",))
    mean, std = encode(backbone, images, rows=records["image_index"].to_numpy()[rows])
    with atomic(path) as temporary, open(temporary, "wb") as file:
        np.savez(file, mean=mean, std=std, rows=rows)
