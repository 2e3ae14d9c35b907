"""A folder of images without a table: which files they are, and their pixels as they are stored."""

from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from ldcore.datasets.adapters import folder as adapter
from ldcore.datasets.scans import images
from ldcore.datasets.scans.dicom import is_dicom
from ldcore.runtime.errors import UserError
from ldcore.runtime.files import files_below

BYTES = ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr")  # Pillow's modes of 8 bits a channel or fewer
COLOURLESS = ("1", "L", "LA")


def files_of(folder) -> list[Path]:
    """The images in a folder and below it, in order of their names; other files are left out. UserError: none."""
    if not Path(folder).is_dir():
        raise UserError(f"{folder} is no folder; give one with images.")
    found = [path for path in files_below(folder) if path.name.lower().endswith(images.ENDS) or is_unnamed_dicom(path)]
    if not found:
        raise UserError(f"{folder} has no image; give a folder with files ending in {', '.join(images.ENDS)}.")
    return found


def is_unnamed_dicom(path: Path) -> bool:
    """Whether a file without an ending is DICOM, as scanners export it."""
    return not path.suffix and is_dicom(path)


def prepared(files: list[Path], size: int) -> np.ndarray:
    """Gray uint8 [N, size, size], as the adapter `folder` prepares images. UserError: one that cannot be read."""
    options = {"image_size": size, **{name: adapter_default(name) for name in ("window", "axes")}}
    return np.stack(
        [of_file(path, lambda path: adapter.read_scan({"path": path, "slice": None}, options)) for path in files]
    )


def adapter_default(option: str):
    """What the adapter `folder` has where nobody says otherwise."""
    return {**images.OPTIONS, **adapter.OPTIONS}[option]["default"]


def stored(path: Path) -> np.ndarray:
    """uint8 [H, W], or [H, W, 3] in colour, as a picture of 8 bits has it; what is transparent is black.

    Of others, which have no gray levels of a screen, as `prepared`, in their own size. UserError: it cannot be read.
    """
    return of_file(path, bytes_of)


def bytes_of(path: Path) -> np.ndarray:
    """The same; whatever the libraries raise."""
    if path.name.lower().endswith(images.PICTURES):
        with Image.open(path) as opened:
            image = ImageOps.exif_transpose(opened)
        if image.mode in BYTES:
            mode = "L" if image.mode in COLOURLESS else "RGB"
            if image.has_transparency_data:
                image = image.convert("RGBA")
                image = Image.alpha_composite(Image.new("RGBA", image.size, (0, 0, 0, 255)), image)
            return np.asarray(image.convert(mode))
    pixels = images.read(path, axes=adapter_default("axes"))
    return images.to_uint8(pixels, max(pixels.shape), adapter_default("window"))


def of_file(path: Path, read) -> np.ndarray:
    """read(path). UserError: why it cannot be read, with the file's name."""
    try:
        return read(path)
    except UserError as fault:
        raise UserError(f"{path} {fault}.") from fault
    except Exception as fault:  # the libraries raise many kinds for a damaged file
        reason = " ".join(str(fault).split()).rstrip(".")
        raise UserError(f"{path} cannot be read ({reason}); replace the file or take it out.") from fault
