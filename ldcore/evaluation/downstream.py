"""What synthetic images teach: AUC on real patients of classifiers that saw none of them, or half as many."""

from dataclasses import dataclass

import numpy as np

from ldcore.evaluation.classifiers import fit_predict
from ldcore.evaluation.real_images import balanced_rows, labels
from ldcore.evaluation.rows import row
from ldcore.metrics.auc import weighted_auc
from ldcore.runtime.pixels import gray
from ldcore.statistics.bootstrap import patient_bootstrap


@dataclass(frozen=True)
class RealImages:
    """The real test set, and as many real training images as a cell has."""

    test_images: np.ndarray  # uint8 [N, H, W]
    test_classes: np.ndarray  # ints [N]
    patients: np.ndarray  # of the test images [N]
    train_images: np.ndarray  # uint8 [M, H, W]
    train_classes: np.ndarray  # ints [M]

    @property
    def training(self) -> tuple[np.ndarray, np.ndarray]:
        """(images, classes) to train on."""
        return self.train_images, self.train_classes


def class_numbers(records, classes: list[str]) -> np.ndarray:
    """The place in `classes` of each record's label, ints [N]; -1 where it is none of them."""
    number = {name: place for place, name in enumerate(classes)}
    return np.array([number.get(name, -1) for name in labels(records)])


def real_images(records, images, classes: list[str], test_images: int, count: int, seed: int) -> RealImages:
    """`test_images` of the test split and `count` of the training split, balanced over the classes.

    UserError: a class without an image.
    """
    numbers, index = class_numbers(records, classes), records["image_index"].to_numpy()
    test = balanced_rows(records, "test", classes, test_images, seed)
    train = balanced_rows(records, "train", classes, count, seed)
    patients = records["subject_id"].to_numpy()[test]
    return RealImages(images[index[test]], numbers[test], patients, images[index[train]], numbers[train])


def synthetic_images(arrays: dict, numbers: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """(gray images, classes) of a cell, the first `count` of each seed.

    arrays: of one drift (runtime.arrays.load_part); numbers: class_numbers of all records.
    """
    first = keep_first(arrays["seeds"], count)
    return gray(arrays["images"][first]), numbers[arrays["rows"][first]]


def keep_first(seeds: np.ndarray, count: int) -> np.ndarray:
    """Positions of the first `count` images of every sampling seed."""
    return np.concatenate([np.flatnonzero(seeds == seed)[:count] for seed in np.unique(seeds)])


def half_and_half(first: tuple, second: tuple) -> tuple[np.ndarray, np.ndarray]:
    """(images, classes) of the same total size: of each class the first half from `first`, the rest from `second`."""
    halves = []
    for number, (images, classes) in enumerate((first, second)):
        rows = [np.flatnonzero(classes == name) for name in np.unique(classes)]
        rows = [of_class[: (len(of_class) + 1 - number) // 2] for of_class in rows]  # the odd one from the first
        rows = np.concatenate(rows)
        halves.append((images[rows], classes[rows]))
    return tuple(np.concatenate(both) for both in zip(*halves))


def auc_row(taught: tuple, real: RealImages, classifier: dict, keys: tuple, **labels) -> dict:
    """AUC on the real test set of a classifier trained on (images, classes), with its interval over patients.

    classifier: its name and options; keys: what everything random follows from; labels: of the row.
    """
    scores = fit_predict(classifier["name"], *taught, real.test_images, keys, classifier["options"])
    interval = patient_bootstrap(weighted_auc(scores, real.test_classes), real.patients, keys=(*keys, "bootstrap"))
    return row(interval, n=len(taught[0]), extractor=classifier["name"], **labels)


def cell_rows(synthetic: tuple, real: RealImages, classifier: dict, keys: tuple, **labels) -> list[dict]:
    """Rows `auc`, of a cell's images alone, and `auc_real_plus_synthetic`, half of them replaced by real ones."""
    mixed = half_and_half(real.training, synthetic)
    return [
        auc_row(synthetic, real, classifier, keys, metric="auc", **labels),
        auc_row(mixed, real, classifier, keys, metric="auc_real_plus_synthetic", **labels),
    ]
