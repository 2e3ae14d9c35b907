"""Gray levels of one image, whatever file they come from: what of it is none, and pixels that are not square."""

import numpy as np
from PIL import Image

from ldcore.runtime.errors import UserError
from ldcore.runtime.pixels import LUMA

GRAY_MODES = ("L", "I", "F", "I;16", "I;16B")  # of Pillow's images: gray levels in units of their own
LIKE, LONGEST = 1.01, 50.0  # a pixel's longer side by its shorter: still square, no image any more


def gray(image) -> np.ndarray:
    """float64 [H, W] of a Pillow image or an array, [H, W] or [H, W, 3 or 4] in colour, in its own units.

    ValueError: another shape, fewer than two pixels a side, or values that are not finite.
    """
    if isinstance(image, np.ndarray) and image.ndim == 3 and image.dtype == np.uint8:
        image = Image.fromarray(image)
    if isinstance(image, Image.Image) and image.mode not in GRAY_MODES:
        image = image.convert("L")
    pixels = np.asarray(image).astype(np.float64)
    if pixels.ndim == 3 and pixels.shape[2] in (3, 4):
        pixels = pixels[..., :3] @ LUMA
    if pixels.ndim != 2 or min(pixels.shape) < 2 or not np.isfinite(pixels).all():
        raise ValueError(f"shape {pixels.shape} or its values do not make one gray image")
    return pixels


def masked(image: np.ndarray, outside: np.ndarray) -> np.ndarray:
    """The image, masked where there is none, if anywhere. UserError: nowhere is any."""
    if outside.all():
        raise UserError("holds nothing but padding")
    return np.ma.masked_array(image, outside) if outside.any() else image


def refuse_no_lengths(spacing) -> None:
    """UserError where distances between pixels or voxels are not all finite and above 0."""
    if not all(np.isfinite(step) and step > 0 for step in spacing):
        sides = " by ".join(f"{step:g}" for step in spacing)
        raise UserError(f"has pixels of {sides} by its header, which are no lengths; correct the header")


def square_pixels(image: np.ndarray, spacing) -> np.ndarray:
    """A gray image [H, W] with square pixels as large as its finer spacing.

    spacing: from row to row and from column to column, in any unit; None: not known. UserError: they are no lengths, or
    differ beyond use.
    """
    from skimage.transform import resize

    outside = np.ma.getmaskarray(image)
    image = masked(gray(np.ma.getdata(image)), outside)
    if spacing is None:
        return image
    refuse_no_lengths(spacing)
    if max(spacing) < LIKE * min(spacing):
        return image
    if max(spacing) > LONGEST * min(spacing):
        raise UserError(f"has pixels of {spacing[0]:g} by {spacing[1]:g}, which is too long for an image")
    shape = [max(2, round(count * step / min(spacing))) for count, step in zip(image.shape, spacing)]
    if not isinstance(image, np.ma.MaskedArray):
        return resize(image, shape, order=1, mode="edge", anti_aliasing=False)
    outside = resize(outside, shape, order=0, mode="edge", anti_aliasing=False)
    filled = image.filled(image.min())
    return masked(resize(filled, shape, order=1, mode="edge", anti_aliasing=False), outside)


def one_of(count: int, index: int | None, what: str) -> int:
    """The index itself, or the middle of `count`. UserError: there are not so many."""
    if index is not None and index >= count:
        raise UserError(f"has {count} {what}, so that its slice can be 0 to {count - 1} but not {index}")
    return count // 2 if index is None else index


def refuse_slice(index: int | None) -> None:
    """UserError where another slice than the first is asked for of what has none."""
    if index:
        raise UserError("is one flat image, which has no slices; leave its slice empty")
