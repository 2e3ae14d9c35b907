"""MIMIC-CXR-JPG 2.1 (Johnson et al. 2019, arXiv 1901.07042), or MIMIC-CXR's DICOM files in the same tree: frontal views, PA before AP.

A study is a session, ordered by its (shifted) date and time.  Age and sex come from MIMIC-IV's patients table, by option `patients`:
anchor_age + years since anchor_year, where 91 stands for everybody above 89.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from ldcore.datasets.scans import chest_tables
from ldcore.datasets.scans.build import left_out
from ldcore.datasets.scans.chest_scan import prepared  # noqa: F401  (of the adapter)
from ldcore.datasets.scans.images import check_window
from ldcore.runtime.errors import UserError

TITLE = "MIMIC-CXR"
EXTENDS = ("ldcore.datasets.scans.build", "ldcore.datasets.scans.chest_scan")
OPTIONS = {
    "uncertain": {
        "enum": ["ignore", "zeros", "ones"],
        "default": "ignore",
        "description": "label -1 among the findings: leave the scan out, take it as absent, or as present",
    },
    "patients": {"type": ["string", "null"], "default": None, "description": "MIMIC-IV's table, for age and sex"},
    "official_split": {
        "type": "boolean",
        "default": False,
        "description": "the data set's own split (its test part is 1 % of the patients) instead of fractions",
    },
}
METADATA = ("dicom_id", "subject_id", "study_id", "ViewPosition", "StudyDate", "StudyTime")
PATIENT_COLUMNS = ("subject_id", "gender", "anchor_age", "anchor_year")
SPLITS = {"train": "train", "validate": "val", "test": "test"}


def listing(options: dict):
    """(scans, excluded) as ldcore.datasets.scans describes; UserError: a table, column or cell that is not MIMIC-CXR's."""
    check_window(options["window"])
    source = Path(options["source"])
    file = named(source, "metadata")
    table = chest_tables.read(file, METADATA)
    scans = pd.DataFrame(
        {
            "subject_id": table["subject_id"],
            "study_id": table["study_id"],
            "dicom_id": table["dicom_id"],
            "view": table["ViewPosition"],
            "when": moments(table, file),
            "path": [str(place(source, *row)) for row in table[list(METADATA[:3])].itertuples(index=False)],
        }
    )
    scans, excluded = left_out(scans, chest_tables.nothing(), scans["dicom_id"].duplicated(), "row repeated")
    for view in sorted(set(scans["view"]) - {"PA", "AP"}):
        scans, excluded = left_out(
            scans, excluded, scans["view"] == view, f"view {view}" if view else "no view position"
        )
    scans = scans.assign(order=scans["view"] == "AP").sort_values(
        ["subject_id", "study_id", "order", "dicom_id"], ignore_index=True
    )
    scans, excluded = left_out(
        scans, excluded, scans.duplicated(["subject_id", "study_id"]), "another frontal view of the study"
    )
    scans, excluded, labels = labelled(scans, excluded, named(source, "chexpert"))
    scans = with_patients(scans, options["patients"], source)
    if options["official_split"]:
        scans = scans.assign(split=official(scans["dicom_id"], named(source, "split")))
    scans, excluded = chest_tables.counted(scans, excluded, labels, options)
    scans, excluded = chest_tables.present_files(scans.assign(path=scans["path"].map(stored)), excluded)
    return scans.drop(columns=["order", "study_id", "dicom_id"]), excluded


def named(source: Path, table: str) -> Path:
    """One of the data set's own tables, zipped or not."""
    return chest_tables.find(source, f"mimic-cxr-2.0.0-{table}.csv.gz", f"mimic-cxr-2.0.0-{table}.csv")


def place(source: Path, dicom_id: str, subject_id: str, study_id: str) -> Path:
    """files/p10/p10000032/s50414267/DICOM_ID.jpg."""
    return source / "files" / f"p{subject_id[:2]}" / f"p{subject_id}" / f"s{study_id}" / f"{dicom_id}.jpg"


def stored(path: str) -> str:
    """The .jpg, or the .dcm that is there instead."""
    other = Path(path).with_suffix(".dcm")
    return path if Path(path).is_file() or not other.is_file() else str(other)


def moments(table: pd.DataFrame, file: Path) -> list[str]:
    """'2180-05-06 21:30:14' of every row; StudyTime loses its leading zeros in the table (5814.5 is 00:58:14)."""

    def date(cell):
        if len(cell) != 8 or not cell.isdecimal():
            raise ValueError
        return f"{cell[:4]}-{cell[4:6]}-{cell[6:]}"

    def time(cell):
        digits = f"{int(float(cell or 0)):06d}"
        return f"{digits[:2]}:{digits[2:4]}:{digits[4:]}"

    days = chest_tables.each(table["StudyDate"], file, date, "a date is written 21800506")
    times = chest_tables.each(table["StudyTime"], file, time, "a time is written 213014.5")
    return [f"{day} {hour}" for day, hour in zip(days, times)]


def labelled(scans, excluded, file: Path):
    """(scans whose study is labelled, excluded with the others, the labels in the scans' order)."""
    table = chest_tables.read(file, ("subject_id", "study_id", *chest_tables.CHEXPERT))
    labels = chest_tables.labels_of(table, file).set_axis(table["study_id"])
    differ(table["study_id"], file, "a study")
    scans, excluded = left_out(scans, excluded, ~scans["study_id"].isin(labels.index), "study without labels")
    return scans, excluded, labels.loc[scans["study_id"]]


def differ(keys: pd.Series, file: Path, what: str) -> None:
    """UserError where a key comes again; the index is the row."""
    if keys.duplicated().any():
        raise UserError(f"Row {keys.duplicated().idxmax()} of {file} repeats {what}; download it again.")


def with_patients(scans, name, source: Path):
    """The scans with age and sex where the patients table is given: its path, or where it lies in the source folder."""
    if name is None:
        return scans
    file = Path(name) if Path(name).is_file() else chest_tables.find(source, name)
    table = chest_tables.read(file, PATIENT_COLUMNS)[list(PATIENT_COLUMNS)].drop_duplicates()
    differ(table["subject_id"], file, "a patient")
    whole = "it is a whole number"
    found = pd.DataFrame(
        {
            "sex": chest_tables.each(table["gender"], file, {"F": "F", "M": "M", "": ""}.__getitem__, "it is F or M"),
            "born": np.array(chest_tables.each(table["anchor_year"], file, int, whole))
            - np.array(chest_tables.each(table["anchor_age"], file, int, whole)),
        },
        index=table["subject_id"],
    )
    found = found.reindex(scans["subject_id"])
    years = scans["when"].str[:4].astype(float).to_numpy() - found["born"].to_numpy()
    return scans.assign(
        age=np.where((years >= 0) & (years <= chest_tables.OLDEST), years, np.nan),
        sex=found["sex"].fillna("").to_numpy(),
    )


def official(images: pd.Series, file: Path) -> list[str]:
    """The official split of every image; UserError for one without."""
    table = chest_tables.read(file, ("dicom_id", "split"))[["dicom_id", "split"]].drop_duplicates()
    differ(table["dicom_id"], file, "an image")
    splits = dict(
        zip(
            table["dicom_id"],
            chest_tables.each(table["split"], file, SPLITS.__getitem__, "it is train, validate or test"),
        )
    )
    missing = next((image for image in images if image not in splits), None)
    if missing:
        raise UserError(
            f"{file} has no row for image {missing}; use the tables of one version, or official_split: false."
        )
    return [splits[image] for image in images]
