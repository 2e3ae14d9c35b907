"""One image file, whatever its format, as gray levels, and gray levels as a square of bytes."""

from pathlib import Path

import numpy as np
from PIL import Image

from ldcore.runtime.errors import UserError
from ldcore.runtime.pixels import LUMA

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
GRAY_MODES = ("L", "I", "F", "I;16", "I;16B")  # of Pillow's images: gray levels in units of their own


def read(path, index: int | None = None, voi: bool = False) -> np.ndarray:
    """float64 [H, W] of a picture, a slice of a volume or a frame of a DICOM file, by the name's ending.

    index: which slice or frame, None for the middle. voi: a DICOM file as its own window or VOI table shows it, where
    it has one. ValueError: another ending, or not one gray image. A damaged file raises whatever its library does.
    """
    name = Path(path).name.lower()
    if name.endswith(PICTURES):
        with Image.open(path) as image:
            return gray(image)
    if name.endswith(VOLUMES):
        return gray(axial_slice(path, index))
    if name.endswith(DICOM):
        return gray(dicom_frame(path, index, voi))
    raise ValueError(f"its ending is none of {', '.join(ENDS)}")


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


def axial_slice(path, index: int | None = None) -> np.ndarray:
    """One axial slice [H, W] of a NIfTI volume (None: the middle), anterior at the top, the left on the left."""
    import nibabel

    image = nibabel.load(path)
    volume = np.asarray(nibabel.as_closest_canonical(image).dataobj if len(image.shape) > 2 else image.dataobj)
    while volume.ndim > 3:
        volume = volume[..., 0]
    if volume.ndim == 3:
        volume = volume[:, :, volume.shape[2] // 2 if index is None else index]
    return np.rot90(volume)


def dicom_frame(path, index: int | None = None, voi: bool = False) -> np.ndarray:
    """One frame of a DICOM file, float64 [H, W] or [H, W, 3], bright where the film is bright (MONOCHROME1 inverted).

    index: None for the middle frame. voi: as the file's own window or VOI table (the first) shows it, where it has one.
    """
    import pydicom
    from pydicom.pixels import apply_modality_lut, apply_voi_lut

    scan = pydicom.dcmread(path)
    pixels = apply_modality_lut(scan.pixel_array, scan)
    pixels = np.asarray(apply_voi_lut(pixels, scan) if voi else pixels, dtype=np.float64)
    if int(scan.get("NumberOfFrames", 1) or 1) > 1:
        pixels = pixels[len(pixels) // 2 if index is None else index]
    return pixels.max() + pixels.min() - pixels if scan.PhotometricInterpretation == "MONOCHROME1" else pixels


def check_window(window) -> None:
    """UserError where the option's two percentiles do not rise."""
    if not window[0] < window[1]:
        raise UserError(f"Option window is {window!r}; give two rising percentiles from 0 to 100.")


def to_uint8(image: np.ndarray, size: int, window) -> np.ndarray:
    """uint8 [size, size] of a float image [H, W]: its percentiles `window` become 0 and 255; then `squared`."""
    low, high = np.percentile(image, window)
    scaled = np.clip((image - low) / (high - low), 0, 1) if high > low else np.zeros_like(image)
    return squared(scaled, size)


def squared(scaled: np.ndarray, size: int) -> np.ndarray:
    """uint8 [size, size] of a float image [H, W] in [0, 1]: padded to a centred square with 0, resized, antialiased."""
    from skimage.transform import resize

    side, (height, width) = max(scaled.shape), scaled.shape
    top, left = (side - height) // 2, (side - width) // 2
    square = np.pad(scaled, ((top, side - height - top), (left, side - width - left)))
    resized = resize(square, (size, size), order=1, anti_aliasing=size < side, mode="constant")
    return np.rint(np.clip(resized, 0, 1) * 255).astype(np.uint8)
