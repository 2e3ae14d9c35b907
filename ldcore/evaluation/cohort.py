"""Who is measured: the real test set, its floors, and which record each synthetic image speaks for."""

import numpy as np
import pandas as pd

from ldcore.prompts import label
from ldcore.runtime.errors import UserError
from ldcore.runtime.seeds import numpy_rng


def labels(records: pd.DataFrame) -> np.ndarray:
    """What each image is a case of (prompts.label), '' where nothing is known, [N] text."""
    return np.array([label(row) or "" for row in records.to_dict("records")])


def balanced_rows(records: pd.DataFrame, split: str, classes: list[str], count: int, *keys) -> np.ndarray:
    """Row positions of `count` records of a split, equally many of each label, drawn without replacement by `keys`.

    Fewer where a class has fewer (then all classes get that many). UserError if a class is absent.
    """
    groups = []
    for name in classes:
        rows = np.flatnonzero((records["split"] == split) & (labels(records) == name))
        if not len(rows):
            raise UserError(f"The {split} split has no image labelled {name!r}; change `classes` or the data.")
        groups.append(numpy_rng("rows", split, name, *keys).permutation(rows))
    each = min([count // len(classes), *map(len, groups)])
    return np.stack([group[:each] for group in groups], 1).reshape(-1)


def sampled_rows(test_rows: np.ndarray, seeds: list[int], per_seed: int, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """(record row, sampling seed) of every synthetic image: each seed walks through the interleaved test rows from its own
    start, so a cell with fewer images a seed holds the first of a larger one. `classes`: how many the rows interleave."""
    starts = np.arange(len(seeds)) * (len(test_rows) // len(seeds) // classes * classes)
    numbers = (starts[:, None] + np.arange(per_seed)).reshape(-1)
    return test_rows[numbers % len(test_rows)], np.repeat(seeds, per_seed)


def real_features(backbone, records, images, classes, count: int, extractors: dict, seed: int) -> dict:
    """Arrays for the floors: test rows, and features of test images, of as many training images, and of their reconstruction."""
    import torch

    from ldcore.features import extract
    from ldcore.model.autoencoding import decode, encode

    test = balanced_rows(records, "test", classes, count, seed)
    train = balanced_rows(records, "train", classes, len(test), seed)
    pick = records["image_index"].to_numpy()
    pictures = {"test": images[pick[test]], "train": images[pick[train]]}
    pictures["reconstruction"] = decode(backbone, torch.from_numpy(encode(backbone, pictures["train"])[0]))
    out = {"test_rows": test, "train_rows": train, "reconstruction": pictures["reconstruction"]}
    for extractor, options in extractors.items():
        for name, stack in pictures.items():
            out[f"{extractor}/{name}"] = extract(extractor, stack, progress=True, **options)
    return out
