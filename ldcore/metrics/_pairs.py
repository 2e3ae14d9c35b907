"""What metrics of pairs of images share."""

import numpy as np

from ldcore.runtime.errors import UserError
from ldcore.runtime.pixels import gray


def gray_pair(made, target) -> tuple[np.ndarray, np.ndarray]:
    """Both as gray uint8 [N, H, W]. UserError: not uint8, or shapes that differ."""
    made, target = np.asarray(made), np.asarray(target)
    for images in (made, target):
        if images.dtype != np.uint8:
            raise UserError(f"Images are {images.dtype}; pass uint8 arrays with values 0-255.")
    made, target = gray(made), gray(target)
    if made.shape != target.shape:
        raise UserError(
            f"Images of shape {made.shape} cannot be compared with images of shape {target.shape}; give both one size."
        )
    return made, target


def check_window(images, window: int, title: str) -> None:
    """UserError where images [N, H, W] are smaller than the window of a metric, in px."""
    height, width = images.shape[1:]
    if min(height, width) < window:
        raise UserError(f"{title} needs images of {window} px or more; these are {height} x {width}.")
