"""What synthetic images teach: AUC on real patients of classifiers trained on them, on real ones, and on both.

Like with like: whatever is compared was learnt from as many images, but for what is named `all_real`, the whole
training split's images of the classes, which is what the generator itself saw. Every gain is paired over the patients.
"""

import hashlib
from dataclasses import dataclass

import numpy as np

from ldcore.evaluation.classifiers import fit_predict
from ldcore.evaluation.real_images import balanced_rows, labels
from ldcore.evaluation.rows import row
from ldcore.metrics.auc import weighted_auc
from ldcore.runtime.pixels import gray
from ldcore.statistics.bootstrap import paired_bootstrap, patient_bootstrap, run_and_patient_interval


@dataclass(frozen=True)
class RealImages:
    """The real test set, and the real images to learn from, each (uint8 [M, H, W], classes [M])."""

    test_images: np.ndarray  # uint8 [N, H, W]
    test_classes: np.ndarray  # ints [N]
    patients: np.ndarray  # of the test images [N]
    training: tuple[np.ndarray, np.ndarray]  # as many as a cell has, balanced, or fewer where a class has fewer
    all_training: tuple[np.ndarray, np.ndarray]  # all of the training split that are of a class


def class_numbers(records, classes: list[str]) -> np.ndarray:
    """The place in `classes` of each record's label, ints [N]; -1 where it is none of them."""
    number = {name: place for place, name in enumerate(classes)}
    return np.array([number.get(name, -1) for name in labels(records)])


def real_images(records, images, classes: list[str], test_images: int, count: int, seed: int) -> RealImages:
    """`test_images` of the test split and `count` of the training split, balanced over the classes; and all of it.

    UserError: a class without an image.
    """
    numbers, index = class_numbers(records, classes), records["image_index"].to_numpy()
    test = balanced_rows(records, "test", classes, test_images, seed)
    few = balanced_rows(records, "train", classes, count, seed)
    every = np.flatnonzero((records["split"] == "train").to_numpy() & (numbers >= 0))
    patients = records["subject_id"].to_numpy()[test]
    training, all_training = ((images[index[rows]], numbers[rows]) for rows in (few, every))
    return RealImages(images[index[test]], numbers[test], patients, training, all_training)


