"""ADNI (Jack et al. 2008): the image archive's ADNI/PTID/SEQUENCE/DATE_TIME/IMAGEID/, one NIfTI file or many DICOM files, and its collection CSV.

Age: the collection's, at that scan. Diagnosis: its Group, the person's at enrolment (EMCI and LMCI are MCI, SMC is CN). With ADNIMERGE in
the source folder or as option visits, both come from there instead: AGE is the age at the baseline exam, so years since then are added,
and DX is that of the nearest visit that has one, at most max_days away (Dementia is AD, "MCI to Dementia" too). Without EXAMDATE visits
are matched by their codes.

Of the T1 images of one visit one is kept: no repeat before a repeat, then the one with most processing steps in its Description, then the
lowest image id.
"""

import os
import re

import pandas as pd

from ldcore.datasets import tables
from ldcore.datasets.adapters import _adni_visits as adni_visits
from ldcore.datasets.scans import brain_scan
from ldcore.datasets.scans.brain_listing import first_each, matched, natural
from ldcore.datasets.scans.brain_scan import prepared  # noqa: F401  the adapter's own

TITLE = "ADNI"
EXTENDS = ("ldcore.datasets.scans.build", "ldcore.datasets.scans.brain_scan")
OPTIONS = {
    "table": {"type": ["string", "null"], "default": None, "description": "the collection's CSV; null: in source"},
    "visits": {"type": ["string", "null"], "default": None, "description": "ADNIMERGE; null: in source, if any"},
    "max_days": {"type": "number", "minimum": 0, "default": 183, "description": "days from a scan to its diagnosis"},
}
COLUMNS = {
    "image": ("Image Data ID", "Image ID"),
    "subject": ("Subject", "Subject ID"),
    "group": ("Group", "Research Group"),
    "sex": ("Sex",),
    "age": ("Age",),
    "modality": ("Modality",),
    "date": ("Acq Date", "Study Date"),
    "description": ("Description",),
}
GROUPS = {"CN": "CN", "SMC": "CN", "MCI": "MCI", "EMCI": "MCI", "LMCI": "MCI", "AD": "AD"}
PERSON, IMAGE = re.compile(r"\d{3}_S_\d{4,5}"), re.compile(r"(?:^|_)I(\d+)(?:\.|$)")
T1, OTHER = (
    re.compile(r"MPR|MP-?RAGE|SPGR|T1", re.I),
    re.compile(r"FLAIR|scout|locali[sz]er|mask|label|calibration", re.I),
)
REPEAT, REPEATED = (
    re.compile(r"MPR-R|repeat|_2$", re.I),
    re.compile(r"^(?:nv|uns\d*|no visit defined|unscheduled.*|)$", re.I),
)


def listing(options: dict):
    """(scans, excluded). UserError: options, the tables, as brain_scan.check, tables.table and tables.unique say."""
    brain_scan.check(options)
    rows = tables.table(options, "table", COLUMNS, {"visit": ("Visit",)})
    rows = tables.unique(rows.assign(image=rows["image"].str.replace(r"^[Ii]?(?=.)", "I", regex=True)), "image")
    rows = rows.assign(
        key=list(zip(rows["subject"], rows["image"])),
        age=tables.age(rows),
        sex=tables.coded(rows, "sex", tables.SEXES),
        day=tables.date(rows, "date"),
        diagnosis=rows["group"].str.upper().map(GROUPS).fillna(""),
    )
    rows = rows.assign(visit=rows["visit"] if "visit" in rows else "")
    paths = list(files(options["source"]))
    nameless = [(path, key_of(path)[0], "no image id in its name") for path in paths if not key_of(path)[1]]
    images, gone = first_each([path for path in paths if key_of(path)[1]], key_of, "another copy of the same image")
    visits = adni_visits.table(options)
    found = [described(row, visits, options["max_days"]) for row in rows.to_dict("records")]
    return matched(one_a_visit(found, images), images, gone + nameless)


def files(source):
    """NIfTI files, and folders of DICOM files, under a subject's folder, in order."""
    for folder, _, names in sorted(os.walk(source)):
        if PERSON.search(folder):
            yield from (
                os.path.join(folder, name) for name in sorted(names) if name.lower().endswith((".nii", ".nii.gz"))
            )
            if any(name.lower().endswith(".dcm") for name in names):
                yield folder


def key_of(path: str):
    """(PTID, image id as I33046); an id that neither the name nor its folder tells is ""."""
    folder, name = os.path.split(path)
    image = IMAGE.search(name) or IMAGE.search(os.path.basename(folder))
    return PERSON.findall(path)[-1], f"I{image[1]}" if image else ""


def described(row: dict, visits, most: float) -> dict:
    """The row with what leaves it out, and the age and diagnosis of ADNIMERGE where there is one."""
    text = row["description"]
    if row["modality"].upper() not in ("MRI", "MR"):
        return {**row, "reason": "another modality"}
    if text and (not T1.search(text) or OTHER.search(text)):
        return {**row, "reason": "not a T1 image by its description"}
    if pd.isna(row["day"]):
        return {**row, "reason": "no date in the table"}
    row = {**row, "when": row["day"].date().isoformat()}
    if visits is not None:
        return {**row, **adni_visits.at(visits.get(row["subject"]), row["day"], row["visit"], most)}
    return row if row["diagnosis"] else {**row, "reason": f"group {row['group'] or 'unknown'} is no diagnosis"}


def one_a_visit(rows: list[dict], images: dict) -> list[dict]:
    """The rows, all but the best of each visit and day with a reason; a code that may come twice does not make a visit."""
    taken = set()
    for row in sorted(
        rows,
        key=lambda row: (
            bool(REPEAT.search(row["description"])),
            -row["description"].count(";"),
            natural(row["image"]),
        ),
    ):
        if not row.get("reason") and row["key"] in images and pd.notna(row["age"]):
            visits = {(row["subject"], row["when"])} | (
                set() if REPEATED.match(row["visit"]) else {(row["subject"], row["visit"])}
            )
            if visits & taken:
                row["reason"] = "another T1 image of the same visit is used"
            else:
                taken |= visits
    return rows
