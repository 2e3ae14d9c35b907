"""One 2-D archive of MedMNIST (Yang et al. 2023, arXiv 2110.14795): train_images, train_labels, val_..., test_... in one .npz.

There are no patients: every image counts as its own subject, so splits by patient cannot be checked; they are the official ones.  There
is no age and no sex.  Colour becomes gray; gray levels stay as they are.  An archive is one file, so a scan's `path` is the
archive and `index` its row in the split's array.
"""

import zipfile
import zlib
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

from ldcore.datasets.records import SPLITS
from ldcore.datasets.scans import chest_tables
from ldcore.datasets.scans.images import squared
from ldcore.runtime.errors import UserError

TITLE = "MedMNIST"
PATIENTS = False
EXTENDS = ("ldcore.datasets.scans.build",)
OPTIONS = {
    "image_size": {"type": "integer", "minimum": 8, "default": 64, "description": "pixels a side"},
    "file": {"type": ["string", "null"], "default": None, "description": "which .npz; null: the only one"},
    "labels": {
        "type": ["array", "null"],
        "items": {"type": "string"},
        "default": None,
        "description": "the labels' names in order; null: those of pneumoniamnist or chestmnist",
    },
    "findings": {
        "type": ["array", "null"],
        "items": {"type": "string"},
        "minItems": 1,
        "default": None,
        "description": "the labels of interest; null: all",
    },
    "single": {"type": "boolean", "default": True, "description": "only images with exactly one of the labels"},
}
LABELS = {
    "pneumoniamnist": ("No Finding", "Pneumonia"),
    "chestmnist": (
        "Atelectasis",
        "Cardiomegaly",
        "Pleural Effusion",
        "Infiltration",
        "Mass",
        "Nodule",
        "Pneumonia",
        "Pneumothorax",
        "Consolidation",
        "Edema",
        "Emphysema",
        "Fibrosis",
        "Pleural Thickening",
        "Hernia",
    ),
}


def listing(options: dict):
    """(scans, excluded) as ldcore.datasets.scans describes, with the official `split`; UserError: no archive, not MedMNIST's, labels unnamed."""
    file = archive(Path(options["source"]), options["file"])
    scans, labels = [], []
    for split in SPLITS:
        found = stored_labels(file, split)
        scans.append(
            pd.DataFrame(
                {
                    "subject_id": [f"{split}{row:06d}" for row in range(len(found))],
                    "path": str(file),
                    "split": split,
                    "index": range(len(found)),
                }
            )
        )
        labels.append(found)
    widths = {part.shape[1] for part in labels}
    if len(widths) > 1:
        raise UserError(f"{file} has labels of different widths; it is not as MedMNIST publishes it.")
    labels = named(np.concatenate(labels), names_of(file, options["labels"]), file)
    return chest_tables.counted(pd.concat(scans, ignore_index=True), chest_tables.nothing(), labels, options)


def prepared(scan: dict, options: dict) -> np.ndarray:
    """uint8 [image_size, image_size] of the archive's image at scan["split"], scan["index"].

    Scans come in the order of their index, so a process decompresses an array once, as it goes, and holds no more than an image of it.
    """
    from PIL import Image

    path = Path(scan["path"])
    stream, start, shape = opened(path, path.stat().st_mtime_ns, f"{scan['split']}_images")
    length = int(np.prod(shape[1:]))
    stream.seek(start + scan["index"] * length)
    data = stream.read(length)
    if len(data) < length:
        raise UserError("the archive ends before this image")
    image = np.frombuffer(data, np.uint8).reshape(shape[1:])
    gray = image if image.ndim == 2 else np.asarray(Image.fromarray(image).convert("L"))
    return squared(gray / 255.0, options["image_size"])


def archive(source: Path, name: str | None) -> Path:
    """The .npz that is meant, its checksums compared: a damaged image would otherwise pass as a good one."""
    found = sorted(source.glob("*.npz")) if name is None else [chest_tables.find(source, name)]
    if len(found) != 1:
        names = ", ".join(path.name for path in found) or "none"
        raise UserError(f"{source} has {len(found)} .npz archives ({names}); name the one to use by option file.")
    try:
        with zipfile.ZipFile(found[0]) as opened_file:
            broken = opened_file.testzip()
    except (zipfile.BadZipFile, zlib.error, EOFError) as fault:
        broken = fault
    if broken:
        raise UserError(f"{found[0]} is damaged ({broken}); download it again.")
    return found[0]


@lru_cache(maxsize=3)
def opened(path: Path, changed: int, member: str):
    """(a stream, where its values start, shape [N, H, W] or [N, H, W, 3]) of a uint8 array in the archive; `changed` is its time."""
    try:
        stream = zipfile.ZipFile(path).open(f"{member}.npy")
        version = np.lib.format.read_magic(stream)
        header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, columns_first, kind = header(stream)
    except (KeyError, ValueError) as fault:
        raise UserError(f"{path} has no {member} ({fault}); use a 2-D archive as MedMNIST publishes it.") from fault
    if kind != np.uint8 or columns_first or not (len(shape) == 3 or len(shape) == 4 and shape[3] == 3):
        raise UserError(
            f"{path}: {member} is {kind} {list(shape)}; use a 2-D archive, uint8 [N, H, W] or [N, H, W, 3]."
        )
    return stream, stream.tell(), shape


def stored_labels(file: Path, split: str) -> np.ndarray:
    """Integers [N, K] of a split, as many rows as it has images."""
    _, _, shape = opened(file, file.stat().st_mtime_ns, f"{split}_images")
    try:
        with np.load(file) as arrays:
            labels = arrays[f"{split}_labels"]
    except (KeyError, ValueError) as fault:
        raise UserError(
            f"{file} has no {split}_labels ({fault}); use a 2-D archive as MedMNIST publishes it."
        ) from fault
    if len(labels) != shape[0] or labels.dtype.kind not in "iu":
        raise UserError(
            f"{file}: {split}_labels is {labels.dtype} {list(labels.shape)} for {shape[0]} images; download it again."
        )
    return labels.reshape(len(labels), -1)


def names_of(file: Path, names) -> tuple:
    """The labels' names: the option's, else what is known of the archive by its name (chestmnist.npz, chestmnist_224.npz)."""
    known = file.stem.lower().split("_")[0]
    if names is None and known not in LABELS:
        raise UserError(
            f"Option labels: the names of the labels of {file.name}, in order, are not known; give them as a list."
        )
    return tuple(LABELS[known] if names is None else names)


def named(labels: np.ndarray, names: tuple, file: Path) -> pd.DataFrame:
    """0 and 1 by name [N, K]: of class numbers [N, 1], or of several 0/1 labels, to which none at all adds No Finding."""
    if labels.shape[1] == 1:
        if labels.min(initial=0) < 0 or labels.max(initial=0) >= len(names):
            raise UserError(
                f"{file} has label {int(labels.max())}, but only {len(names)} names are given; name them all by option labels."
            )
        return pd.DataFrame(labels == np.arange(len(names)), columns=names, dtype=float)
    if labels.shape[1] != len(names) or not np.isin(labels, (0, 1)).all():
        raise UserError(
            f"{file} has {labels.shape[1]} labels an image, but {len(names)} names are given; name them all by option labels."
        )
    return pd.DataFrame(np.column_stack([~labels.any(axis=1), labels]).astype(float), columns=["No Finding", *names])
