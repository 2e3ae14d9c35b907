"""Who is measured: the real test set, its floors, and the record that each synthetic image is of."""

import numpy as np
import pandas as pd

from ldcore.prompts import label
from ldcore.runtime.errors import UserError
from ldcore.runtime.seeds import numpy_rng


def labels(records: pd.DataFrame) -> np.ndarray:
    """What each image is a case of (prompts.label), '' where nothing is known, [N] text."""
    return np.array([label(row) or "" for row in records.to_dict("records")])


def check_classes(records: pd.DataFrame, classes) -> None:
    """UserError where a class has no subject to learn from, or none to test on: every run needs both."""
    for name in classes:
        of_class = records[labels(records) == name]
        found = of_class.groupby("split")["subject_id"].nunique().to_dict()
        if not {"train", "test"} <= set(found):
            has = ", ".join(f"{count} in {split}" for split, count in found.items()) or "none in any split"
            known = ", ".join(sorted(set(labels(records))))
            raise UserError(
                f"Class {name!r} has too few subjects ({has}), and needs one in train and one in test; take it out of "
                f"`classes`, or give it more subjects or a split (labels found: {known})."
            )


def say_fewer(place: str, asked: int, found: int, what: str) -> None:
    """Print a warning where the data have fewer than a place in the config asks for: numbers are then of those."""
    if found < asked:
        print(f"warning: {place}: {asked} asked for, and there are {found} {what}; results are of these.", flush=True)


def balanced_rows(records: pd.DataFrame, split: str, classes: list[str], count: int, *keys) -> np.ndarray:
    """Row positions of `count` records of a split, equally many of each label, drawn without replacement by `keys`.

    split: its name, or train_val for two. Fewer where a class has fewer (then all classes get that many). UserError: a
    class is absent.
    """
    groups = []
    for name in classes:
        rows = np.flatnonzero(records["split"].isin(split.split("_")) & (labels(records) == name))
        if not len(rows):
            raise UserError(f"The {split} split has no image labelled {name!r}; change `classes` or the data.")
        groups.append(numpy_rng("rows", split, name, *keys).permutation(rows))
    per_class = min([count // len(classes), *map(len, groups)])
    return np.stack([group[:per_class] for group in groups], 1).reshape(-1)


def balanced_draw(groups, count: int, *keys) -> np.ndarray:
    """At most `count` positions out of groups, as evenly over them as they allow, drawn without replacement by `keys`.

    groups: positions [N], or a list of such or of lists, which take turns at every level (classes, and in each the
    sites). A group that runs out is made up for by the others, so that the first few of the draw are as even as all.
    """
    return drawn_order(groups, *keys)[:count]


def drawn_order(groups, *keys) -> np.ndarray:
    """All positions of `balanced_draw`, in the order in which it takes them."""
    if isinstance(groups, np.ndarray):
        return numpy_rng("balanced", *keys).permutation(groups)
    drawn = [drawn_order(group, *keys, number) for number, group in enumerate(groups)] or [np.empty(0, int)]
    turns = np.concatenate([np.arange(len(group)) for group in drawn])
    return np.concatenate(drawn)[np.argsort(turns, kind="stable")].astype(int)


def source_of(records: pd.DataFrame) -> np.ndarray:
    """Where each image comes from, [N] text: the download it is of, else its site, else the same for all."""
    for column in ("adapter", "site"):
        if column in records:
            return records[column].fillna("").astype(str).to_numpy()
    return np.full(len(records), "")


def sampled_rows(test_rows: np.ndarray, seeds: list[int], per_seed: int, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """(record row, sampling seed) of every synthetic image, [N] each.

    Each seed goes through the test rows in order, from a start of its own. So the images of a cell with few images a
    seed are the first of those of a cell with many. classes: how many classes the test rows interleave.
    """
    starts = np.arange(len(seeds)) * (len(test_rows) // len(seeds) // classes * classes)
    numbers = (starts[:, None] + np.arange(per_seed)).reshape(-1)
    return test_rows[numbers % len(test_rows)], np.repeat(seeds, per_seed)


def real_features(backbone, test, train, extractors: dict) -> dict[str, np.ndarray]:
    """Features of real test images, of training images, and of these after the autoencoder, by EXTRACTOR/NAME.

    test, train: uint8 [N, H, W]; extractors: name -> options. Also the images themselves, `reconstruction`
    uint8 [N, H, W, 3].
    """
    import torch

    from ldcore.features import extract
    from ldcore.model.autoencoding import decode, encode

    reconstruction = decode(backbone, torch.from_numpy(encode(backbone, train)[0]))
    arrays = {"reconstruction": reconstruction}
    for extractor, options in extractors.items():
        for name, images in (("test", test), ("train", train), ("reconstruction", reconstruction)):
            arrays[f"{extractor}/{name}"] = extract(extractor, images, progress=True, **options)
    return arrays
