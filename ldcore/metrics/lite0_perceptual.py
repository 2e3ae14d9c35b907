"""LPIPS's distance, unweighted, on the packaged EfficientNet-Lite0: not comparable with LPIPS in size.

Features after the strides 2 to 32, at 128 px; each place's features to unit length; squared differences summed over
channels, averaged over places, averaged over the five depths (arXiv 1801.03924, eq. 1 with w = 1).
"""

import functools

import numpy as np
import torch

from ldcore.features.efficientnet_lite0 import load_stages
from ldcore.runtime.chunks import in_chunks
from ldcore.runtime.pixels import coloured

TITLE = "LPIPS on EfficientNet-Lite0"
COMPARES = "pairs"
BETTER = "lower"
ROW = "lpips"
GAIN = "lpips_gain"
OPTIONS = {
    "weights": {
        "type": ["string", "null"],
        "default": None,
        "description": "as of the extractor efficientnet_lite0; else the package's own",
    },
}


def values(made, target, weights=None) -> np.ndarray:
    """[N], 0 is equal; made, target: uint8 [N, H, W]. UserError: weights missing or another network's."""
    prepare, stages = _loaded_once(weights)

    def distances(*chunks):
        features = [stages(prepare(coloured(chunk.numpy()))) for chunk in chunks]
        depths = [_unit(a).sub(_unit(b)).square().sum(1).mean((1, 2)) for a, b in zip(*features)]
        return (torch.stack(depths).mean(0),)

    stacks = [torch.from_numpy(np.array(images)) for images in (made, target)]
    with torch.inference_mode():
        return torch.cat([chunk for (chunk,) in in_chunks(distances, *stacks)]).double().numpy()


@functools.cache
def _loaded_once(weights):
    """The network: a scoring job asks for it many times."""
    return load_stages(weights)


def _unit(features):
    """Features [N, C, h, w] over their length at each place."""
    return features / (features.square().sum(1, keepdim=True).sqrt() + 1e-10)
