"""ResNet-18 with cross-entropy: the paper's brain classifier."""

import torch

from ldcore.evaluation.classifiers._deep import train_and_score

TITLE = "ResNet-18"
EXTENDS = ("ldcore.evaluation.classifiers._deep",)


def fit_predict(train_images, train_labels, test_images, keys, options):
    """See ldcore.evaluation.classifiers."""
    network = ("resnet18", torch.nn.functional.cross_entropy)
    return train_and_score(network, (train_images, train_labels), test_images, keys, options)
