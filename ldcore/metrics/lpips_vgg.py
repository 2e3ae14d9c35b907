"""LPIPS with VGG-16 (Zhang et al. 2018, arXiv 1801.03924): see _lpips.py."""

from ldcore.metrics._lpips import lpips_values

TITLE = "LPIPS (VGG-16)"
COMPARES = "pairs"
BETTER = "lower"
ROW = "lpips"
GAIN = "lpips_gain"
NEEDS_WEIGHTS = True
OPTIONS = {
    "weights": {
        "type": ["string", "null"],
        "default": None,
        "description": "torchvision's state dict of VGG-16, trained on ImageNet",
    },
}


def values(made, target, weights=None):
    """[N], 0 is equal; made, target: uint8 [N, H, W]. UserError: weights missing."""
    return lpips_values("vgg", made, target, weights)
