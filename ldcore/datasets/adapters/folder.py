"""A person's own images and one CSV table: PNG or JPEG, NIfTI (.nii, .nii.gz) and DICOM, one row per image.

CSV columns: path (relative to `root`, or absolute) and subject are required; session, age (years), sex, diagnosis,
findings, split and slice (index of the axial slice or frame, from 0) are optional, other columns are left out.
Rows in error texts count as a spreadsheet does: the header is row 1.
"""

from os.path import normpath
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from ldcore.datasets.records import SPLITS, assign_splits, validate
from ldcore.datasets.scans.images import SCANS, axial_slice, check_window, dicom, one_gray, picture, to_uint8
from ldcore.runtime.errors import UserError
from ldcore.runtime.files import in_folder

TITLE = "own images"
SOURCE = "root"
EXTENDS = ("ldcore.datasets.records", "ldcore.datasets.scans.images")
OPTIONS = {
    "root": {"type": "string", "description": "the folder of the images"},
    "csv": {"type": "string", "description": "the table: counts from the working folder, else from root"},
    "image_size": {"type": "integer", "minimum": 8, "default": 64, "description": "pixels a side"},
}
SEX_CODES = {"f": "F", "female": "F", "m": "M", "male": "M", "": ""}
PICTURES, VOLUMES = (".png", ".jpg", ".jpeg"), (".nii", ".nii.gz")


def build(options: dict, seed: int):
    """Return (records, images uint8 [N, size, size]), rows in the CSV's order; the seed only assigns missing splits.

    UserError: the first fault of the table or of an image.
    """
    root, table = _table(options)
    size, window = options["image_size"], options["window"]
    check_window(window)
    records = _records(table, options, seed)
    images = np.empty((len(table), size, size), np.uint8)
    slices = _each(table, "slice", _slice)
    _once(root, table, slices)
    for number, (path, index) in enumerate(zip(tqdm(table["path"], desc="folder", mininterval=2), slices)):
        images[number] = to_uint8(_read(root / path, index, number + 2), size, window)
    return records, images


def _table(options):
    """The root folder and the CSV as text cells, required columns present and filled."""
    root, file = Path(options["root"]), in_folder(options["csv"], options["root"])
    if not file.is_file():
        raise UserError(f"The table {options['csv']} was not found, nor in {root}; correct option 'csv'.")
    try:
        table = pd.read_csv(file, dtype=str, keep_default_na=False, encoding="utf-8-sig", skipinitialspace=True)
    except ValueError as fault:  # pandas' parser errors are ValueErrors too
        reason = " ".join(str(fault).split())
        raise UserError(f"The table {file} is not readable CSV ({reason}); save it as UTF-8 CSV.") from fault
    table = table.rename(columns=str.strip).fillna("").apply(lambda column: column.str.strip())
    for column in ("path", "subject"):
        if column not in table:
            raise UserError(f"{file} has no column {column!r} (found: {', '.join(table.columns)}); add it.")
        empty = np.flatnonzero(table[column] == "")
        if len(empty):
            raise UserError(f"Row {empty[0] + 2} of {file} has no {column}; fill it in or delete the row.")
    if table.empty:
        raise UserError(f"{file} has a header but no rows; list at least one image.")
    table.attrs["file"] = str(file)
    return root, table


def _once(root, table, slices):
    """UserError where two rows name the same image."""
    first = {}
    for number, image in enumerate(zip((normpath(root / path) for path in table["path"]), slices), 2):
        if first.setdefault(image, number) != number:
            raise UserError(
                f"Rows {first[image]} and {number} of {table.attrs['file']} name the same image, {image[0]}; delete one of them."
            )


def _records(table, options, seed):
    """The validated records table from the CSV's text cells."""
    blank = pd.Series([""] * len(table))
    subjects = table["subject"]
    if (table.get("split", blank) == "").all():
        split = subjects.map(assign_splits(subjects, options["fractions"], seed))
    else:
        split = _each(table, "split", _split)
    if (table.get("session", blank) == "").all():
        session = subjects.groupby(subjects).cumcount()
    else:
        session = _each(table, "session", _session)
    records = pd.DataFrame(
        {
            "subject_id": subjects,
            "session": session,
            "age": _each(table, "age", _age),
            "sex": _each(table, "sex", _sex),
            "diagnosis": table.get("diagnosis", blank),
            "findings": table.get("findings", blank),
            "split": split,
            "image_index": np.arange(len(table)),
        }
    )
    validate(records, len(table))
    return records


def _each(table, name, convert):
    """Convert every cell of a column; UserError names the file, the row, the column, the cell and what it should be."""
    column, file = table.get(name, [""] * len(table)), table.attrs["file"]
    values = []
    for number, cell in enumerate(column):
        try:
            values.append(convert(cell))
        except ValueError as fault:
            raise UserError(f"Row {number + 2} of {file} has {name} {cell!r}; {fault}.") from None
    return values


def _age(cell):
    try:
        age = float(cell) if cell else float("nan")
    except ValueError:
        age = -1.0
    if cell and not 0 <= age <= 130:
        raise ValueError("give years as a number from 0 to 130, or leave it empty")
    return age


def _sex(cell):
    if cell.lower() not in SEX_CODES:
        raise ValueError("use F, M, female or male, or leave it empty")
    return SEX_CODES[cell.lower()]


def _session(cell):
    if not cell.isdecimal():
        raise ValueError("number the sessions 0, 1, 2 ...")
    return int(cell)


def _slice(cell):
    if cell and not cell.isdecimal():
        raise ValueError("give a whole number from 0, or leave it empty for the middle slice")
    return int(cell) if cell else None


def _split(cell):
    if cell.lower() not in SPLITS:
        raise ValueError(f"use one of {', '.join(SPLITS)} in every row, or none at all")
    return cell.lower()


def _read(path, index, row):
    """One image as float64 [H, W]; UserError names the file and the CSV row when it is missing or unreadable."""
    name = path.name.lower()
    readers = {PICTURES: picture, VOLUMES: axial_slice, SCANS: dicom}
    reader = next((readers[ends] for ends in readers if name.endswith(ends)), None)
    if reader is None:
        known = ", ".join(PICTURES + VOLUMES + SCANS)
        raise UserError(f"Row {row} names {path}, whose type is not known; use a file ending in {known}.")
    if not path.is_file():
        raise UserError(f"Row {row} names {path}, which does not exist; correct the path or option 'root'.")
    try:
        return one_gray(reader(path, index))
    except Exception as fault:  # the three libraries raise many kinds for a damaged file
        reason = " ".join(str(fault).split()).rstrip(".")
        raise UserError(f"Row {row} names {path}, which cannot be read ({reason}); replace the file.") from fault
