"""One image file, whatever its format, as gray levels, and gray levels as a square of bytes."""

from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from ldcore.datasets.scans.dicom import dicom_frame, is_dicom
from ldcore.datasets.scans.nifti import axial_slice, slice_and_spacing  # noqa: F401  axial_slice is for others
from ldcore.datasets.scans.pixels import GRAY_MODES, gray, masked, refuse_slice, square_pixels
from ldcore.runtime.errors import UserError

OPTIONS = {
    "window": {
        "type": "array",
        "items": {"type": "number", "minimum": 0, "maximum": 100},
        "minItems": 2,
        "maxItems": 2,
        "increasing": True,
        "default": [0.5, 99.5],
        "description": "percentiles of the image that become 0 and 255",
    },
}
PICTURES, VOLUMES, DICOM = (".png", ".jpg", ".jpeg"), (".nii", ".nii.gz"), (".dcm", ".dicom", ".ima")
ENDS = (*PICTURES, *VOLUMES, *DICOM)


def read(path, index: int | None = None, voi: bool = False, axes: str | None = None) -> np.ndarray:
    """float64 [H, W] of a picture, a slice of a volume or a frame of a DICOM file, whatever this is called.

    As a viewer shows it: turned as Exif says, with square pixels; what is transparent or padding is masked (numpy.ma).
    index: which slice or frame, None for the middle. voi: a DICOM file as its own window or VOI table shows it, where
    it has one. axes: of a volume that does not say how it lies, as in ldcore.datasets.scans.nifti. UserError:
    what the header says forbids it. ValueError: another kind of file, or not one gray image. A damaged file raises
    whatever its library does.
    """
    name = Path(path).name.lower()
    if name.endswith(PICTURES):
        refuse_slice(index)
        return picture(path)
    if name.endswith(VOLUMES):
        return square_pixels(*slice_and_spacing(path, index, axes))
    if name.endswith(DICOM) or is_dicom(path):
        return dicom_frame(path, index, voi)
    raise ValueError(f"its ending is none of {', '.join(ENDS)}")


def picture(path) -> np.ndarray:
    """A PNG or JPEG file as `read` has it."""
    with Image.open(path) as stored:
        image = ImageOps.exif_transpose(stored)
    clear = image.info.get("transparency") if image.mode in GRAY_MODES else None
    if clear is not None:  # one gray level
        pixels = gray(image)
        return masked(pixels, pixels == clear)
    if not image.has_transparency_data:
        return gray(image)
    opacity = np.asarray(image.convert("RGBA"))[..., 3] / 255.0
    return masked(gray(image) * opacity, opacity == 0)


def to_uint8(image: np.ndarray, size: int, window) -> np.ndarray:
    """uint8 [size, size] of a float image [H, W]: its percentiles `window` become 0 and 255; then `squared`.

    What is masked does not count and becomes 0. UserError: there is nothing to see between them.
    """
    pixels = np.ma.compressed(image)
    refuse_blank(pixels)
    low, high = np.percentile(pixels, window)
    if not high > low:
        raise UserError(
            f"is a blank image between its percentiles {window[0]:g} and {window[1]:g}; widen option window"
        )
    scaled = np.clip((image - low) / (high - low), 0, 1)
    return squared(np.ma.filled(scaled, 0.0), size)


def refuse_blank(pixels: np.ndarray) -> None:
    """UserError where all are of one gray level."""
    if not pixels.size or pixels.min() == pixels.max():
        raise UserError("is a blank image, of one gray level everywhere")


def squared(scaled: np.ndarray, size: int) -> np.ndarray:
    """uint8 [size, size] of a float image [H, W] in [0, 1]: padded to a centred square with 0, resized, antialiased."""
    from skimage.transform import resize

    side, (height, width) = max(scaled.shape), scaled.shape
    top, left = (side - height) // 2, (side - width) // 2
    square = np.pad(scaled, ((top, side - height - top), (left, side - width - left)))
    resized = resize(square, (size, size), order=1, anti_aliasing=size < side, mode="constant")
    return np.rint(np.clip(resized, 0, 1) * 255).astype(np.uint8)
