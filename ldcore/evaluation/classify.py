"""Classifiers behind one function and a name: trained on one stack of images, scoring another."""

import numpy as np

from ldcore.runtime.chunks import in_chunks
from ldcore.runtime.errors import UserError
from ldcore.runtime.seeds import derive_seed, numpy_rng

DEEP = {
    "epochs": 20,
    "batch_size": 16,
    "learning_rate": 1e-4,
    "weight_decay": 1e-4,
    "image_size": 224,
    "weights": None,
    "margin": 1.0,
}


def fit_predict(
    name: str, train_images, train_labels, test_images, keys: tuple, options: dict | None = None
) -> np.ndarray:
    """Scores [M, K] of the test images, one column a class, higher is more likely.

    name: a key of CLASSIFIERS; images: uint8 [N, H, W] or [N, H, W, 3], whose rounded channel mean counts (tint is no
    cue); train_labels: ints 0..K-1, every class present; keys: what everything random follows from; options: over the
    classifier's own. Same numbers every time on one CPU thread.
    UserError: unknown classifier or option, numbers or shapes that do not fit, a class without images, missing weights.
    """
    if name not in CLASSIFIERS:
        raise UserError(f"Classifier {name!r} is unknown; use one of {', '.join(CLASSIFIERS)}.")
    function, defaults = CLASSIFIERS[name]
    unknown = sorted(set(options or {}) - set(defaults))
    if unknown:
        raise UserError(f"Option {unknown[0]!r} of classifier {name!r} is unknown; use one of {', '.join(defaults)}.")
    train_images, test_images, train_labels = gray(train_images), gray(test_images), np.asarray(train_labels)
    if len(train_images) != len(train_labels):
        raise UserError(
            f"The classifier got {len(train_images)} images and {len(train_labels)} labels; give one label an image."
        )
    found = np.unique(train_labels)
    if len(found) < 2 or not np.array_equal(found, np.arange(len(found))):
        raise UserError(
            f"The classifier's training labels are {found.tolist()}; give images of every class, numbered from 0."
        )
    return function(train_images, train_labels.astype(np.int64), test_images, keys, {**defaults, **(options or {})})


def gray(images) -> np.ndarray:
    """uint8 [N, H, W] as it is; [N, H, W, 3] to its rounded channel mean. UserError: any other shape."""
    images = np.asarray(images)
    if images.ndim == 4 and images.shape[3] == 3:
        return np.rint(images.mean(-1)).astype(np.uint8)
    if images.ndim != 3:
        raise UserError(f"The classifier got images of shape {images.shape}; pass [N, H, W] or [N, H, W, 3].")
    return images


def pixels_logistic(train_images, train_labels, test_images, keys, options) -> np.ndarray:
    """L2-regularised logistic regression on a grid of average-pooled pixels, each image standardised.

    The embedded run's classifier: 0.05 s, deterministic, and blind to the sharpness, brightness and contrast by which
    synthetic images differ from real ones before they differ in anatomy.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), LogisticRegression(C=options["inverse_penalty"], max_iter=2000))
    model.fit(pooled(train_images, options["grid"]), train_labels)
    scores = model.decision_function(pooled(test_images, options["grid"]))
    return np.stack([-scores, scores], 1) if scores.ndim == 1 else scores


def pooled(images, grid: int) -> np.ndarray:
    """[N, grid * grid]: average-pooled pixels, zero mean and unit variance an image."""
    import torch

    pixels = (
        torch.nn.functional.adaptive_avg_pool2d(torch.from_numpy(np.array(images, np.float32)), grid).flatten(1).numpy()
    )
    return (pixels - pixels.mean(1, keepdims=True)) / (pixels.std(1, keepdims=True) + 1e-6)


def resnet18(*arguments) -> np.ndarray:
    """ResNet-18 with cross-entropy, the paper's brain classifier."""
    import torch

    return _deep("resnet18", torch.nn.functional.cross_entropy, *arguments)


def densenet121_auc(*arguments) -> np.ndarray:
    """DenseNet-121 trained for AUC, as the paper's chest classifier (LibAUC): see `auc_margin_loss`."""
    margin = arguments[-1]["margin"]
    return _deep("densenet121", lambda scores, labels: auc_margin_loss(scores, labels, margin), *arguments)


