"""What the deep classifiers share: a timm network trained with a given loss, and its options."""

from pathlib import Path

import numpy as np
import torch

from ldcore.runtime.chunks import in_chunks
from ldcore.runtime.device import pick_device
from ldcore.runtime.errors import UserError
from ldcore.runtime.seeds import derive_seed, numpy_rng
from ldcore.runtime.weight_files import state_dict

OPTIONS = {
    "epochs": {"type": "integer", "minimum": 1, "default": 20, "description": "times every training image is seen"},
    "batch_size": {"type": "integer", "minimum": 1, "default": 16, "description": "images a step, at most"},
    "learning_rate": {"type": "number", "exclusiveMinimum": 0, "default": 1e-4, "description": "AdamW's, constant"},
    "weight_decay": {"type": "number", "minimum": 0, "default": 1e-4, "description": "AdamW's"},
    "image_size": {"type": "integer", "minimum": 32, "default": 224, "description": "px, to which images are resized"},
    "weights": {
        "type": ["string", "null"],
        "default": None,
        "description": "timm's state dict to start from, whose head may differ; else random weights",
    },
}


def train_and_score(network: tuple, train: tuple, test_images, keys, options) -> np.ndarray:
    """Class scores [M, K] of a timm network, trained on images resized to image_size and flipped at random.

    network: (timm's name, loss(scores [n, K], labels [n]) -> scalar); train: (gray uint8 images [N, H, W], labels).
    """
    (architecture, loss), (train_images, train_labels), device = network, train, pick_device()
    with torch.random.fork_rng():
        torch.manual_seed(derive_seed(*keys, architecture))
        model = new_model(architecture, int(train_labels.max()) + 1, options["weights"]).to(device)
    optimizer = torch.optim.AdamW(model.parameters(), lr=options["learning_rate"], weight_decay=options["weight_decay"])
    images, labels = resized(train_images, options["image_size"]), torch.from_numpy(train_labels)
    batches = -(-len(images) // options["batch_size"])
    model.train()
    for epoch in range(options["epochs"]):
        rng = numpy_rng(*keys, architecture, epoch)
        order, flips = rng.permutation(len(images)), torch.from_numpy(rng.random(len(images)) < 0.5)
        for rows in np.array_split(order, batches):
            batch = torch.where(flips[rows][:, None, None, None], images[rows].flip(-1), images[rows])
            optimizer.zero_grad(set_to_none=True)
            loss(model(batch.to(device)), labels[rows].to(device)).backward()
            optimizer.step()
    model.eval()

    def scores_of(rows):
        return (model(rows.to(device)).cpu(),)

    with torch.inference_mode():
        chunks = in_chunks(scores_of, resized(test_images, options["image_size"]))
        return torch.cat([scores for (scores,) in chunks]).numpy()


def new_model(architecture: str, classes: int, weights):
    """A timm network with `classes` outputs; weights: a safetensors or weights_only state dict whose head may differ.

    UserError: the file of weights is missing, damaged or of another network.
    """
    from timm.models import create_model

    model = create_model(architecture, pretrained=False, num_classes=classes)
    if weights is None:
        return model
    if not Path(weights).is_file():
        raise UserError(
            f"Classifier weights {weights} are missing; give timm's {architecture} state dict or leave `weights` out."
        )
    state, own = state_dict(weights), model.state_dict()
    fitting = {key: value for key, value in state.items() if key in own and value.shape == own[key].shape}
    # Of other classes the last layer differs; older files do not count batches.
    lacking = [
        key
        for key in own.keys() - fitting.keys()
        if not key.startswith(model.default_cfg["classifier"]) and not key.endswith("num_batches_tracked")
    ]
    if lacking:
        raise UserError(
            f"Classifier weights {weights} are of another network: {len(lacking)} of {len(own)} tensors are not there, "
            f"first {min(lacking)}; give timm's {architecture} state dict."
        )
    model.load_state_dict({**own, **fitting})
    return model


def resized(images, size: int):
    """uint8 [N, H, W] to float32 [N, 3, size, size] in [-1, 1]."""
    pixels = torch.from_numpy(np.array(images, np.float32))[:, None] / 127.5 - 1
    pixels = torch.nn.functional.interpolate(pixels, (size, size), mode="bilinear", antialias=True)
    return pixels.expand(-1, 3, -1, -1)
