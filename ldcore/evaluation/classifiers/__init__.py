"""Classifiers: trained on one stack of images, scoring another; a file each, and the one function that runs them.

A classifier is a plug-in (ldcore/plugins.py): a file in this folder, or any module by its dotted name. It has

    fit_predict(train_images, train_labels, test_images, keys, options) -> scores [M, K]

images: gray uint8 [N, H, W] and [M, H, W]; labels: int64 [N] in 0..K-1, every class present; keys: what everything
random follows from (runtime/seeds.py); options: its OPTIONS, complete. Column k is the score of class k, any real
number, higher is more likely; where the classifier knows probabilities they are the softmax of a row's scores, as
edits are measured by (edit.scoring.outcome.class_distance). The same scores every time on one CPU thread.
"""

from ldcore import plugins
from ldcore.runtime.errors import UserError


def fit_predict(name: str, train_images, train_labels, test_images, keys: tuple, options: dict | None = None):
    """Scores [M, K], numpy, of the test images by the classifier `name`, one column a class, higher is more likely.

    images: uint8 [N, H, W] or [N, H, W, 3], whose rounded channel mean counts (tint is no cue); train_labels: ints
    0..K-1, every class present; keys: what everything random follows from; options: over the classifier's own.
    UserError: unknown classifier or option, numbers or shapes that do not fit, a class without images, missing weights.
    """
    import numpy as np  # here, since a config's check looks at this folder and is to stay light

    from ldcore.runtime.pixels import gray

    options = plugins.options("classifier", name, options)
    train_images, test_images, train_labels = gray(train_images), gray(test_images), np.asarray(train_labels)
    if len(train_images) != len(train_labels):
        raise UserError(
            f"The classifier got {len(train_images)} images and {len(train_labels)} labels; give one label an image."
        )
    classes = np.unique(train_labels)
    if len(classes) < 2 or not np.array_equal(classes, np.arange(len(classes))):
        raise UserError(
            f"The classifier's training labels are {classes.tolist()}; give images of every class, numbered from 0."
        )
    classifier = plugins.find("classifier", name)
    return classifier.fit_predict(train_images, train_labels.astype(np.int64), test_images, keys, options)
