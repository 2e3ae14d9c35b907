"""Area under the ROC curve, macro-averaged over classes.

How much better a cell is than the reference cell, paired over patients: `weighted_auc` of both cells' scores of the
same test images goes to statistics.bootstrap.paired_bootstrap, whose docstring has the lines; its rows are called GAIN.
"""

import numpy as np

from ldcore.runtime.errors import UserError

TITLE = "AUC"
COMPARES = "scores"
BETTER = "higher"
GAIN = "auc_gain"


def auc(scores, labels) -> float:
    """P(a positive scores above a negative), ties counting half, averaged one-vs-rest over classes.

    Hanley and McNeil 1982. Between 0 and 1, chance is 0.5. scores: [N, K], column k the score of class k; labels: ints
    [N] in 0..K-1. UserError: shapes that do not fit, scores that are not finite, or a class without an image.
    """
    return weighted_auc(scores, labels)(np.ones(len(labels)))


value = auc  # what every metric of scores calls it


def weighted_auc(scores, labels):
    """`auc` as a function of how often each image counts, for a bootstrap: [N] -> float.

    None where a class has no positive or no negative left. UserError: as `auc`; not one weight an image.
    """
    scores, labels = _checked(scores, labels)
    ranked = _ranked(scores, labels)

    def of_weights(weights):
        if len(weights) != len(labels):
            raise UserError(f"AUC got {len(weights)} weights and {len(labels)} images; give one an image.")
        values = []
        for order, first, positive in ranked:
            up = np.add.reduceat(weights[order] * positive, first)
            down = np.add.reduceat(weights[order] * ~positive, first)
            if not up.sum() or not down.sum():
                return None
            below = np.cumsum(down) - down
            values.append((up * (below + down / 2)).sum() / (up.sum() * down.sum()))
        return float(np.mean(values))

    return of_weights


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
    """Per class: the order of the images by score; in that order, where ties begin and who is positive."""
    ranked = []
    for name, column in enumerate(scores.T):
        order = np.argsort(column, kind="stable")
        first = np.flatnonzero(np.r_[True, np.diff(column[order]) > 0])
        ranked.append((order, first, labels[order] == name))
    return ranked
