"""OASIS-3 (LaMontagne et al. 2019): longitudinal, two tables.

Images: OAS30001_MR_d0757/anat1[/NIFTI]/sub-OAS30001_ses-d0757[_run-01]_T1w.nii.gz. The number after d is days since
the person's entry: age is AgeatEntry + days / 365.25. Diagnosis: CDR of the nearest clinical visit that has one, at
most max_days away (0 CN, 0.5 MCI, 1 and above AD, whatever caused it; option cdr). Of a session's T1w images the
first run is used; other images (T2w, FLAIR) are not looked at.
"""

import re

from ldcore.datasets import tables
from ldcore.datasets.adapters._cdr import diagnoses
from ldcore.datasets.scans import brain_scan
from ldcore.datasets.scans.brain_scan import read_scan  # noqa: F401  the adapter's own
from ldcore.datasets.scans.listing import files, first_by_key, match, natural

TITLE = "OASIS-3"
EXTENDS = ("ldcore.datasets.scans.build", "ldcore.datasets.scans.brain_scan", "ldcore.datasets.adapters._cdr")
OPTIONS = {
    "demographics": {"type": ["string", "null"], "default": None, "description": "table of people; null: in source"},
    "clinical": {"type": ["string", "null"], "default": None, "description": "table of visits; null: in source"},
    "max_days": {"type": "number", "minimum": 0, "default": 365, "description": "days from a scan to its diagnosis"},
}
PERSON = ("OASISID", "Subject")
PEOPLE = {"subject": PERSON, "age": ("AgeatEntry",), "sex": ("GENDER", "M/F", "Sex")}
VISITS = {"subject": PERSON, "cdr": ("CDRTOT", "CDR"), "days": ("days_to_visit", "ADRC_ADRCCLINICALDATA ID")}
ID = r"OAS3(\d+)", "OAS3{:04d}"
SESSION = re.compile(r"(OAS3\d{4})_(?:MR|sess?)[_-]d(\d+)")


def list_scans(options: dict):
    """(scans, excluded). UserError: options or a table, as brain_scan.check, tables.load and tables.unique say."""
    brain_scan.check(options)
    people = people_of(options)
    visits = visits_of(options)
    paths = files(options["source"])
    paths = [path for path in paths if path.match("*_T1w.nii*") and SESSION.search(str(path))]
    images, others = first_by_key(sorted(paths, key=natural), lambda path: SESSION.findall(str(path))[-1])
    rows = [session_row(key, people.get(key[0]), visits.get(key[0]), options["max_days"]) for key in images]
    return match(rows, images, others)


def people_of(options: dict) -> dict:
    """{subject: {age at entry, sex}} of the demographics."""
    people = tables.load(options, "demographics", PEOPLE)
    people = tables.unique(people.assign(subject=tables.ids(people, "subject", *ID)), "subject")
    people = people.assign(age=tables.age(people), sex=tables.coded(people, "sex", tables.SEXES))
    return people.set_index("subject").to_dict("index")


def visits_of(options: dict) -> dict:
    """{subject: table of the visits that have a diagnosis, with `days` since entry}."""
    visits = tables.load(options, "clinical", VISITS)
    days = visits["days"].str.replace(r"^.*_d", "", regex=True)  # OAS30001_ClinicalData_d0757
    visits = visits.assign(subject=tables.ids(visits, "subject", *ID), days=days)
    visits = visits.assign(days=tables.number(visits, "days"), diagnosis=diagnoses(visits, options["cdr"]))
    visits = visits[(visits["diagnosis"] != "") & visits["days"].notna()]
    visits = visits.assign(visit=visits["subject"] + visits["days"].map(" {:g}".format))
    visits = tables.unique(visits[["visit", "subject", "days", "diagnosis"]], "visit")
    return dict(list(visits.groupby("subject")))


def session_row(key: tuple, person: dict | None, visits, max_days: float) -> dict:
    """The row of one session: the person's age on that day and the nearest visit's diagnosis (the earlier of two)."""
    if person is None:
        return {"key": key, "reason": "not in the demographics"}
    day = int(key[1])
    row = {"key": key, "when": day, "age": person["age"] + day / 365.25, "sex": person["sex"]}
    if visits is not None:
        distances = (visits["days"] - day).abs()
        nearest = visits.assign(distance=distances).sort_values(["distance", "days"], kind="stable").iloc[0]
        if nearest["distance"] <= max_days:
            return {**row, "diagnosis": nearest["diagnosis"]}
    return {**row, "reason": f"no clinical visit within {max_days} days"}
