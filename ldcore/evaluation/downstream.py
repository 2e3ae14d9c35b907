"""AUC of classifiers that never saw a real patient, or half of them: trained on a cell's images, tested on the real test set."""

import numpy as np

from ldcore.evaluation.classifiers import fit_predict
from ldcore.evaluation.cohort import balanced_rows, labels
from ldcore.metrics.auc import weighted_auc
from ldcore.runtime.pixels import gray
from ldcore.sampling.job import load_part
from ldcore.statistics.bootstrap import patient_bootstrap


def stacks(records, images, classes: list[str], test_images: int, count: int, seed: int) -> dict:
    """The real test set and as many real training images as a cell has: images, labels [N] int, and the test patients."""
    named, pick = labels(records), records["image_index"].to_numpy()
    number = {name: index for index, name in enumerate(classes)}
    rows = {
        "test": balanced_rows(records, "test", classes, test_images, seed),
        "train": balanced_rows(records, "train", classes, count, seed),
    }
    made = {f"{key}_images": images[pick[at]] for key, at in rows.items()}
    made |= {f"{key}_labels": np.array([number[named[row]] for row in at]) for key, at in rows.items()}
    return {**made, "patients": records["subject_id"].to_numpy()[rows["test"]], "named": named, "number": number}


def half_and_half(first: tuple, second: tuple) -> tuple:
    """(images, labels) of the same total size: of each class the first half from `first`, the other half from `second`."""
    kept = []
    for part, (images, targets) in enumerate((first, second)):
        rows = [np.flatnonzero(targets == name) for name in np.unique(targets)]
        rows = np.concatenate([r[: (len(r) + 1) // 2] if part == 0 else r[: len(r) // 2] for r in rows])
        kept.append((images[rows], targets[rows]))
    return tuple(np.concatenate(pair) for pair in zip(*kept))


def auc_row(train: tuple, real: dict, classifier: dict, keys: tuple, **row) -> dict:
    """One row: AUC on the real test set of a classifier trained on train = (images, labels), interval over patients."""
    scores = fit_predict(classifier["name"], *train, real["test_images"], keys, classifier["options"])
    statistic = weighted_auc(scores, real["test_labels"])
    value, low, high = patient_bootstrap(statistic, real["patients"], keys=(*keys, "bootstrap"))
    return {
        **row,
        "extractor": classifier["name"],
        "n": len(train[0]),
        "seeds": 1,
        "value": value,
        "low": low,
        "high": high,
    }


def downstream_rows(dataset: str, config: dict, real: dict, folder_of, cells: list[dict], seed: int) -> list[dict]:
    """auc and auc_real_plus_synthetic of every cell (method, training, prompt, label, drift), and auc of real images alone.

    With several training runs the first one's images count.
    """
    classifier, run = config["datasets"][dataset]["classifier"], str(config["grid"]["training_seeds"][0])
    keys, true = (seed, "auc", dataset), (real["train_images"], real["train_labels"])
    rows = [
        auc_row(
            true,
            real,
            classifier,
            keys,
            dataset=dataset,
            method="real",
            metric="auc",
            training="",
            drift="none",
            sampling_drift="none",
            prompt="",
        )
    ]
    for cell in cells:
        part = load_part(folder_of(cell["method"], cell["training"], cell["prompt"], run), cell["drift"])
        kept = keep_first(part["seeds"], config["sampling"]["images_per_seed"])
        made = (
            gray(part["images"][kept]),
            np.array([real["number"][real["named"][row]] for row in part["rows"][kept]]),
        )
        row = {
            "dataset": dataset,
            "method": cell["method"],
            "training": cell["training"],
            "drift": cell["label"],
            "sampling_drift": cell["drift"],
            "prompt": cell["prompt"],
        }
        rows.append(auc_row(made, real, classifier, keys, metric="auc", **row))
        rows.append(auc_row(half_and_half(true, made), real, classifier, keys, metric="auc_real_plus_synthetic", **row))
    return rows


def keep_first(seeds: np.ndarray, count: int) -> np.ndarray:
    """Positions of the first `count` images of every sampling seed."""
    return np.concatenate([np.flatnonzero(seeds == seed)[:count] for seed in np.unique(seeds)])
