"""ADNI (Jack et al. 2008): the image archive's folders, the CSV of an image collection, and ADNIMERGE.

Images: ADNI/PTID/SEQUENCE/DATE_TIME/IMAGEID/, one NIfTI file or many DICOM files. Age: the collection's, at that
scan. Diagnosis: its Group, the person's at enrolment (EMCI and LMCI are MCI, SMC is CN). With ADNIMERGE in the source
folder, or as option visits, both come from there instead: AGE is the age at the baseline exam, so years since then
are added, and DX is that of the nearest visit that has one, at most max_days away (Dementia is AD, "MCI to Dementia"
too). Without EXAMDATE visits are matched by their codes.

Several collections may lie in one folder, each with its CSV.

Of the T1 images of one visit one is used: no repeat before a repeat, then the one with most processing steps in its
Description, then the lowest image id.
"""

import os
import re

import numpy as np
import pandas as pd

from ldcore.datasets import tables
from ldcore.datasets.scans import brain_scan
from ldcore.datasets.scans.brain_scan import read_scan  # noqa: F401  the adapter's own
from ldcore.datasets.scans.brain_volume import says_t1
from ldcore.datasets.scans.dicom import is_dicom
from ldcore.datasets.scans.images import DICOM, VOLUMES
from ldcore.datasets.scans.listing import files, first_by_key, match, natural
from ldcore.runtime.errors import UserError

TITLE = "ADNI"
EXTENDS = ("ldcore.datasets.scans.build", "ldcore.datasets.scans.brain_scan")
OPTIONS = {
    "table": {"type": ["string", "null"], "default": None, "description": "the collection's CSV; null: in source"},
    "visits": {"type": ["string", "null"], "default": None, "description": "ADNIMERGE; null: in source, if any"},
    "max_days": {"type": "number", "minimum": 0, "default": 183, "description": "days from a scan to its diagnosis"},
}
# Our name -> what the column is called in the collection's CSV.
COLLECTION = {
    "image": ("Image Data ID", "Image ID"),
    "subject": ("Subject", "Subject ID"),
    "group": ("Group", "Research Group"),
    "sex": ("Sex",),
    "age": ("Age",),
    "modality": ("Modality",),
    "date": ("Acq Date", "Study Date", "image_date"),
    "description": ("Description", "image_description"),
}
VISIT = {"visit": ("Visit", "image_visit")}
SUBJECT = r"(\d{1,3})_S_(\d{1,5})", "{:03d}_S_{:04d}"
IMAGE_ID = r"I?(\d+)", "I{:d}"
GROUPS = {"CN": "CN", "SMC": "CN", "MCI": "MCI", "EMCI": "MCI", "LMCI": "MCI", "AD": "AD"}
# ... in ADNIMERGE: one row a visit, with the diagnosis then and the age at the person's baseline exam.
ADNIMERGE = {"subject": ("PTID",), "code": ("VISCODE",), "age": ("AGE",), "now": ("DX",)}
DIAGNOSES = {"CN": "CN", "NL": "CN", "MCI": "MCI", "DEMENTIA": "AD", "AD": "AD"}
EXAMS = {"exam": ("EXAMDATE",), "first": ("EXAMDATE_bl",)}
MONTH = 30.4375  # days
# Days from a visit to the month in its code: most are nearer than the first, all than the second.
ASTRAY, MOST_ASTRAY = 92, 731
SAME_DAY = 7  # days between a scan's date in the table and in its folder's name that are no fault

PERSON = re.compile(r"\d{3}_S_\d{4,5}")
IMAGE = re.compile(r"(?:^|_)I(\d+)(?:\.|$)")
SCANNED = re.compile(r"/(\d{4}-\d{2}-\d{2})_\d{2}_\d{2}_\d{2}")  # the folder that tells when
REPEAT = re.compile(r"MPR-R|repeat|_2$", re.I)
CODE_THAT_REPEATS = re.compile(r"^(?:nv|uns\d*|no visit defined|unscheduled.*|)$", re.I)


def list_scans(options: dict):
    """(scans, excluded). UserError: options or a table, as brain_scan.check, tables.load and tables.unique say."""
    brain_scan.check(options)
    collections = tables.load_all(options, "table", COLLECTION, VISIT)
    visits = adnimerge(options)
    paths = list(image_paths(options["source"]))
    keys = {path: key_of(path) for path in paths}
    nameless = [(path, keys[path][0], "no image id in its name") for path in paths if not keys[path][1]]
    named = [path for path in paths if keys[path][1]]
    images, copies = first_by_key(named, keys.get, "another copy of the same image")
    rows = joined([images_of(table, images) for table in collections])
    described = [with_diagnosis(row, visits, options["max_days"]) for row in rows.to_dict("records")]
    return match(one_a_visit(described, images), images, copies + nameless)


