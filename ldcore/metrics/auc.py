"""Area under the ROC curve, macro-averaged over classes, and its bootstrap interval over patients. Numpy and scipy only."""

import numpy as np

from ldcore.runtime.errors import UserError
from ldcore.runtime.seeds import numpy_rng


def auc(scores, labels) -> float:
    """P(a positive scores above a negative), ties counting half (Hanley and McNeil 1982), averaged one-vs-rest over classes.

    scores: [N, K], column k the score of class k; labels: ints [N] in 0..K-1. Between 0 and 1, chance is 0.5.
    UserError: shapes that do not fit, scores that are not finite, or a class without an image.
    """
    scores, labels = _checked(scores, labels)
    return float(_weighted(_ranked(scores, labels), np.ones(len(labels)))[0])


def patient_bootstrap(scores, labels, patients, keys: tuple = (0,), draws: int = 1000, level: float = 0.95):
    """(auc, low, high): percentile bootstrap in which a patient's images come and go together (Efron and Tibshirani 1993).

    As `auc`; patients [N]: any hashable ids; `keys`: what the draws follow from. Draws that miss a class are left out.
    UserError: as `auc`, not one patient an image, `level` outside (0, 1), or no draw that has every class.
    """
    scores, labels = _checked(scores, labels)
    if len(patients) != len(labels):
        raise UserError(f"The bootstrap got {len(patients)} patients and {len(labels)} images; give one an image.")
    if not 0.0 < level < 1.0:
        raise UserError(f"level is {level}; give a coverage between 0 and 1, e.g. 0.95.")
    _, patient = np.unique(np.asarray(patients), return_inverse=True)
    count, rng = patient.max() + 1, numpy_rng(*keys)
    chosen = rng.multinomial(count, np.full(count, 1 / count), size=draws)
    ranked = _ranked(scores, labels)
    found = [value for times in chosen for value in _weighted(ranked, times[patient])]
    if not found:
        raise UserError(f"None of {draws} bootstrap draws has every class; give more patients or draws.")
    tail = (1 - level) / 2
    low, high = np.quantile(found, [tail, 1 - tail])
    return auc(scores, labels), float(low), float(high)


def _checked(scores, labels):
    scores, labels = np.asarray(scores, np.float64), np.asarray(labels)
    if scores.ndim != 2 or len(scores) != len(labels):
        raise UserError(f"AUC needs scores [N, K] and N labels; these are {scores.shape} and {labels.shape}.")
    if not np.isfinite(scores).all():
        raise UserError("AUC needs finite scores; the classifier returned NaN or infinity.")
    missing = sorted(set(range(scores.shape[1])) - set(labels.tolist()))
    if missing:
        raise UserError(f"AUC needs an image of every class; class {missing[0]} has none.")
    return scores, labels


def _ranked(scores, labels) -> list[tuple]:
    """Per class: the order of the images by score, where each group of ties ends, and who is positive."""
    ranked = []
    for name, column in enumerate(scores.T):
        order = np.argsort(column, kind="stable")
        first = np.flatnonzero(np.r_[True, np.diff(column[order]) > 0])
        ranked.append((order, first, labels[order] == name))
    return ranked


def _weighted(ranked, weights) -> list[float]:
    """[macro AUC] with integer weights [N] an image; empty where a class has no positive or no negative weight."""
    values = []
    for order, first, positive in ranked:
        up = np.add.reduceat(weights[order] * positive, first)
        down = np.add.reduceat(weights[order] * ~positive, first)
        if not up.sum() or not down.sum():
            return []
        below = np.cumsum(down) - down
        values.append((up * (below + down / 2)).sum() / (up.sum() * down.sum()))
    return [float(np.mean(values))]
