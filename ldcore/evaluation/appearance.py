"""What the eye sees first in a picture: a background that is not black, a tint, a drift of colours, a blurred border.

Pictures are uint8, [N, H, W, 3] or gray [N, H, W]; every number is in gray levels, 0..255, a value a picture, unless it
says otherwise. Two places of a picture are measured apart: its `background`, which real images of its kind tell, and
its `frame`, which any picture has.
"""

import numpy as np
from scipy import ndimage
from skimage.filters import threshold_multiotsu

from ldcore.runtime.pixels import LUMA, coloured, gray, unrounded_gray

BLACK = 5.0  # gray levels: where real images stay below this on average, a picture of their kind should be black
LEAST_SHARE = 0.02  # of the pixels: a smaller background is a corner, not a background
FRAME = 1 / 16  # of a picture's side: how wide its frame is
SMOOTHING = 1 / 64  # of a picture's side: the Gaussian that takes single-pixel noise out before gradients
TISSUE = 20  # gray levels: from here on a pixel of a real image shows something
INSIDE = 0.95  # of the real images show tissue where the core is
ROUNDING = 1e-5  # what is left of 0 in float32


def background(real) -> np.ndarray:
    """Where pictures of this kind should be black: pixels whose mean over real images is below BLACK, bool [H, W].

    real: gray [N, H, W]. Nowhere where that is less than LEAST_SHARE of the pixels, as in most radiographs of a chest.
    """
    dark = np.mean(real, 0) < BLACK
    return dark if dark.mean() >= LEAST_SHARE else np.zeros_like(dark)


def frame(height: int, width: int) -> np.ndarray:
    """The outermost FRAME of a picture, at least a pixel, bool [H, W]: a background that needs no real images."""
    wide = max(1, round(FRAME * min(height, width)))
    mask = np.ones((height, width), bool)
    mask[wide:-wide, wide:-wide] = False
    return mask


def level(images, mask) -> np.ndarray:
    """Mean gray level over the pixels of a mask, bool [H, W]: [N]."""
    pixels = np.asarray(images)[:, mask]
    return pixels.reshape(len(pixels), -1).mean(1)


def tint(images) -> np.ndarray:
    """How far from gray: the mean over pixels of the largest minus the smallest of red, green and blue, [N]; 0 is gray.

    Images that are gray [N, H, W] have none.
    """
    images = np.asarray(images)
    if images.ndim == 3:
        return np.zeros(len(images))
    return (images.max(-1) - images.min(-1)).mean((1, 2))


def colour(images, mask) -> np.ndarray:
    """Mean red, green and blue over the pixels of a mask, [N, 3]."""
    return coloured(images)[:, mask].mean(1, dtype=float)


def frame_colour(images) -> np.ndarray:
    """Mean red, green and blue of each picture's frame, [N, 3]."""
    return colour(images, frame(*np.asarray(images).shape[1:3]))


def luma(colours) -> np.ndarray:
    """Brightness of colours [..., 3] as the eye weighs them (ITU-R BT.601), [...]."""
    return np.asarray(colours) @ np.array(LUMA)


def greenness(colours) -> np.ndarray:
    """Green minus the mean of red and blue, of colours [..., 3], [...]: above 0 green, below 0 violet."""
    red, green, blue = np.moveaxis(np.asarray(colours, float), -1, 0)
    return green - (red + blue) / 2


def kept_structure(images, originals) -> np.ndarray:
    """How much of what tells a picture from others is left, [N]: 1 all of it (an equal picture), 0 nothing.

    (own - others) / (1 - others), where own is how alike a picture is to its original, others how alike on average to
    the other originals. Alike is the correlation of `edges`: of structure, whatever happened to the colours. images and
    originals in the same order, at least two; nan where others is 1 (one picture over and over).
    """
    made, given = (standardised(edges(stack)) for stack in (images, originals))
    alike = made @ given.T
    own = np.diag(alike)
    others = (alike.sum(1) - own) / (len(alike) - 1)
    return np.divide(own - others, 1 - others, out=np.full(len(alike), np.nan), where=others < 1 - ROUNDING)


def standardised(maps) -> np.ndarray:
    """Maps [N, H, W] as rows of mean 0 and length 1 (0 where a map is flat): their products are correlations."""
    rows = maps.reshape(len(maps), -1)
    rows = rows - rows.mean(1, keepdims=True)
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.divide(rows, length, out=np.zeros_like(rows), where=length > ROUNDING)


def edges(images) -> np.ndarray:
    """Gradient magnitude of the gray picture after a Gaussian of SMOOTHING, float32 [N, H, W], gray levels a pixel."""
    return np.stack([gradient(picture) for picture in images])


def gradient(picture) -> np.ndarray:
    """The same of one picture, [H, W] or [H, W, 3]: float32 [H, W]."""
    smooth = unrounded_gray(picture[None])[0]
    smooth = ndimage.gaussian_filter(smooth, [SMOOTHING * side for side in smooth.shape], mode="nearest")
    return np.hypot(*np.gradient(smooth)).astype(np.float32)


def core(real) -> np.ndarray:
    """Where nearly every real image (INSIDE of them) shows tissue, bool [H, W]; real: gray [N, H, W]."""
    return (np.asarray(real) >= TISSUE).mean(0) >= INSIDE


def border_gradient(images, inside) -> np.ndarray:
    """Mean gradient magnitude along the border of white and gray matter that each picture itself shows, [N].

    inside: bool [H, W], where to look (`core`: without the outline of the brain, whose edge is the strongest). White is
    brighter than the upper of the two thresholds that split the gray levels inside into three classes, fluid, gray and
    white matter (Otsu 1979, as scikit-image's threshold_multiotsu); the border are the pixels inside that have a
    neighbour of the other kind. In gray levels a pixel, after the smoothing of `edges`. nan where a picture has fewer
    than three gray levels inside. Contrast and sharpness both raise it; noise of single pixels does not.
    """
    return np.array([along_border(picture, inside) for picture in images])


def along_border(picture, inside) -> float:
    """The same of one picture, uint8 [H, W] or [H, W, 3]."""
    levels = gray(picture[None])[0]
    if len(np.unique(levels[inside])) < 3:
        return float("nan")
    white = levels > threshold_multiotsu(levels[inside], classes=3)[1]
    border = (ndimage.binary_dilation(white) & ~white | ndimage.binary_dilation(~white) & white) & inside
    return float(gradient(picture)[border].mean(dtype=float)) if border.any() else float("nan")