def images_of(rows: pd.DataFrame, images: dict) -> pd.DataFrame:
    """A collection's rows, an image each, with `key`, age, sex, `day`, the group as `diagnosis` and the table's `file`.

    images: {key: path}. UserError: a wrong cell, or dates that are not those of the images' folders.
    """
    file = rows.attrs["file"]
    rows = rows.assign(
        image=tables.ids(rows, "image", *IMAGE_ID),
        subject=tables.ids(rows, "subject", *SUBJECT),
    )
    rows = tables.unique(rows, "image")
    rows = rows.assign(
        key=list(zip(rows["subject"], rows["image"])),
        age=tables.age(rows),
        sex=tables.coded(rows, "sex", tables.SEXES),
        day=tables.date(rows, "date"),
        diagnosis=rows["group"].str.upper().map(GROUPS).fillna(""),
        visit=rows.get("visit", ""),
        file=file,
    )
    scanned = pd.Series([images.get(key, "") for key in rows["key"]], rows.index, dtype=str).str.extract(SCANNED)[0]
    day = rows["day"].dt
    swapped = (day.strftime("%Y-%d-%m") == scanned) & (day.day != day.month)
    remedy = "the folder of its image says that the day comes first; write all dates as 2005-09-01"
    tables.refuse(rows, "date", swapped, remedy)
    apart = (rows["day"] - pd.to_datetime(scanned)).abs() > pd.Timedelta(days=SAME_DAY)
    for row in rows.index[apart][:1]:
        remedy = f"the folder of its image says {scanned[row]}; correct the date, or use the table of these images"
        tables.refuse(rows, "date", rows.index == row, remedy)
    return rows


def joined(collections: list[pd.DataFrame]) -> pd.DataFrame:
    """The rows of all collections, each image once. UserError: two say different things of one image."""
    rows = pd.concat(collections, ignore_index=True)
    once = rows.drop_duplicates([name for name in rows if name not in ("file", "date", "group")])
    twice = once[once.duplicated("image", keep=False)]
    if len(twice):
        image = twice["image"].iloc[0]
        both = " and ".join(twice["file"][twice["image"] == image])
        raise UserError(f"Image {image} is described differently in {both}; delete the older row.")
    return once


def adnimerge(options: dict) -> dict | None:
    """{PTID: the visits that have a diagnosis, as since_baseline gives them}; None where there is no ADNIMERGE."""
    if not options["visits"] and tables.with_columns(options["source"], "visits", ADNIMERGE) is None:
        return None
    rows = tables.load(options, "visits", ADNIMERGE, EXAMS)
    rows = rows.assign(
        subject=tables.ids(rows, "subject", *SUBJECT),
        age=tables.age(rows),
        months=rows["code"].map(months),
        diagnosis=rows["now"].str.upper().str.split(" TO ").str[-1].map(DIAGNOSES).fillna(""),
    )
    rows = rows.assign(exam=exams(rows))
    rated = rows[(rows["diagnosis"] != "") & rows["months"].notna()]  # codes that tell no month may come twice
    tables.unique(rated.assign(visit=rated["subject"] + " " + rated["code"])[["visit", "diagnosis"]], "visit")
    return {subject: since_baseline(visits) for subject, visits in rows.groupby("subject")}


def exams(rows: pd.DataFrame) -> pd.Series:
    """The dates of ADNIMERGE's visits, day and month in the order that fits the visits' codes; NaT where it has none.

    UserError: no order fits most of them, or one visit is years off.
    """
    if "exam" not in rows:
        return pd.Series(pd.NaT, rows.index)
    firsts = tables.readings(rows, "first") if "first" in rows else [pd.Series(pd.NaT, rows.index)]
    orders = [(exam, days_astray(rows, exam, first)) for exam in tables.readings(rows, "exam") for first in firsts]
    exam, astray = min(orders, key=lambda order: order[1].median())  # the first of those that fit alike
    if astray.median() > ASTRAY or astray.max() > MOST_ASTRAY:
        row = astray.idxmax()
        remedy = f"it is {astray[row]:.0f} days from {rows['code'][row]!r}, in whatever order day and month stand"
        tables.refuse(rows, "exam", rows.index == row, f"{remedy}; write all dates as 2005-09-01, or correct them")
    return exam


