"""The noise that training adds, where it is not N(0, I): readings of Latent Drifting, and controls beside it.

offset              plus a random constant ~ N(0, scale^2), one a channel of an image or one an image; all of it is
                    the target. Known as offset noise: diffusers' examples, `noise_offset`
multi_resolution    plus noise at half, a quarter, ... of the resolution, each times `scale` more; all divided by
                    their common standard deviation (Whitaker 2023, "Multi-resolution noise"; here by halving and
                    nearest neighbours, so that every value has variance 1)
input_perturbation  z_t has `scale` times other noise besides, of which the target does not know (arXiv 2301.11706)
"""

import torch
import torch.nn.functional as F

from ldcore.runtime.errors import UserError
from ldcore.runtime.seeds import torch_generator

NOISES = ("normal", "offset", "multi_resolution", "input_perturbation")


def training_noise(normal: torch.Tensor, setting: dict, *keys) -> dict[str, torch.Tensor]:
    """`noise` [N, C, h, w] made from normal noise of that shape, and `perturbation` of that shape where there is one.

    setting: kind (one of NOISES), scale (>= 0), each ("channel" or "image", of `offset`); {} is normal noise. keys:
    what the further random numbers follow from. UserError: an unknown kind.
    """
    kind, scale = setting.get("kind", "normal"), setting.get("scale", 0.0)
    if kind not in NOISES:
        raise UserError(f"Training noise {kind!r} is unknown; use one of {', '.join(NOISES)}.")
    if kind == "normal":
        return {"noise": normal}
    generator = torch_generator(*keys, kind)
    if kind == "input_perturbation":
        return {"noise": normal, "perturbation": scale * torch.randn(normal.shape, generator=generator)}
    if kind == "multi_resolution":
        return {"noise": multi_resolution(normal, scale, generator)}
    channels = normal.shape[1] if setting.get("each", "channel") == "channel" else 1
    return {"noise": normal + scale * torch.randn((len(normal), channels, 1, 1), generator=generator)}


def multi_resolution(normal: torch.Tensor, scale: float, generator) -> torch.Tensor:
    """Noise [N, C, h, w] of unit variance: normal noise, plus scale^i times noise at 1 / 2^i of the resolution."""
    total, variance, size, weight = normal.clone(), 1.0, min(normal.shape[2:]), 1.0
    height, width = normal.shape[2:]
    while size > 1:
        size, weight = size // 2, weight * scale
        coarse = torch.randn((*normal.shape[:2], size, size), generator=generator)
        total += weight * F.interpolate(coarse, size=(height, width), mode="nearest")
        variance += weight**2
    return total / variance**0.5