def auc_margin_loss(scores, labels, margin: float = 1.0):
    """The AUC margin loss of Yuan et al. 2021 (arXiv 2012.03173), its min-max solved in closed form over the batch.

    scores: [N, K] any real, squashed to 0..1; labels: ints [N]. Averaged one-vs-rest over classes that have both sides: the
    variance of the positives' scores and of the negatives', + max(0, margin - (mean positive - mean negative))^2.
    """
    import torch

    scores, parts = torch.sigmoid(scores), []
    for name in range(scores.shape[1]):
        positive, negative = scores[labels == name, name], scores[labels != name, name]
        if len(positive) and len(negative):
            gap = (margin - positive.mean() + negative.mean()).clamp(min=0)
            parts.append(positive.var(unbiased=False) + negative.var(unbiased=False) + gap**2)
    return torch.stack(parts).mean() if parts else scores.sum() * 0


def _deep(architecture, loss, train_images, train_labels, test_images, keys, options) -> np.ndarray:
    """Train a timm network on images resized to image_size (gray repeated, [-1, 1], random flips); class scores."""
    import torch

    from ldcore.runtime.device import pick_device

    device = pick_device()
    with torch.random.fork_rng():
        torch.manual_seed(derive_seed(*keys, architecture))
        network = _network(architecture, int(train_labels.max()) + 1, options["weights"]).to(device)
    optimizer = torch.optim.AdamW(
        network.parameters(), lr=options["learning_rate"], weight_decay=options["weight_decay"]
    )
    images, labels, size = (
        _resized(train_images, options["image_size"]),
        torch.from_numpy(train_labels),
        options["batch_size"],
    )
    network.train()
    for epoch in range(options["epochs"]):
        rng = numpy_rng(*keys, architecture, epoch)
        order, flips = rng.permutation(len(images)), torch.from_numpy(rng.random(len(images)) < 0.5)
        for rows in np.array_split(order, -(-len(order) // size)):
            batch = torch.where(flips[rows][:, None, None, None], images[rows].flip(-1), images[rows])
            optimizer.zero_grad(set_to_none=True)
            loss(network(batch.to(device)), labels[rows].to(device)).backward()
            optimizer.step()
    network.eval()
    with torch.inference_mode():
        chunks = in_chunks(lambda rows: (network(rows.to(device)).cpu(),), _resized(test_images, options["image_size"]))
        return torch.cat([part for (part,) in chunks]).numpy()


def _network(architecture: str, classes: int, weights):
    """A timm network with `classes` outputs; `weights`: a safetensors or weights_only state dict whose head may differ."""
    from pathlib import Path

    import torch
    from timm.models import create_model

    network = create_model(architecture, pretrained=False, num_classes=classes)
    if weights is None:
        return network
    if not Path(weights).is_file():
        raise UserError(
            f"Classifier weights {weights} are missing; give timm's {architecture} state dict or leave `weights` out."
        )
    if str(weights).endswith(".safetensors"):
        from safetensors.torch import load_file

        state = load_file(weights)
    else:
        state = torch.load(weights, map_location="cpu", weights_only=True)
    own = network.state_dict()
    network.load_state_dict({**own, **{k: v for k, v in state.items() if k in own and v.shape == own[k].shape}})
    return network


def _resized(images, size: int):
    """uint8 [N, H, W] to float [N, 3, size, size] in [-1, 1]."""
    import torch

    pixels = torch.from_numpy(np.array(images, np.float32))[:, None] / 127.5 - 1
    pixels = torch.nn.functional.interpolate(pixels, (size, size), mode="bilinear", antialias=True)
    return pixels.expand(-1, 3, -1, -1)


# name -> (function, its options and their defaults)
CLASSIFIERS = {
    "pixels_logistic": (pixels_logistic, {"grid": 16, "inverse_penalty": 0.001}),
    "resnet18": (resnet18, DEEP),
    "densenet121_auc": (densenet121_auc, DEEP),
}
