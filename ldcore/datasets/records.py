"""The one records table every dataset yields: a pandas DataFrame beside a uint8 image stack.

One row per image. Columns: subject_id (str), session (int, 0 is the first visit), age (years, may be empty),
sex ("F"/"M", may be empty), diagnosis ("CN"/"MCI"/"AD" for brain, may be empty), findings (str, may be empty),
split ("train"/"val"/"test"), image_index (row of images.npy). Further columns are kept as they are.
"""

import re
import shutil
import unicodedata
from pathlib import Path

import numpy as np
import pandas as pd

from ldcore.runtime.errors import UserError
from ldcore.runtime.files import atomic, staged

OPTIONS = {
    "fractions": {
        "type": "object",
        "propertyNames": {"enum": ["train", "val", "test"]},
        "additionalProperties": {"type": "number", "minimum": 0, "maximum": 1},
        "total": 1,
        "default": {"train": 0.7, "val": 0.1, "test": 0.2},
        "description": "shares of the subjects, drawn by hash of their id",
    },
}
COLUMNS = ("subject_id", "session", "age", "sex", "diagnosis", "findings", "split", "image_index")
SPLITS = ("train", "val", "test")
SELECTION = ("train", "val")  # what choices may look at; the test split is touched by reporting alone
SEXES = ("F", "M")
YOUNGER = 1.0  # years; less may be rounding
ALIKE_REMEDY = "write a {} alike in all rows, and two so that more than case, zeros or signs differ"
TEXT_COLUMNS = ("subject_id", "sex", "diagnosis", "findings", "split")


def validate(records: pd.DataFrame, image_count: int | None = None, file="records.csv", rows=None) -> None:
    """Raise UserError naming the subject and the row of the first fault; `image_count` bounds image_index.

    Checks: columns present, splits known, sex codes known, no patient in two splits, under two spellings of an id
    neither, (subject, session) unique, image_index a distinct whole number in [0, image_count) (>= 0 when image_count
    is None). file: where the rows stand. rows: their numbers there; None: one after the other, the header being row 1.
    """
    missing = [name for name in COLUMNS if name not in records.columns]
    if missing:
        columns = ", ".join(map(str, records.columns))
        raise UserError(f"The records table has no column {missing[0]!r} (found: {columns}); add it.")
    records = records.set_axis(range(2, len(records) + 2) if rows is None else rows)
    refuse(records, file, ~records["split"].isin(SPLITS), "split", f"use one of {', '.join(SPLITS)}")
    sex = records["sex"].fillna("")
    refuse(records, file, ~sex.isin(SEXES + ("",)), "sex", "use F, M or leave it empty")
    pairs = alike(records["subject_id"])
    if pairs:
        raise UserError(f"{said(pairs)} may be one subject; {ALIKE_REMEDY.format('subject')}.")
    first = records.drop_duplicates(["subject_id", "split"])
    elsewhere = first[first.duplicated("subject_id", keep=False)]
    for subject, places in elsewhere.groupby("subject_id"):
        places = places.sort_values("split")
        raise UserError(
            f"Subject {subject!r} is in splits {' and '.join(places['split'])} (rows "
            f"{' and '.join(map(str, places.index))} of {file}); give all its rows one split."
        )
    twice = records.duplicated(["subject_id", "session"])
    if twice.any():
        row = twice.idxmax()
        subject, session = records.loc[row, ["subject_id", "session"]]
        same = (records["subject_id"] == subject) & (records["session"] == session)
        raise UserError(
            f"Rows {same.idxmax()} and {row} of {file} are both session {session} of subject {subject!r}; number the "
            "sessions apart."
        )
    index = pd.to_numeric(records["image_index"], errors="coerce")
    top = np.inf if image_count is None else image_count
    stored = "the image stack" if image_count is None else f"the {image_count} stored images"
    bad = ~((index >= 0) & (index < top) & (index % 1 == 0))
    refuse(records, file, bad, "image_index", f"it must name one of {stored}")
    refuse(records, file, index.duplicated(), "image_index", "another row already names that image")


def alike(subjects) -> list[tuple[str, str]]:
    """Pairs of different ids that only differ as spreadsheets and hands change an id.

    These are case, leading zeros of a number, a decimal .0, and which sign or space stands between parts.
    """
    first, pairs = {}, []
    for subject in dict.fromkeys(map(str, subjects)):
        text = re.sub(r"^(\d+)\.0+$", r"\1", unicodedata.normalize("NFKC", subject).casefold())
        text = re.sub(r"(?<![\d.])0+(?=\d)", "", re.sub(r"[\s_-]+", "-", text))
        other = first.setdefault(text, subject)
        if other != subject:
            pairs.append((other, subject))
    return pairs


def said(pairs: list[tuple[str, str]]) -> str:
    """The first pairs of `alike`, for a sentence."""
    first = ", ".join(f"{one!r} and {other!r}" for one, other in pairs[:3])
    return f"{first} and {len(pairs) - 3} more pairs" if len(pairs) > 3 else first


