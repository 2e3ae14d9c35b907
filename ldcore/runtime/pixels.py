"""Images as one number a pixel, or as three. Colour becomes the mean of its channels, as precise as each use needs."""

import numpy as np

from ldcore.runtime.errors import UserError

LUMA = (0.299, 0.587, 0.114)  # red, green and blue in brightness (ITU-R BT.601), as Pillow has it


def gray(images) -> np.ndarray:
    """uint8 [N, H, W] as they are; uint8 [N, H, W, 3] to their rounded channel means. UserError: any other shape."""
    images = np.asarray(images)
    if images.ndim not in (3, 4) or images.ndim == 4 and images.shape[3] != 3:
        raise UserError(f"Images have shape {images.shape}; pass [N, H, W] or [N, H, W, 3].")
    return images if images.ndim == 3 else np.rint(images.mean(-1)).astype(np.uint8)


def coloured(images) -> np.ndarray:
    """[N, H, W, 3]: such images as they are, gray ones [N, H, W] three times."""
    images = np.asarray(images)
    return images if images.ndim == 4 else np.repeat(images[..., None], 3, -1)


def unrounded_gray(images) -> np.ndarray:
    """float64 [N, H, W] in 0..255: [N, H, W] itself, or the channel means of [N, H, W, 3]."""
    images = np.asarray(images, np.float64)
    return images.mean(-1) if images.ndim == 4 else images


def unit_gray(images) -> np.ndarray:
    """float32 [N, H, W] in 0..1: [N, H, W] itself over 255, or the channel means of [N, H, W, 3] over 255."""
    images = np.asarray(images, np.float32) / 255
    return images.mean(-1) if images.ndim == 4 else images
