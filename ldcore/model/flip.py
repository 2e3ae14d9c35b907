"""The same model with the signs of some latent channels turned: what it makes of images is equal, to the last bit.

The sign of a latent channel is a convention of the autoencoder, yet a scalar drift is not symmetric in it. So what is
said of +0.1 must be looked at under both.
"""

import shutil
from pathlib import Path

import numpy as np

from ldcore.runtime.errors import UserError
from ldcore.runtime.pixels import LUMA

# file of weights -> tensor -> which axis are latent channels; of quant_conv and conv_in the first four
TURNED = {
    "vae": {"quant_conv.weight": 0, "quant_conv.bias": 0, "post_quant_conv.weight": 1},
    "unet": {"conv_in.weight": 1, "conv_out.weight": 0, "conv_out.bias": 0},
}


def turn(tensors: dict, part: str, signs: list[int]) -> None:
    """Turn the channels of a state dict in place; part: "vae" or "unet"; signs: 1 or -1 a latent channel.

    UserError: a model without these layers.
    """
    for name, axis in TURNED[part].items():
        if name not in tensors:
            raise UserError(f"The {part} has no {name}, so its latent channels cannot be turned exactly.")
        for channel, sign in enumerate(signs):
            if sign < 0:
                tensors[name].select(axis, channel).neg_()


def flip(folder, out, signs: list[int]) -> None:
    """Write the diffusers folder OUT: that of `folder` with channels turned (signs: 1 or -1 each). UserError: as turn.

    What it encodes to and samples from has its channels times signs; its images are the same.
    """
    from safetensors.torch import load_file, save_file

    folder, out = Path(folder), Path(out)
    temporary = out.with_name(f".part.{out.name}")
    shutil.rmtree(temporary, ignore_errors=True)
    shutil.copytree(folder, temporary, ignore=shutil.ignore_patterns("manifest.json"))
    for part in TURNED:
        files = sorted((temporary / part).glob("diffusion_pytorch_model*.safetensors"))
        if len(files) != 1:
            raise UserError(f"Model {folder}: {part} has {len(files)} .safetensors files; give one to turn channels.")
        tensors = load_file(files[0])
        turn(tensors, part, signs)
        save_file(tensors, files[0], metadata={"format": "pt"})
    shutil.rmtree(out, ignore_errors=True)
    temporary.replace(out)


def response(vae, side: int) -> list[list[float]]:
    """What +1 on each latent channel adds to the mean of a decoded image's R, G, B: [C][3] in units of half the range.

    In scaled latents [C, side, side], as the published linear factors of Stable Diffusion 1.x are (its signs of
    brightness: +, +, +, -); measured around latents of zeros, by +-0.1.
    """
    import torch

    channels, device = vae.config.latent_channels, next(vae.parameters()).device
    steps = torch.eye(channels, device=device).view(channels, channels, 1, 1).expand(-1, -1, side, side)
    steps = steps * 0.1 / vae.config.scaling_factor
    with torch.no_grad():
        above, below = (vae.decode(sign * steps).sample for sign in (1, -1))
    return ((above - below).mean((2, 3)) / 0.2).tolist()


def turns(vae, side: int, wanted: list[int]) -> list[int]:
    """The signs that give every channel the wanted sign of brightness (that of R, G and B's luminance)."""
    brightness = np.array(response(vae, side)) @ LUMA
    return [sign if value > 0 else -sign for value, sign in zip(brightness, wanted)]
