"""Lambda as the paper's objective chooses it (arXiv 2412.20651): the amount with the least l_o + l_in on the val split.

The paper minimises L = lambda * l_o + l_in. Neither edit method trains on it: lambda is how much of the outcome's term,
and of the drift, there is in the sampling, so it can be chosen among amounts once everything is trained. Both terms are
in 0..1 and weigh the same, as with the paper's lambda of 1. It is chosen on images of the val split, by models that saw
the training split: what selects gets a data set without test rows (Dataset.for_choosing). Test images are edited at
every amount in any case, and what the chosen amount gives there is only reported.
"""

from dataclasses import dataclass

import numpy as np

from ldcore.datasets.records import refuse_test
from ldcore.edit.dataset import Dataset
from ldcore.edit.job import has_outcome, spread
from ldcore.edit.requests.edits import Request, requests
from ldcore.edit.requests.ground_truth import source_images
from ldcore.edit.scoring import outcome
from ldcore.edit.scoring.soundness import mean_absolute
from ldcore.evaluation.rows import row
from ldcore.runtime.errors import UserError
from ldcore.statistics.means import mean_test


@dataclass(frozen=True)
class Sweep:
    """K requests edited at A amounts."""

    requests: list[Request]
    sources: np.ndarray  # gray uint8 [K, H, W]
    changed: np.ndarray  # edited, gray uint8 [A, K, H, W] (changed_image.changed)


def val_requests(edits: dict | None, count: int, dataset: Dataset) -> list[Request]:
    """At most `count` requests of the val split that have an outcome to reach, evenly over the edits.

    edits: as of requests.edits.requests; dataset: without test rows, which the requests' rows are of. An edit of which
    val has no image is passed over with a printed line. UserError: a data set with test rows.
    """
    refuse_test(dataset.records, "lambda")
    found = []
    for name, edit in (edits or {"older": None}).items() if count else ():
        one = {name: {**edit, "images": count}} if edit is not None else None
        try:
            asked = requests(one, count, dataset.records, dataset.seed, "val")
            source_images(asked, dataset)  # an error where one has to be rendered and cannot be
            found += asked
        except UserError as error:
            print(f"Lambda is chosen without the edit {name!r}: {error}")
    found = [request for request in found if has_outcome(request)]
    return [found[row] for row in spread(range(len(found)), count)] if found else []


@dataclass(frozen=True)
class Terms:
    """The terms of the objective of K images at A amounts, all in 0..1."""

    near: np.ndarray  # l_in [A, K]: mean absolute distance to the source, of the full range
    far: np.ndarray  # l_o [A, K]: 1 - p(wanted class), or years from the age asked for, of the ages' span in training
    start: np.ndarray  # l_o [K] of the source itself, whose l_in is 0: lambda 0


def terms(sweep: Sweep, dataset: Dataset) -> Terms:
    """l_in and l_o of a sweep; dataset: without test rows, whose training split teaches the classifier or the ages."""
    images = np.concatenate([sweep.sources, *sweep.changed])
    times, count = len(sweep.changed) + 1, len(sweep.sources)
    if sweep.requests[0].target_row is not None:
        ages = [request.target["age"] for request in sweep.requests]
        seen = dataset.records.loc[dataset.records["split"] == "train", "age"]
        far = outcome.age_distance(dataset, images, ages * times) / float(seen.max() - seen.min())
    else:
        cases = [outcome.is_case(request.target, dataset.classes) for request in sweep.requests]
        far = outcome.class_distance(outcome.case_scores(dataset, images), np.array(cases * times))
    near = np.stack([mean_absolute(edited, sweep.sources) for edited in sweep.changed])
    start, *far = far.reshape(times, count)
    return Terms(near, np.stack(far), start)


def chosen(amounts: list[float], measured: Terms) -> float:
    """The amount with the least mean of l_o + l_in; of equal ones the smallest."""
    means = (measured.near + measured.far).mean(1)
    return min(zip(means.tolist(), amounts))[1]


def selection_rows(val: Sweep, test: Sweep, amounts: list[float], unseen: Dataset, **labels) -> list[dict]:
    """A row for every split, amount and term (l_in, l_o, and their sum, objective); `chosen` is the val split's choice.

    unseen: the data set without test rows. Intervals are of the paired difference to lambda 0, the source itself, over
    subjects.
    """
    of_val, rows = terms(val, unseen), []
    best = chosen(amounts, of_val)
    for split, sweep, measured in (("val", val, of_val), ("test", test, terms(test, unseen))):
        patients = [str(request.source["subject_id"]) for request in sweep.requests]
        for number, amount in enumerate(amounts):
            near, far = measured.near[number], measured.far[number]
            before = measured.start
            values = {"l_in": (near, np.zeros_like(near)), "l_o": (far, before), "objective": (near + far, before)}
            here = {**labels, "split": split, "amount": amount, "chosen": amount == best, "n": len(patients)}
            for metric, (value, before) in values.items():
                rows.append(row(paired(value, before, patients), metric=metric, **here))
    return rows


def paired(values, before, patients: list[str]) -> tuple[float, float, float]:
    """(mean of the values, low, high), all [K]: the interval of the mean difference to `before`, moved onto it.

    nan for low and high where nothing differs, as at lambda 0.
    """
    _, low, high, _ = mean_test(values - before, patients)
    return float(values.mean()), float(before.mean()) + low, float(before.mean()) + high