def synthetic_images(arrays: dict, numbers: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """(gray images, classes) of a cell, the first `count` of each seed.

    arrays: of one drift (runtime.arrays.load_part); numbers: class_numbers of all records.
    """
    first = keep_first(arrays["seeds"], count)
    return gray(arrays["images"][first]), numbers[arrays["rows"][first]]


def keep_first(seeds: np.ndarray, count: int) -> np.ndarray:
    """Positions of the first `count` images of every sampling seed."""
    return np.concatenate([np.flatnonzero(seeds == seed)[:count] for seed in np.unique(seeds)])


def first_of_each(taught: tuple, counts: dict) -> tuple[np.ndarray, np.ndarray]:
    """(images, classes) with the first `counts[class]` images of every class, in the order that they have."""
    images, classes = taught
    rows = np.concatenate([np.flatnonzero(classes == name)[:count] for name, count in counts.items()])
    rows.sort()  # all of them are the set itself, and no other training set
    return images[rows], classes[rows]


def common_counts(first: tuple, second: tuple) -> dict:
    """Class -> how many images both of two sets (images, classes) have of it."""
    return {name: int(min((first[1] == name).sum(), (second[1] == name).sum())) for name in np.unique(first[1])}


def half_and_half(first: tuple, second: tuple) -> tuple[np.ndarray, np.ndarray]:
    """(images, classes): of each class the first half from `first`, the rest from `second`, the odd one from the first.

    Of each class as many in all as both have (common_counts): of sets as large as each other, the same total.
    """
    counts = common_counts(first, second)
    return together(
        first_of_each(first, {name: (count + 1) // 2 for name, count in counts.items()}),
        first_of_each(second, {name: count // 2 for name, count in counts.items()}),
    )


def together(*sets: tuple) -> tuple[np.ndarray, np.ndarray]:
    """(images, classes) of several sets, one after the other."""
    return tuple(np.concatenate(both) for both in zip(*sets))


def examiner(real: RealImages, classifier: dict, keys: tuple):
    """A function: (images, classes) to learn from -> AUC on the real test set, as a function of the images' weights.

    A classifier is trained once for each distinct training set, and its AUC computed once for each draw of patients.
    classifier: its name and options; keys: what everything random follows from.
    """
    known = {}

    def auc_of(taught: tuple):
        images, classes = taught
        key = hashlib.sha256(np.ascontiguousarray(images)).digest(), classes.tobytes(), images.shape
        if key not in known:
            scores = fit_predict(classifier["name"], *taught, real.test_images, keys, classifier["options"])
            known[key] = remembered(weighted_auc(scores, real.test_classes))
        return known[key]

    return auc_of


def remembered(statistic):
    """The function, computed once for each weighting: a value and what it gains come from the same draws."""
    known = {}

    def of_weights(weights):
        key = np.asarray(weights, float).tobytes()
        if key not in known:
            known[key] = statistic(weights)
        return known[key]

    return of_weights


def auc_rows(named: dict, real: RealImages, keys: tuple, **labels) -> list[dict]:
    """A row a metric, with its 95 % interval over patients, the same draws for all of them, and over training runs.

    named: metric -> (AUC of each training run as a function of the images' weights; those that they are compared with,
    one or as many, or None; images learnt from). Compared, the value is the difference, paired over patients and runs,
    with the p-value of its being 0. Of one run the interval says nothing of how another would differ.
    """
    rows, keys = [], (*keys, "bootstrap")
    for metric, (runs, others, count) in named.items():
        if len(runs) == 1:
            if others is None:
                interval = patient_bootstrap(runs[0], real.patients, keys=keys)
            else:
                interval = paired_bootstrap((runs[0], others[0]), real.patients, keys=keys)
        elif others is None:
            value, *edges, _ = run_and_patient_interval(runs, real.patients, keys=keys)
            interval = (value, *np.clip(edges, 0.0, 1.0).tolist())
        else:
            pairs = zip(runs, others * len(runs) if len(others) == 1 else others)
            gains = [difference_of(*pair) for pair in pairs]
            interval = run_and_patient_interval(gains, real.patients, keys=keys)
        rows.append(row(interval, n=count, seeds=len(runs), metric=metric, **labels))
    return rows


def difference_of(first, second):
    """The difference of two functions of the images' weights, None where one of them has no value."""

    def difference(weights):
        pair = first(weights), second(weights)
        return None if None in pair else pair[0] - pair[1]

    return difference


def real_rows(real: RealImages, auc_of, keys: tuple, **labels) -> list[dict]:
    """Rows `auc`, of as many real images as a cell has, and `auc_all_real`, of the whole training split's.

    auc_of: of `examiner`.
    """
    taught = {"auc": real.training, "auc_all_real": real.all_training}
    return auc_rows({name: ([auc_of(each)], None, len(each[0])) for name, each in taught.items()}, real, keys, **labels)


def cell_rows(runs: list[tuple], reference: list[tuple] | None, real: RealImages, auc_of, keys: tuple, **labels):
    """Rows of a cell, each the mean over its training runs, whose images are never pooled.

    auc: learnt from a run's images alone; auc_real_plus_synthetic: half of them replaced by real ones;
    auc_all_real_plus_synthetic: all real training images and the run's. Each with its `_gain`: over the reference cell
    (none without one), over real images alone at the same total, and over all real images.
    runs, reference: (images, classes) of every training run (synthetic_images); auc_of: of `examiner`.
    """
    # 1. What is learnt from, a training set a run.
    mixed = [half_and_half(real.training, run) for run in runs]
    alone = [first_of_each(real.training, common_counts(real.training, run)) for run in runs]
    every = [together(real.all_training, run) for run in runs]

    # 2. AUC of each, and what it is compared with.
    def taught_by(sets):
        return [auc_of(each) for each in sets]

    named = {"auc": (taught_by(runs), None, len(runs[0][0]))}
    if reference:
        named["auc_gain"] = (taught_by(runs), taught_by(reference), len(runs[0][0]))
    for name, sets, others in (
        ("auc_real_plus_synthetic", mixed, alone),
        ("auc_all_real_plus_synthetic", every, [real.all_training]),
    ):
        named[name] = (taught_by(sets), None, len(sets[0][0]))
        named[f"{name}_gain"] = (taught_by(sets), taught_by(others), len(sets[0][0]))
    return auc_rows(named, real, keys, **labels)
