"""MIMIC-CXR-JPG 2.1 (Johnson et al. 2019, arXiv 1901.07042), or MIMIC-CXR's DICOM files in the same tree.

Frontal views, PA before AP. A study is a session, ordered by its (shifted) date and time. Age and sex come from
MIMIC-IV's patients table, by option `patients`: anchor_age + years since anchor_year, where 91 stands for everybody
above 89.
"""

from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd

from ldcore.datasets import tables
from ldcore.datasets.scans import chest_labels
from ldcore.datasets.scans.chest_scan import read_scan  # noqa: F401  the adapter's own
from ldcore.datasets.scans.listing import is_file, leave_out, leave_out_missing_files, none_excluded
from ldcore.runtime.errors import UserError

TITLE = "MIMIC-CXR"
EXTENDS = ("ldcore.datasets.scans.build", "ldcore.datasets.scans.chest_scan", "ldcore.datasets.scans.chest_labels")
OPTIONS = {
    "patients": {"type": ["string", "null"], "default": None, "description": "MIMIC-IV's table, for age and sex"},
    "official_split": {
        "type": "boolean",
        "default": False,
        "description": "the data set's own split (its test part is 1 % of the patients) instead of fractions",
    },
}
AS_PUBLISHED = "use the table as it is published"
IDS = ("dicom_id", "subject_id", "study_id")
ID = r"[ps]?(\d+)", "{:08d}"  # of a subject or study
SEXES = {"f": "F", "m": "M"}
SPLITS = {"train": "train", "validate": "val", "test": "test"}


def list_scans(options: dict):
    """(scans, excluded). UserError: a table, column or cell that is not MIMIC-CXR's."""
    source = Path(options["source"])
    table = read_table(source, "metadata", (*IDS, "ViewPosition", "StudyDate", "StudyTime"))
    scans = pd.DataFrame(
        {
            "subject_id": table["subject_id"],
            "study_id": table["study_id"],
            "dicom_id": table["dicom_id"],
            "view": table["ViewPosition"],
            "when": moments(table),
            "path": [str(place(source, *ids)) for ids in table[list(IDS)].itertuples(index=False)],
        }
    )
    scans, excluded = leave_out(scans, none_excluded(), scans["dicom_id"].duplicated(), "row repeated")
    for view in sorted(set(scans["view"]) - {"PA", "AP"}):
        reason = f"view {view}" if view else "no view position"
        scans, excluded = leave_out(scans, excluded, scans["view"] == view, reason)
    scans = scans.assign(order=scans["view"] == "AP")
    scans = scans.sort_values(["subject_id", "study_id", "order", "dicom_id"], ignore_index=True)
    further = scans.duplicated(["subject_id", "study_id"])
    scans, excluded = leave_out(scans, excluded, further, "another frontal view of the study")
    labels = study_labels(source)
    unlabelled = ~scans["study_id"].isin(labels.index)
    scans, excluded = leave_out(scans, excluded, unlabelled, "study without labels")
    labels = labels.loc[scans["study_id"]]
    if options["patients"] is not None:
        scans = with_patients(scans, tables.path_of(options["patients"], source, "patients"))
    if options["official_split"]:
        scans = scans.assign(split=official_split(scans["dicom_id"], source))
    scans, excluded = chest_labels.count_findings(scans, excluded, labels, options)
    scans, excluded = leave_out_missing_files(scans.assign(path=scans["path"].map(stored)), excluded)
    return scans.drop(columns=["order", "study_id", "dicom_id"]), excluded


def read_table(source: Path, name: str, columns) -> pd.DataFrame:
    """One of the data set's own tables, zipped or not."""
    file = tables.first_of(source, f"mimic-cxr-2.0.0-{name}.csv.gz", f"mimic-cxr-2.0.0-{name}.csv")
    return with_ids(tables.read(file, columns, remedy=AS_PUBLISHED))


