"""A person's own images and one table: PNG or JPEG, NIfTI (.nii, .nii.gz) and DICOM, one row per image.

Columns of the table: path (relative to `root`, or absolute) and subject are required; session, age (years), sex,
diagnosis, findings, split and slice (index of the axial slice or frame, from 0) are optional, other columns are left
out.
"""

import os
from os.path import normpath
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from ldcore.datasets import tables
from ldcore.datasets.delimited import place_of
from ldcore.datasets.records import ALIKE_REMEDY, SPLITS, alike, contradictions, said, validate
from ldcore.datasets.scans import images
from ldcore.datasets.scans.build import read_in_turn, stacked, warn_of_copies
from ldcore.datasets.scans.dicom import is_dicom
from ldcore.datasets.scans.listing import is_file
from ldcore.datasets.scans.nifti import check_axes
from ldcore.datasets.splits import assign_splits
from ldcore.runtime.errors import UserError

TITLE = "own images"
SOURCE = "root"
RESUMES = True
EXTENDS = ("ldcore.datasets.records", "ldcore.datasets.scans.images")
OPTIONS = {
    "root": {"type": "string", "description": "the folder of the images"},
    "csv": {"type": "string", "description": "the table: counts from the working folder, else from root"},
    "image_size": {"type": "integer", "minimum": 8, "default": 64, "description": "pixels a side"},
    "axes": {
        "type": ["string", "null"],
        "default": None,
        "description": "where the three voxel axes run to (ASL: anterior, superior, left) in volumes that do not say",
    },
}
OF_AN_IMAGE = ("image_size", "window", "axes")  # the options that change what is read
REQUIRED = ("path", "subject")
OPTIONAL = ("session", "age", "sex", "diagnosis", "findings", "split", "slice")
SEXES = {"f": "F", "female": "F", "m": "M", "male": "M"}
OLDEST = 130.0  # years


def build(options: dict, seed: int, cache=None, workers: int = 1):
    """(records, images uint8 [N, size, size]), rows in the table's order; the seed assigns splits that are not given.

    cache: the folder where images wait until all are read, so that a killed run goes on (None: one that does not stay,
    and images in memory). workers: processes that read. UserError: the first fault of the table or of an image.
    """
    if cache is None:
        with TemporaryDirectory() as folder:
            records, stack = build(options, seed, folder, workers)
            return records, np.array(stack)
    check_axes(options["axes"])
    root, table = Path(options["root"]), read_table(options)
    remedy = "give a whole number from 0, or leave it empty for the middle slice"
    slices = tables.converted(table, "slice", slice_number, remedy)
    places = [place_of(root, path, is_file) for path in table["path"]]
    refuse_twice(places, table, slices)
    records = records_of(table, options["fractions"], seed)
    for row, path in zip(table.index, places):
        check_file(path, row)
    rows = [{"path": str(path), "slice": index} for path, index in zip(places, slices)]
    options = {name: options[name] for name in OF_AN_IMAGE}
    files = []
    for row, path, (file, fault) in zip(
        table.index, places, read_in_turn(read_scan, rows, options, Path(cache), workers)
    ):
        if fault:
            raise UserError(f"Row {row} names {path}, which {fault}.")
        files.append(file)
    stack = stacked(files, options["image_size"], Path(cache))
    warn_of_copies(records, files, [f"row {row} ({path})" for row, path in zip(table.index, table["path"])])
    return records, stack


def read_scan(scan: dict, options: dict) -> np.ndarray:
    """uint8 [image_size, image_size] of the file at scan["path"]. UserError: why it cannot be read, and what to do."""
    try:
        image = images.read(scan["path"], scan["slice"], axes=options["axes"])
    except UserError:
        raise
    except PermissionError as fault:
        raise UserError("may not be read by you: permission denied; have its owner share it") from fault
    except Exception as fault:  # the libraries raise many kinds for a damaged file
        reason = " ".join(str(fault).split()).rstrip(".")
        raise UserError(f"cannot be read ({reason}); replace the file") from fault
    return images.to_uint8(image, options["image_size"], options["window"])


def read_table(options: dict) -> pd.DataFrame:
    """The table with all of its columns, those that it lacks empty."""
    path = tables.path_of(options["csv"], options["root"], "csv")
    refuse_columns(path)
    table = tables.read(path, REQUIRED, OPTIONAL)
    for column in REQUIRED:
        nothing = table[column].str.lower().isin(tables.NOTHING)
        tables.refuse(table, column, nothing, "fill it in or delete the row")
    return table.assign(**{column: "" for column in OPTIONAL if column not in table})