def contradictions(records: pd.DataFrame, order: str = "session", in_time: bool = True) -> dict[str, tuple]:
    """{subject: (column, row, later row)} of those with two sexes, or younger at a later session by YOUNGER or more.

    Rows by the table's index. order: the column that tells what is later; where it is alike, nothing is. in_time:
    whether it does; else sexes alone are looked at.
    """
    found = {}
    sexed = records[records["sex"].fillna("") != ""]
    first = sexed.assign(row=sexed.index).groupby("subject_id")[["sex", "row"]].transform("first")
    for row in sexed.index[sexed["sex"] != first["sex"]]:
        found.setdefault(sexed["subject_id"][row], ("sex", first["row"][row], row))
    if not in_time:
        return found
    aged = records.assign(age=pd.to_numeric(records["age"]), row=records.index).dropna(subset="age")
    aged = aged.sort_values(["subject_id", order, "age"], kind="stable")
    oldest = aged.groupby("subject_id")["age"].cummax()
    peak = aged["row"].where(aged["age"] == oldest).ffill()  # the first of a subject's rows is one
    for row in aged.index[aged["age"] <= oldest - YOUNGER]:
        found.setdefault(aged["subject_id"][row], ("age", int(peak[row]), row))
    return found


def rows_of(records: pd.DataFrame, splits) -> np.ndarray:
    """Positions in the table of the rows of some splits, ints [N]. UserError: an unknown split, or no such row."""
    for split in splits:
        if split not in SPLITS:
            raise UserError(f"Split {split!r} is unknown; use one of {', '.join(SPLITS)}.")
    rows = np.flatnonzero(records["split"].isin(splits))
    if not len(rows):
        raise UserError(f"The data set has no image in its {' or '.join(splits)} split; give that split a share.")
    return rows


def selection_records(records: pd.DataFrame) -> pd.DataFrame:
    """The part of the table that a choice may be made on, numbered anew; its image_index still names the images.

    UserError: the data set has no image in these splits (SELECTION).
    """
    return records.iloc[rows_of(records, SELECTION)].reset_index(drop=True)


def refuse_test(records: pd.DataFrame, purpose: str) -> None:
    """UserError where a table that something is chosen on has a row of the test split.

    Whatever chooses calls this on what it was handed. purpose: what is chosen, for the error.
    """
    of_test = np.flatnonzero(records["split"] == "test")
    if len(of_test):
        raise UserError(
            f"Row {of_test[0]} is of the test split, which {purpose} must not be chosen on; choose on "
            f"{' or '.join(SELECTION)} rows."
        )


def refuse(records, file, bad, column, remedy):
    """Raise UserError for the first row where the boolean mask `bad` holds; records: with the file's row numbers."""
    if bad.any():
        row = bad.idxmax()
        subject, value = records.loc[row, ["subject_id", column]]
        raise UserError(f"Row {row} of {file} (subject {subject!r}) has {column} {value!r}; {remedy}.")


def save(records: pd.DataFrame, images: np.ndarray, folder) -> None:
    """Write folder/images.npy (uint8 [N, H, W]) and then folder/records.csv, each atomically.

    Raises UserError for an invalid table or an image stack of another type or shape.
    """
    if images.dtype != np.uint8 or images.ndim != 3:
        raise UserError(f"The images are {images.dtype} {list(images.shape)}; convert them to uint8 [N, H, W].")
    validate(records, len(images))
    folder = Path(folder)
    with atomic(folder / "images.npy") as temporary:
        if isinstance(images, np.memmap) and Path(images.filename).stat().st_size == images.offset + images.nbytes:
            shutil.copyfile(images.filename, temporary)  # a whole file: it need not pass through memory
        else:
            np.save(temporary, images)
    with atomic(folder / "records.csv") as temporary:
        records.to_csv(temporary, index=False)


def load(folder, mmap: bool = False):
    """Return (records, images uint8 [N, H, W]) as written by `save`; empty text cells come back as "".

    `mmap` leaves the images on disk (read-only). Raises UserError when a file is missing or the table is invalid.
    """
    folder = Path(folder)
    for name in ("records.csv", "images.npy"):
        if not (folder / name).is_file():
            raise UserError(f"{folder / name} is missing; build the dataset first.")
    try:
        columns = pd.read_csv(folder / "records.csv", nrows=0).columns
        records = pd.read_csv(
            folder / "records.csv",
            dtype={name: str for name in columns if name in TEXT_COLUMNS},
            keep_default_na=False,  # a subject or finding may be called "NA"
            na_values={name: [""] for name in columns if name not in TEXT_COLUMNS},
        )
        images = np.load(staged(folder / "images.npy"), mmap_mode="r" if mmap else None)
    except (ValueError, OSError) as fault:
        raise UserError(f"The dataset in {folder} cannot be read ({fault}); build it again.") from fault
    validate(records, len(images), folder / "records.csv")
    return records, images
