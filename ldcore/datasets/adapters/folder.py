"""A person's own images and one table: PNG or JPEG, NIfTI (.nii, .nii.gz) and DICOM, one row per image.

Columns of the table: path (relative to `root`, or absolute) and subject are required; session, age (years), sex,
diagnosis, findings, split and slice (index of the axial slice or frame, from 0) are optional, other columns are left
out.
"""

from os.path import normpath
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from ldcore.datasets import tables
from ldcore.datasets.records import SPLITS, validate
from ldcore.datasets.scans import images
from ldcore.datasets.splits import assign_splits
from ldcore.runtime.errors import UserError

TITLE = "own images"
SOURCE = "root"
EXTENDS = ("ldcore.datasets.records", "ldcore.datasets.scans.images")
OPTIONS = {
    "root": {"type": "string", "description": "the folder of the images"},
    "csv": {"type": "string", "description": "the table: counts from the working folder, else from root"},
    "image_size": {"type": "integer", "minimum": 8, "default": 64, "description": "pixels a side"},
}
REQUIRED = ("path", "subject")
OPTIONAL = ("session", "age", "sex", "diagnosis", "findings", "split", "slice")
SEXES = {"f": "F", "female": "F", "m": "M", "male": "M"}
OLDEST = 130.0  # years


def build(options: dict, seed: int):
    """(records, images uint8 [N, size, size]), rows in the table's order; the seed assigns splits that are not given.

    UserError: the first fault of the table or of an image.
    """
    size, window = options["image_size"], options["window"]
    images.check_window(window)
    root, table = Path(options["root"]), read_table(options)
    records = records_of(table, options["fractions"], seed)
    remedy = "give a whole number from 0, or leave it empty for the middle slice"
    slices = tables.converted(table, "slice", slice_number, remedy)
    refuse_twice(root, table, slices)
    stack = np.empty((len(table), size, size), np.uint8)
    rows = zip(table.index, table["path"], slices)
    for place, (row, path, index) in enumerate(tqdm(rows, total=len(table), desc="folder", mininterval=2)):
        stack[place] = images.to_uint8(read_image(root / path, index, row), size, window)
    return records, stack


def read_table(options: dict) -> pd.DataFrame:
    """The table with all of its columns, those that it lacks empty."""
    table = tables.read(tables.path_of(options["csv"], options["root"], "csv"), REQUIRED, OPTIONAL)
    for column in REQUIRED:
        tables.refuse(table, column, table[column] == "", "fill it in or delete the row")
    return table.assign(**{column: "" for column in OPTIONAL if column not in table})


def refuse_twice(root: Path, table: pd.DataFrame, slices: list) -> None:
    """UserError where two rows name the same image."""
    row_of = {}
    for row, path, index in zip(table.index, table["path"], slices):
        image = normpath(root / path)
        first = row_of.setdefault((image, index), row)
        if first != row:
            raise UserError(
                f"Rows {first} and {row} of {table.attrs['file']} name the same image, {image}; delete one of them."
            )


def records_of(table: pd.DataFrame, fractions: dict, seed: int) -> pd.DataFrame:
    """The validated records of the table's cells."""
    subjects = table["subject"]
    if (table["split"] == "").all():
        split_of = assign_splits(subjects, fractions, seed)
        splits = [split_of[subject] for subject in subjects]
    else:
        names = {name: name for name in SPLITS}
        remedy = f"use one of {', '.join(SPLITS)} in every row, or none at all"
        splits = tables.converted(table, "split", lambda cell: names[cell.lower()], remedy)
    if (table["session"] == "").all():
        sessions = subjects.groupby(subjects).cumcount()
    else:
        sessions = tables.converted(table, "session", whole_number, "number the sessions 0, 1, 2 ...")
    records = pd.DataFrame(
        {
            "subject_id": subjects,
            "session": sessions,
            "age": tables.number(table, "age", 0, OLDEST),
            "sex": tables.coded(table, "sex", SEXES),
            "diagnosis": table["diagnosis"],
            "findings": table["findings"],
            "split": splits,
            "image_index": np.arange(len(table)),
        }
    ).reset_index(drop=True)
    validate(records, len(table))
    return records


def whole_number(cell: str) -> int:
    """A number of digits alone. ValueError: anything else."""
    if not cell.isdecimal():
        raise ValueError
    return int(cell)


def slice_number(cell: str) -> int | None:
    """The index of a slice, None for the middle one."""
    return whole_number(cell) if cell else None


def read_image(path: Path, index: int | None, row: int) -> np.ndarray:
    """One image as float64 [H, W]. UserError names the row and the file that is missing or unreadable."""
    if not path.name.lower().endswith(images.ENDS):
        known = ", ".join(images.ENDS)
        raise UserError(f"Row {row} names {path}, whose type is not known; use a file ending in {known}.")
    if not path.is_file():
        raise UserError(f"Row {row} names {path}, which does not exist; correct the path or option 'root'.")
    try:
        return images.read(path, index)
    except Exception as fault:  # the libraries raise many kinds for a damaged file
        reason = " ".join(str(fault).split()).rstrip(".")
        raise UserError(f"Row {row} names {path}, which cannot be read ({reason}); replace the file.") from fault