def refuse_columns(path: Path) -> None:
    """UserError where a column is there twice, or is one of ours but for case or signs, and would not be read."""
    columns = tables.header(path)
    for name in (*REQUIRED, *OPTIONAL):
        found = [column for column in columns if tables.plain(column) == name]
        if len(found) > 1:
            raise UserError(f"{path} has the columns {found[0]!r} and {found[1]!r}; keep one of them, as {name!r}.")
        if found and found != [name]:
            raise UserError(f"{path} has a column {found[0]!r}; write it {name!r}, or name it unlike {name!r}.")


def refuse_twice(places: list[Path], table: pd.DataFrame, slices: list) -> None:
    """UserError where two rows name the same image."""
    row_of = {}
    for row, path, index in zip(table.index, places, slices):
        image = normpath(path)
        first = row_of.setdefault((image, index), row)
        if first != row:
            raise UserError(
                f"Rows {first} and {row} of {table.attrs['file']} name the same image, {image}; delete one of them."
            )


def refuse_alike(table: pd.DataFrame, column: str, values: pd.Series, what: str) -> None:
    """UserError where two of the values that a column's cells hold may be one, written in two ways.

    values: with the table's row numbers, which may come several times. what: what a value is.
    """
    pairs = alike(values)
    if pairs:
        rows = [values.index[values == value][0] for value in pairs[0]]
        raise UserError(
            f"{said(pairs)} may be one {what} (first in rows {rows[0]} and {rows[1]} of {table.attrs['file']}, column "
            f"{column}); {ALIKE_REMEDY.format(what)}."
        )


def labels_of(table: pd.DataFrame, column: str) -> list[str]:
    """The labels of a column as they are written, which is how a config names them.

    UserError: a cell that means nothing, no name on a side of a `|`, two names that may be one, or one set of names
    written in two ways (Mass|Edema, Edema | Mass).
    """
    remedy = "leave the cell empty where nothing is known, or call the label otherwise (No Finding)"
    tables.refuse(table, column, table[column].str.lower().isin(tables.NOTHING[1:]), remedy)
    parts = table[column].str.split("|").map(lambda cell: [" ".join(name.split()) for name in cell])
    unnamed = (table[column] != "") & parts.map(lambda names: "" in names)
    tables.refuse(table, column, unnamed, "name a label on either side of each |")
    names = parts.explode()
    refuse_alike(table, column, names[names != ""], "label")
    first_row = {}
    for row, cell, key in zip(table.index, table[column], map(frozenset, parts)):
        first = first_row.setdefault(key, row)
        if table[column][first] != cell:
            raise UserError(
                f"Labels {table[column][first]!r} and {cell!r} are one (first in rows {first} and {row} of "
                f"{table.attrs['file']}, column {column}); write a label alike in all rows."
            )
    return list(table[column])


def records_of(table: pd.DataFrame, fractions: dict, seed: int) -> pd.DataFrame:
    """The validated records of the table's cells."""
    subjects = table["subject"]
    refuse_alike(table, "subject", subjects, "subject")
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
            "diagnosis": labels_of(table, "diagnosis"),
            "findings": labels_of(table, "findings"),
            "split": splits,
            "image_index": np.arange(len(table)),
        }
    )
    validate(records, len(table), table.attrs["file"], table.index)
    in_time = (table["session"] != "").all()  # else sessions are rows as they come
    refuse_contradictions(records, table.attrs["file"], in_time)
    return records.reset_index(drop=True)


def refuse_contradictions(records: pd.DataFrame, file: str, in_time: bool) -> None:
    """UserError where a subject has two sexes, or is younger at a later session.

    records: with the file's rows. in_time: whether sessions are in order of time.
    """
    remedies = {
        "sex": "correct one, or give two subjects two ids",
        "age": "correct one, or number the sessions in order of time",
    }
    for subject, (column, *rows) in contradictions(records, in_time=in_time).items():
        one, other = records[column][rows]
        raise UserError(
            f"Subject {subject!r} has {column} {one} in row {rows[0]} and {column} {other}"
            f"{' at a later session' if column == 'age' else ''} in row {rows[1]} of {file}; {remedies[column]}."
        )


def whole_number(cell: str) -> int:
    """A number of digits alone. ValueError: anything else."""
    if not cell.isdecimal():
        raise ValueError
    return int(cell)


def slice_number(cell: str) -> int | None:
    """The index of a slice, None for the middle one."""
    return whole_number(cell) if cell else None


def check_file(path: Path, row: int) -> None:
    """UserError names the row and the file that is missing or of an unknown kind."""
    if os.path.isdir(path):
        raise UserError(f"Row {row} names {path}, which is a folder; name one file in it.")
    there = is_file(path)
    known = path.name.lower().endswith(images.ENDS) or (is_dicom(path) if there else not path.suffix)
    if not known:
        ends = ", ".join(images.ENDS)
        raise UserError(f"Row {row} names {path}, whose type is not known; use a file ending in {ends}.")
    if not there:
        raise UserError(f"Row {row} names {path}, which does not exist; correct the path or option 'root'.")