def with_ids(table: pd.DataFrame) -> pd.DataFrame:
    """The table with its subjects and studies by eight digits."""
    return table.assign(**{name: tables.ids(table, name, *ID) for name in IDS[1:] if name in table})


def place(source: Path, dicom_id: str, subject_id: str, study_id: str) -> Path:
    """files/p10/p10000032/s50414267/DICOM_ID.jpg."""
    return source / "files" / f"p{subject_id[:2]}" / f"p{subject_id}" / f"s{study_id}" / f"{dicom_id}.jpg"


def stored(path: str) -> str:
    """The .jpg, or the .dcm, or the file without an ending, that is there."""
    places = [path, str(Path(path).with_suffix(".dcm")), str(Path(path).with_suffix(""))]
    return next(filter(is_file, places), path)


def moments(table: pd.DataFrame) -> list[str]:
    """'2180-05-06 21:30:14' of every row; StudyTime lacks its leading zeros in the table (5814.5 is 00:58:14)."""

    def date(cell):
        if len(cell) != 8 or not cell.isdecimal():
            raise ValueError
        return datetime.strptime(cell, "%Y%m%d").strftime("%Y-%m-%d")

    def time(cell):
        return datetime.strptime(f"{int(float(cell or 0)):06d}", "%H%M%S").strftime("%H:%M:%S")

    dates = tables.converted(table, "StudyDate", date, "a date is written 21800506")
    times = tables.converted(table, "StudyTime", time, "a time is written 213014.5")
    return [f"{day} {hour}" for day, hour in zip(dates, times)]


def study_labels(source: Path) -> pd.DataFrame:
    """CheXpert's labels by study_id."""
    table = read_table(source, "chexpert", ("subject_id", "study_id", *chest_labels.CHEXPERT))
    refuse_repeated(table, "study_id", "a study")
    return chest_labels.chexpert_labels(table).set_axis(table["study_id"])


def refuse_repeated(table: pd.DataFrame, column: str, what: str) -> None:
    """UserError where a key comes again."""
    repeated = table[column].duplicated()
    if repeated.any():
        raise UserError(f"Row {repeated.idxmax()} of {table.attrs['file']} repeats {what}; download it again.")


def with_patients(scans: pd.DataFrame, file: Path) -> pd.DataFrame:
    """The scans with age and sex by MIMIC-IV's table of patients; unknown for a patient that it lacks."""
    columns = ("subject_id", "gender", "anchor_age", "anchor_year")
    table = with_ids(tables.read(file, columns, remedy=AS_PUBLISHED)).drop_duplicates()
    refuse_repeated(table, "subject_id", "a patient")
    years, ages = (
        np.array(tables.converted(table, column, int, "it is a whole number"))
        for column in ("anchor_year", "anchor_age")
    )
    sexes = tables.coded(table, "gender", SEXES)
    patients = pd.DataFrame({"sex": sexes.to_numpy(), "born": years - ages}, index=table["subject_id"])
    patients = patients.reindex(scans["subject_id"])
    age = scans["when"].str[:4].astype(float).to_numpy() - patients["born"].to_numpy()
    known = (age >= 0) & (age <= tables.OLDEST)
    return scans.assign(age=np.where(known, age, np.nan), sex=patients["sex"].fillna("").to_numpy())


def official_split(images: pd.Series, source: Path) -> list[str]:
    """The official split of every image. UserError: an image without one."""
    table = read_table(source, "split", ("dicom_id", "split")).drop_duplicates()
    refuse_repeated(table, "dicom_id", "an image")
    splits = tables.converted(table, "split", SPLITS.__getitem__, "it is train, validate or test")
    split_of = dict(zip(table["dicom_id"], splits))
    for image in images:
        if image not in split_of:
            raise UserError(
                f"{table.attrs['file']} has no row for image {image}; use the tables of one version, or "
                "official_split: false."
            )
    return [split_of[image] for image in images]
