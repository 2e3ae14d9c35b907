"""Real anatomy and real demographics for the chest phantom.

Read from the files that torchxrayvision carries (Apache-2.0): 517 lung masks, and CheXpert's label table with age,
sex and findings; no image, path or patient id is kept.
"""

import importlib.util
import io
import zipfile
from functools import lru_cache
from pathlib import Path

import numpy as np
from scipy import ndimage

from ldcore.runtime.errors import UserError

FINDINGS = ("No Finding", "Cardiomegaly", "Pleural Effusion", "Pneumonia")
GRID = 96  # cells a side of a mask
HALF_WIDTH, HALF_HEIGHT = 0.80, 0.70  # where the lungs' bounding box ends, in half frames


def package_file(name: str) -> Path:
    """A data file of torchxrayvision, found without importing it; UserError if the package is missing."""
    package = importlib.util.find_spec("torchxrayvision")
    path = Path(package.origin).parent / "data" / name if package else Path(name)
    if not path.is_file():
        raise UserError(f"chest_phantom needs {name} of the package torchxrayvision 1.5.7; install it.")
    return path


@lru_cache(maxsize=1)
def lungs() -> dict:
    """The lungs of every mask that shows two whole ones, once per process (about 4 s).

    masks [M, GRID, GRID] in [0, 1], over the lungs' bounding box, widened a little. floor [M, GRID]: each column's
    lowest lung row as a share of the box (the diaphragm), smooth across the heart.
    """
    from PIL import Image

    masks = []
    with zipfile.ZipFile(package_file("semantic_masks_v7labs_lungs.zip")) as archive:
        for name in sorted(archive.namelist()):
            if not name.endswith("/"):
                with Image.open(io.BytesIO(archive.read(name))) as image:
                    small = image.convert("L").resize((160, 160), Image.Resampling.NEAREST)
                masks.append(_pair(np.asarray(small) == 255))
    masks = np.stack([_framed(mask) for mask in masks if mask is not None]).astype(np.float32)
    rows = np.arange(GRID)[None, :, None]
    lowest = np.where(masks > 0.5, rows, -1).max(1) / (GRID - 1)
    return {"masks": masks, "floor": np.stack([_bridged(line) for line in lowest]).astype(np.float32)}


def _pair(mask):
    """The two lungs alone, or None where the picture does not show two whole upright ones."""
    named, _ = ndimage.label(mask)
    sizes = np.bincount(named.ravel(), minlength=3)
    sizes[0] = 0
    two = np.argsort(sizes)[-2:]
    smaller, larger = sizes[two]
    third = np.sort(sizes)[-3:-2].sum()
    if smaller < 0.6 * larger or smaller < 1000 or third > 0.05 * larger:
        return None
    mask = ndimage.binary_fill_holes(np.isin(named, two))
    if mask[0].any() or mask[-1].any() or mask[:, 0].any() or mask[:, -1].any():
        return None
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    (top, _), (top2, _) = (ndimage.find_objects(named)[name - 1] for name in two)
    height, width = np.ptp(rows), np.ptp(columns)
    upright = abs(top.start - top2.start) < 0.15 * height and abs(top.stop - top2.stop) < 0.2 * height
    return mask if upright and 0.8 < width / height < 1.3 else None


def _framed(mask):
    """The mask's bounding box, resampled to [GRID, GRID] and smoothed; a margin of 3 cells stays empty."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    box = mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].astype(np.float32)
    factors = ((GRID - 6) / box.shape[0], (GRID - 6) / box.shape[1])
    inner = ndimage.zoom(box, factors, order=1, grid_mode=True, mode="nearest")
    return ndimage.gaussian_filter(np.pad(inner, 3), 1.2)


def _bridged(line):
    """The diaphragm where there is lung above it, straight in between; outwards it falls away along the chest wall."""
    lung, columns = np.flatnonzero(line >= 0), np.arange(GRID)
    beyond = np.maximum(lung[0] + 1 - columns, columns - lung[-1] + 1).clip(0)
    return ndimage.gaussian_filter1d(np.interp(columns, lung, line[lung]), 1.5) + 0.06 * beyond


@lru_cache(maxsize=1)
def demographics() -> dict:
    """Finding -> (ages float [N], sexes [N] of F / M), of frontal CheXpert rows that have it alone of the four."""
    import pandas as pd

    table = pd.read_csv(package_file("chexpert_train.csv.gz"), usecols=["Sex", "Age", "Frontal/Lateral", *FINDINGS])
    frontal, known = table["Frontal/Lateral"] == "Frontal", table["Sex"].isin(["Female", "Male"])
    table = table[frontal & known & table["Age"].between(18, 90)]
    alone = (table[list(FINDINGS)] == 1).sum(axis=1) == 1
    people = {}
    for name in FINDINGS:
        rows = table[alone & (table[name] == 1)]
        people[name] = (rows["Age"].to_numpy(float), rows["Sex"].str[0].to_numpy(str))
    return people


def sample(table, y, x):
    """Bilinear values of `table` [H, W] at float positions y, x (cells), held at the border."""
    return ndimage.map_coordinates(table, [y, x], order=1, mode="nearest")
