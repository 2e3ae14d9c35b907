"""One 2-D archive of MedMNIST (Yang et al. 2023, arXiv 2110.14795): an .npz with images and labels of three splits.

There are no patients: every image counts as its own subject, so splits by patient cannot be checked; they are the
official ones. There is no age and no sex. Colour becomes gray; gray levels stay as they are. An archive is one file,
so a scan's `path` is the archive and `index` its row in the split's array.
"""

import zipfile
import zlib
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

from ldcore.datasets import tables
from ldcore.datasets.records import SPLITS
from ldcore.datasets.scans import chest_labels
from ldcore.datasets.scans.images import gray, refuse_blank, squared
from ldcore.datasets.scans.listing import none_excluded
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
NONE = "No Finding"  # an image of a set with several labels that has none
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


def list_scans(options: dict):
    """(scans, excluded), with the official `split`. UserError: no archive, not MedMNIST's, labels without names."""
    file = archive(Path(options["source"]), options["file"])
    values = {split: stored_labels(file, split) for split in SPLITS}
    if len({array.shape[1] for array in values.values()}) > 1:
        raise UserError(f"{file} has labels of different widths; it is not as MedMNIST publishes it.")
    scans = [
        pd.DataFrame(
            {
                "subject_id": [f"{split}{row:06d}" for row in range(len(array))],
                "path": str(file),
                "split": split,
                "index": range(len(array)),
            }
        )
        for split, array in values.items()
    ]
    labels = by_name(np.concatenate(list(values.values())), label_names(file, options["labels"]), file)
    scans = pd.concat(scans, ignore_index=True)
    return chest_labels.count_findings(scans, none_excluded(), labels, options)


def read_scan(scan: dict, options: dict) -> np.ndarray:
    """uint8 [image_size, image_size] of the archive's image at scan["split"], scan["index"].

    Scans come in the order of their index, so a process decompresses an array once, as it goes, and holds no more
    than an image of it.
    """
    path = Path(scan["path"])
    stream, start, shape = opened(path, path.stat().st_mtime_ns, f"{scan['split']}_images")
    length = int(np.prod(shape[1:]))
    stream.seek(start + scan["index"] * length)
    data = stream.read(length)
    if len(data) < length:
        raise UserError("the archive ends before this image")
    image = np.frombuffer(data, np.uint8).reshape(shape[1:])
    pixels = gray(image)
    refuse_blank(pixels)
    return squared(pixels / 255.0, options["image_size"])


def archive(source: Path, name: str | None) -> Path:
    """The .npz that is meant, its checksums compared: a damaged image would otherwise pass as a good one."""
    files = sorted(source.glob("[!.]*.npz")) if name is None else [tables.first_of(source, name)]
    if len(files) != 1:
        names = ", ".join(path.name for path in files) or "none"
        raise UserError(f"{source} has {len(files)} .npz archives ({names}); name the one to use by option file.")
    try:
        with zipfile.ZipFile(files[0]) as contents:
            damage = contents.testzip()
    except (zipfile.BadZipFile, zlib.error, EOFError) as fault:
        damage = fault
    if damage:
        raise UserError(f"{files[0]} is damaged ({damage}); download it again.")
    return files[0]


@lru_cache(maxsize=3)
def opened(path: Path, changed: int, member: str):
    """(a stream, where its values start, shape [N, H, W] or [N, H, W, 3]) of a uint8 array in the archive.

    changed: the archive's time, so that another file of the same name is opened anew.
    """
    try:
        stream = zipfile.ZipFile(path).open(f"{member}.npy")  # noqa: SIM115  stays open for the next image
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


def label_names(file: Path, names: list[str] | None) -> tuple:
    """The option's names, else those known of the archive by its own name (chestmnist.npz, chestmnist_224.npz)."""
    if names is not None:
        twice = [name for place, name in enumerate(names) if name in names[:place]]
        if twice:
            raise UserError(f"Option labels names {twice[0]!r} twice; give every label a name of its own.")
        return tuple(names)
    known = file.stem.lower().split("_")[0]
    if known not in LABELS:
        raise UserError(
            f"Option labels: the names of the labels of {file.name}, in order, are not known; give them as a list."
        )
    return LABELS[known]


def by_name(labels: np.ndarray, names: tuple, file: Path) -> pd.DataFrame:
    """0 and 1 by name [N, K]: of class numbers [N, 1], or of several 0/1 labels, where none at all is No Finding."""
    remedy = f"but only {len(names)} names are given; name them all by option labels"
    if labels.shape[1] == 1:
        low, high = labels.min(initial=0), labels.max(initial=0)
        if low < 0:
            raise UserError(f"{file} has label {int(low)}, and labels count from 0; download the archive again.")
        if high >= len(names):
            raise UserError(f"{file} has label {int(high)}, {remedy}.")
        return pd.DataFrame(labels == np.arange(len(names)), columns=names, dtype=float)
    if labels.shape[1] != len(names):
        raise UserError(f"{file} has {labels.shape[1]} labels an image, {remedy}.")
    wrong = labels[~np.isin(labels, (0, 1))]
    if len(wrong):
        raise UserError(f"{file} has {int(wrong[0])} among its 0 and 1 labels; download the archive again.")
    if NONE in names:
        raise UserError(f"Option labels names {NONE!r}, which is an image without any label here; call it otherwise.")
    none_at_all = ~labels.any(axis=1)
    return pd.DataFrame(np.column_stack([none_at_all, labels]).astype(float), columns=[NONE, *names])
