"""One chest radiograph as a square of gray levels, and the options every adapter of chest radiographs has."""

import numpy as np

from ldcore.datasets.scans import images

EXTENDS = ("ldcore.datasets.scans.images",)
OPTIONS = {
    "square": {"enum": ["pad", "crop"], "default": "pad", "description": "pad with black, or crop the middle"},
    "findings": {
        "type": ["array", "null"],
        "items": {"type": "string"},
        "minItems": 1,
        "default": ["No Finding", "Cardiomegaly", "Pleural Effusion", "Pneumonia"],
        "description": "the findings of interest, the paper's four; null: all of the data set",
    },
    "single": {
        "type": "boolean",
        "default": True,
        "description": "only scans with exactly one of the findings; false: several, joined by |, are a class too",
    },
}


def read_scan(scan: dict, options: dict) -> np.ndarray:
    """uint8 [image_size, image_size] of the PNG, JPEG or DICOM file at scan["path"], bright where the film is bright.

    DICOM: modality table, then the file's own window or VOI table where it has one, MONOCHROME1 inverted. Then the
    middle square (crop) or padding, the percentile window, and an antialiased resize. UserError: a blank image.
    """
    image = images.read(scan["path"], voi=True)
    if options["square"] == "crop":
        image = middle(image)
    return images.to_uint8(image, options["image_size"], options["window"])


def middle(image: np.ndarray) -> np.ndarray:
    """The centred square of an image [H, W]."""
    side, (height, width) = min(image.shape), image.shape
    top, left = (height - side) // 2, (width - side) // 2
    return image[top : top + side, left : left + side]
