"""Reading one image file, whatever its format, and making it a square of gray levels."""

import numpy as np

from ldcore.runtime.errors import UserError

OPTIONS = {
    "window": {
        "type": "array",
        "items": {"type": "number", "minimum": 0, "maximum": 100},
        "minItems": 2,
        "maxItems": 2,
        "default": [0.5, 99.5],
        "description": "percentiles of the image that become 0 and 255",
    },
}
SCANS = (".dcm", ".dicom", ".ima")


def check_window(window) -> None:
    """UserError where the option's two percentiles do not rise."""
    if not window[0] < window[1]:
        raise UserError(f"Option window is {window!r}; give two rising percentiles from 0 to 100.")


def one_gray(image) -> np.ndarray:
    """The image as float64 [H, W]; ValueError where it is not one gray image."""
    image = np.asarray(image, dtype=np.float64)
    if image.ndim != 2 or min(image.shape) < 2 or not np.isfinite(image).all():
        raise ValueError(f"shape {image.shape} or its values do not make one grey image")
    return image


def to_uint8(image: np.ndarray, size: int, window) -> np.ndarray:
    """Percentile-window a float image [H, W], pad it to a centred square with 0 and resize it, antialiased."""
    low, high = np.percentile(image, window)
    return squared(np.clip((image - low) / (high - low), 0, 1) if high > low else np.zeros_like(image), size)


def squared(scaled: np.ndarray, size: int) -> np.ndarray:
    """A float image [H, W] in [0, 1], padded to a centred square with 0 and resized, antialiased, as uint8."""
    from skimage.transform import resize

    side, (height, width) = max(scaled.shape), scaled.shape
    top, left = (side - height) // 2, (side - width) // 2
    square = np.pad(scaled, ((top, side - height - top), (left, side - width - left)))
    resized = resize(square, (size, size), order=1, anti_aliasing=size < side, mode="constant")
    return np.rint(np.clip(resized, 0, 1) * 255).astype(np.uint8)


def picture(path, index=None):
    """A PNG or JPEG as gray [H, W], in its own units."""
    from PIL import Image

    with Image.open(path) as image:
        return np.asarray(image if image.mode in ("L", "I", "F", "I;16", "I;16B") else image.convert("L"))


def axial_slice(path, index=None):
    """One axial slice of a NIfTI volume [H, W], anterior at the top and the subject's left on the left; index None: the middle."""
    import nibabel

    image = nibabel.load(path)
    volume = np.asarray(nibabel.as_closest_canonical(image).dataobj if len(image.shape) > 2 else image.dataobj)
    while volume.ndim > 3:
        volume = volume[..., 0]
    if volume.ndim == 3:
        volume = volume[:, :, volume.shape[2] // 2 if index is None else index]
    return np.rot90(volume)


def dicom(path, index=None, voi: bool = False):
    """One frame of a DICOM file as float64 [H, W], bright where the film is bright (MONOCHROME1 inverted).

    voi: show it through the file's own window or VOI table (the first), where it has one.
    """
    import pydicom
    from pydicom.pixels import apply_modality_lut, apply_voi_lut

    scan = pydicom.dcmread(path)
    pixels = apply_modality_lut(scan.pixel_array, scan)
    pixels = np.asarray(apply_voi_lut(pixels, scan) if voi else pixels, dtype=np.float64)
    if int(scan.get("NumberOfFrames", 1) or 1) > 1:
        pixels = pixels[len(pixels) // 2 if index is None else index]
    if pixels.ndim == 3:
        pixels = pixels.mean(axis=-1)
    return pixels.max() + pixels.min() - pixels if scan.PhotometricInterpretation == "MONOCHROME1" else pixels
