"""OASIS-3 (LaMontagne et al. 2019): longitudinal; folders OAS30001_MR_d0757/anat1[/NIFTI]/sub-OAS30001_ses-d0757[_run-01]_T1w.nii.gz, two tables.

The number after d is days since the person's entry: age is AgeatEntry + days / 365.25. Diagnosis: CDR of the nearest clinical visit that
has one, at most max_days away (0 CN, 0.5 MCI, 1 and above AD, whatever caused it; option cdr). Of a session's T1w images the first run is
used; other images (T2w, FLAIR) are not looked at.
"""

import re
from pathlib import Path

from ldcore.datasets import tables
from ldcore.datasets.adapters._cdr import diagnoses
from ldcore.datasets.scans import brain_scan
from ldcore.datasets.scans.brain_listing import first_each, matched, natural
from ldcore.datasets.scans.brain_scan import prepared  # noqa: F401  the adapter's own

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
SESSION = re.compile(r"(OAS3\d{4})_(?:MR|sess?)[_-]d(\d+)")


def listing(options: dict):
    """(scans, excluded). UserError: options, the tables, as brain_scan.check, tables.table and tables.unique say."""
    brain_scan.check(options)
    people = tables.unique(tables.table(options, "demographics", PEOPLE), "subject")
    people = (
        people.assign(age=tables.age(people), sex=tables.coded(people, "sex", tables.SEXES))
        .set_index("subject")
        .to_dict("index")
    )
    visits = tables.table(options, "clinical", VISITS)
    visits = visits.assign(days=visits["days"].str.replace(r"^.*_d", "", regex=True))  # OAS30001_ClinicalData_d0757
    visits = visits.assign(days=tables.number(visits, "days"), diagnosis=diagnoses(visits, options["cdr"]))
    visits = visits[(visits["diagnosis"] != "") & visits["days"].notna()]
    visits = visits.assign(visit=visits["subject"] + visits["days"].map(" {:g}".format))
    visits = tables.unique(visits[["visit", "subject", "days", "diagnosis"]], "visit")
    visits = dict(list(visits.groupby("subject")))
    paths = sorted(
        (path for path in Path(options["source"]).rglob("*_T1w.nii*") if SESSION.search(str(path))), key=natural
    )
    images, gone = first_each(paths, lambda path: SESSION.findall(str(path))[-1])
    rows = [at(key, people.get(key[0]), visits.get(key[0]), options["max_days"]) for key in images]
    return matched(rows, images, gone)


def at(key, person, visits, most: float) -> dict:
    """The row of one session: the person's age on that day and the nearest visit's diagnosis (the earlier of two)."""
    if person is None:
        return {"key": key, "reason": "not in the demographics"}
    row = {"key": key, "when": int(key[1]), "age": person["age"] + int(key[1]) / 365.25, "sex": person["sex"]}
    if visits is not None:
        away = (visits["days"] - row["when"]).abs()
        near = visits.assign(away=away).sort_values(["away", "days"], kind="stable").iloc[0]
        if near["away"] <= most:
            return {**row, "diagnosis": near["diagnosis"]}
    return {**row, "reason": f"no clinical visit within {most} days"}
