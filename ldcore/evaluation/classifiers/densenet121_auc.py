"""DenseNet-121 trained for AUC, as the paper's chest classifier (LibAUC)."""

import numpy as np
import torch

from ldcore.evaluation.classifiers._deep import train_and_score

TITLE = "DenseNet-121 trained for AUC"
EXTENDS = ("ldcore.evaluation.classifiers._deep",)
OPTIONS = {
    "margin": {
        "type": "number",
        "minimum": 0,
        "default": 1.0,
        "description": "how far apart the mean scores of both sides are to be, in 0..1",
    },
}


def fit_predict(train_images, train_labels, test_images, keys, options):
    """See ldcore.evaluation.classifiers."""

    def loss(scores, labels):
        return auc_margin_loss(scores, labels, options["margin"])

    scores = train_and_score(("densenet121", loss), (train_images, train_labels), test_images, keys, options)
    return -np.logaddexp(0.0, -scores.astype(np.float64))  # log sigmoid, what was trained


def auc_margin_loss(scores, labels, margin: float = 1.0):
    """The AUC margin loss of Yuan et al. 2021 (arXiv 2012.03173), its min-max solved in closed form over the batch.

    scores: [N, K] any real, squashed to 0..1; labels: ints [N]. Averaged one-vs-rest over classes that have both sides:
    the variance of the positives' scores and of the negatives', + max(0, margin - (mean positive - mean negative))^2.
    """
    scores, losses = torch.sigmoid(scores), []
    for name in range(scores.shape[1]):
        positive, negative = scores[labels == name, name], scores[labels != name, name]
        if len(positive) and len(negative):
            gap = (margin - positive.mean() + negative.mean()).clamp(min=0)
            losses.append(positive.var(unbiased=False) + negative.var(unbiased=False) + gap**2)
    return torch.stack(losses).mean() if losses else scores.sum() * 0
