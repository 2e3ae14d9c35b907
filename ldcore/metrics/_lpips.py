"""LPIPS (Zhang et al. 2018, arXiv 1801.03924): linear weights of the lpips package, the backbone's from a file."""

from pathlib import Path

import numpy as np
import torch

from ldcore.runtime.errors import UserError
from ldcore.runtime.weight_files import state_dict


def lpips_values(architecture: str, made, target, weights) -> np.ndarray:
    """LPIPS of each pair, [N], 0 is equal; architecture: "alex" or "vgg"; made, target: uint8 [N, H, W]."""
    network = lpips_network(architecture, weights)
    with torch.inference_mode():
        return np.array([network(*(_scaled(image) for image in pair)).item() for pair in zip(made, target)])


def lpips_network(architecture: str, weights):
    """lpips.LPIPS with the backbone of torchvision's state dict in the file `weights`. UserError: not such."""
    import lpips

    if weights is None or not Path(weights).is_file():
        raise UserError(
            f"LPIPS weights {weights} are missing; give torchvision's {architecture} state dict as weights, or use "
            "lite0_perceptual, whose network is packaged."
        )
    network = lpips.LPIPS(net=architecture, pnet_rand=True, verbose=False)
    state = state_dict(weights)
    try:
        # The package cuts torchvision's `features` into slices that keep its numbering.
        own = {key: state[f"features.{key.split('.', 1)[1]}"] for key in network.net.state_dict()}
        network.net.load_state_dict(own)
    except (KeyError, RuntimeError) as error:
        raise UserError(
            f"LPIPS weights {weights} are of another network; give torchvision's {architecture} state dict."
        ) from error
    return network.eval()


def _scaled(image):
    """uint8 [H, W] to float [1, 3, H, W] in [-1, 1]."""
    return (torch.from_numpy(image.astype(np.float32)) / 127.5 - 1).expand(1, 3, *image.shape)
