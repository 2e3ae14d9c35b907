"""TEMPLATE: say here what the classifier looks at."""

import numpy as np

TITLE = "TEMPLATE"
OPTIONS = {
    "sharpness": {"type": "number", "exclusiveMinimum": 0, "default": 1.0, "description": "what distances are times"},
}


def fit_predict(train_images, train_labels, test_images, keys, options) -> np.ndarray:
    """Scores [M, K]: column k of class k, higher is more likely; random numbers follow from `keys`.

    images: gray uint8 [N, H, W] and [M, H, W]; labels: ints [N] in 0..K-1. Here: minus the distance to a class's mean.
    """
    train_images, test_images = (np.asarray(images, np.float32) / 255 for images in (train_images, test_images))
    means = [train_images[train_labels == number].mean(0) for number in range(train_labels.max() + 1)]
    return np.stack([-options["sharpness"] * ((test_images - mean) ** 2).mean((1, 2)) for mean in means], 1)
