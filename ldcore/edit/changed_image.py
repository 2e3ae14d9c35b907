"""From edited latents to images: two answers, both reported.

decoded   what the autoencoder makes of the edited latents: the model's own picture, blurred as all its pictures are
changed   the source, to which only the difference of decoded edited and unedited latents is added
"""

import numpy as np

from ldcore.runtime.errors import UserError
from ldcore.runtime.pixels import unrounded_gray


def changed(source, edited, unedited) -> np.ndarray:
    """The gray source uint8 [N, H, W] plus the channel means of edited - unedited, both uint8 [N, H, W, 3].

    At amount 0 the very source. Where the source is exactly 0 (air around a stripped brain) nothing changes.
    """
    difference = unrounded_gray(edited) - unrounded_gray(unedited)
    return np.rint(np.clip(source + difference * (source > 0), 0, 255)).astype(np.uint8)


def check_size(backbone, images) -> None:
    """UserError unless the images [N, H, W] have the size the model works at."""
    scale = 2 ** (len(backbone.vae.config.block_out_channels) - 1)
    side = backbone.unet.config.sample_size * scale
    if images.shape[1:3] != (side, side):
        raise UserError(
            f"The images are {images.shape[2]} x {images.shape[1]} px and the model works at {side} x {side}; "
            f"set the data set's option image_size to {side}."
        )