def days_astray(rows: pd.DataFrame, exam: pd.Series, first: pd.Series) -> pd.Series:
    """Days from each visit to where its code has it, counted from the person's baseline exam; those that can be told.

    first: the date of that exam where the person's rows have no visit of month 0. 0 is told where nothing can be.
    """
    baseline = exam.where(rows["months"] == 0).groupby(rows["subject"]).transform("min").fillna(first)
    astray = ((exam - baseline).dt.days - rows["months"] * MONTH).abs()
    astray = astray[(rows["months"] > 0) & astray.notna()]
    return astray if len(astray) else pd.Series([0.0], rows.index[:1])


def since_baseline(visits: pd.DataFrame) -> pd.DataFrame:
    """A person's visits that have a diagnosis, with `days` after the baseline exam and its date, `baseline`.

    Days are counted by date, else by the visit's code.
    """
    baseline = visits.loc[visits["months"] == 0, "exam"].min()
    if pd.isna(baseline):
        baseline = visits["exam"].min()
    days = (visits["exam"] - baseline).dt.days if pd.notna(baseline) else pd.Series(np.nan, visits.index)
    visits = visits.assign(
        baseline=baseline,
        days=days.fillna(visits["months"] * MONTH),
        age=visits["age"].bfill().ffill(),
    )
    return visits[(visits["diagnosis"] != "") & visits["days"].notna()]


def months(code: str) -> float:
    """Months after baseline of a visit code ("bl", "m06", "ADNI1/GO Month 6"); nan where it does not tell."""
    if re.match(r"(sc|scmri|bl)$|.*(screening|baseline)", code, re.I):
        return 0.0
    after = re.match(r"m(\d+)$|.*month (\d+)$", code, re.I)
    return float(after[1] or after[2]) if after else np.nan


def image_paths(source):
    """NIfTI files, and folders of DICOM files with or without a suffix, under a subject's folder, in order."""
    folders = {}
    for path in files(source):
        if PERSON.search(str(path.parent)):
            folders.setdefault(str(path.parent), []).append(path)
    for folder, paths in sorted(folders.items()):
        others = [path for path in paths if not path.name.lower().endswith(VOLUMES)]
        yield from (str(path) for path in paths if path.name.lower().endswith(VOLUMES))
        if any(path.name.lower().endswith(DICOM) for path in others) or any(map(is_dicom, others[:3])):
            yield folder


def key_of(path: str) -> tuple[str, str]:
    """(PTID, image id as I33046); an id that neither the name nor its folder tells is ""."""
    folder, name = os.path.split(path)
    image = IMAGE.search(name) or IMAGE.search(os.path.basename(folder))
    return PERSON.findall(path)[-1], f"I{int(image[1])}" if image else ""


def with_diagnosis(row: dict, visits: dict | None, max_days: float) -> dict:
    """A row of the collection with the age and diagnosis of ADNIMERGE, if any, or with the reason to leave it out."""
    description = row["description"]
    if row["modality"].upper() not in ("MRI", "MR"):
        return {**row, "reason": "another modality"}
    if description and not says_t1(description):
        return {**row, "reason": "not a T1 image by its description"}
    if pd.isna(row["day"]):
        return {**row, "reason": "no date in the table"}
    row = {**row, "when": row["day"].date().isoformat()}
    if visits is not None:
        return {**row, **at_visit(visits.get(row["subject"]), row["day"], row["visit"], max_days)}
    return row if row["diagnosis"] else {**row, "reason": f"group {row['group'] or 'unknown'} is no diagnosis"}


def at_visit(visits: pd.DataFrame | None, day, code: str, max_days: float) -> dict:
    """The age and diagnosis of a person on a day, or the reason why ADNIMERGE has none; visits: the person's."""
    if visits is None or visits.empty:
        return {"reason": "no diagnosis in ADNIMERGE"}
    baseline = visits["baseline"].iloc[0]
    days = (day - baseline).days if pd.notna(baseline) else months(code) * MONTH
    distances = (visits["days"] - days).abs()
    if not distances.min() <= max_days:
        return {"reason": f"no visit in ADNIMERGE within {max_days} days"}
    return {"age": visits["age"].iloc[0] + days / 365.25, "diagnosis": visits["diagnosis"][distances.idxmin()]}


def one_a_visit(rows: list[dict], images: dict) -> list[dict]:
    """The rows, all but the best of each visit and day with a reason to leave them out."""
    taken = set()

    def best_first(row):
        steps = row["description"].count(";")
        return bool(REPEAT.search(row["description"])), -steps, natural(row["image"])

    for row in sorted(rows, key=best_first):
        if row.get("reason") or row["key"] not in images or pd.isna(row["age"]):
            continue
        visits = {(row["subject"], row["when"])}
        if not CODE_THAT_REPEATS.match(row["visit"]):
            visits.add((row["subject"], row["visit"]))
        if visits & taken:
            row["reason"] = "another T1 image of the same visit is used"
        else:
            taken |= visits
    return rows
