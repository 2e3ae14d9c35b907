"""L2-regularised logistic regression on a grid of average-pooled pixels, each image standardised.

The embedded run's classifier: 0.05 s, deterministic, and blind to the sharpness, brightness and contrast by which
synthetic images differ from real ones before they differ in anatomy.
"""

import numpy as np

TITLE = "logistic regression on pooled pixels"
OPTIONS = {
    "grid": {"type": "integer", "minimum": 1, "default": 16, "description": "averages along each side of an image"},
    "inverse_penalty": {
        "type": "number",
        "exclusiveMinimum": 0,
        "default": 0.001,
        "description": "scikit-learn's C: smaller is smoother",
    },
}


def fit_predict(train_images, train_labels, test_images, keys, options) -> np.ndarray:
    """See ldcore.evaluation.classifiers."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), LogisticRegression(C=options["inverse_penalty"], max_iter=2000))
    model.fit(pooled(train_images, options["grid"]), train_labels)
    scores = model.decision_function(pooled(test_images, options["grid"]))
    return np.stack([-scores, scores], 1) / 2 if scores.ndim == 1 else scores  # they differ by the logit, once


def pooled(images, grid: int) -> np.ndarray:
    """Average-pooled pixels of gray images [N, H, W], zero mean and unit variance an image: [N, grid * grid]."""
    import torch

    pixels = torch.from_numpy(np.array(images, np.float32))
    pixels = torch.nn.functional.adaptive_avg_pool2d(pixels, grid).flatten(1).numpy()
    return (pixels - pixels.mean(1, keepdims=True)) / (pixels.std(1, keepdims=True) + 1e-6)
