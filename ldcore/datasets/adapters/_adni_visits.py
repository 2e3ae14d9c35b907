"""ADNIMERGE: one row a visit, with the diagnosis then and the age at the person's baseline exam."""

import re

import numpy as np
import pandas as pd

from ldcore.datasets import tables

COLUMNS = {"subject": ("PTID",), "code": ("VISCODE",), "age": ("AGE",), "now": ("DX",)}
DIAGNOSES = {"CN": "CN", "NL": "CN", "MCI": "MCI", "DEMENTIA": "AD", "AD": "AD"}
MONTH = 30.4375  # days


def table(options: dict):
    """{PTID: its visits that have a diagnosis, with `days` since the baseline exam, its date `baseline` and the `age` then}; None: no ADNIMERGE.

    UserError as tables.table, tables.age, tables.date and tables.unique.
    """
    if not options["visits"] and tables.only(options["source"], "visits", COLUMNS) is None:
        return None
    rows = tables.table(options, "visits", COLUMNS, {"exam": ("EXAMDATE",)})
    rows = rows.assign(
        age=tables.age(rows),
        months=rows["code"].map(months),
        exam=tables.date(rows, "exam") if "exam" in rows else pd.NaT,
        diagnosis=rows["now"].str.upper().str.split(" TO ").str[-1].map(DIAGNOSES).fillna(""),
    )
    rated = rows[(rows["diagnosis"] != "") & rows["months"].notna()]  # other codes may come twice
    tables.unique(rated.assign(visit=rated["subject"] + " " + rated["code"])[["visit", "diagnosis"]], "visit")
    return {subject: since_baseline(own) for subject, own in rows.groupby("subject")}


def since_baseline(rows: pd.DataFrame) -> pd.DataFrame:
    """A person's visits in days after the baseline exam, by date, else by the visit's code."""
    first = rows.loc[rows["months"] == 0, "exam"].min()
    first = rows["exam"].min() if pd.isna(first) else first
    days = (rows["exam"] - first).dt.days if pd.notna(first) else pd.Series(np.nan, rows.index)
    rows = rows.assign(baseline=first, days=days.fillna(rows["months"] * MONTH), age=rows["age"].bfill().ffill())
    return rows[(rows["diagnosis"] != "") & rows["days"].notna()]


def months(code: str) -> float:
    """Months after baseline of a visit code ("bl", "m06", "ADNI1/GO Month 6"); nan where it does not tell."""
    if re.match(r"(sc|scmri|bl)$|.*(screening|baseline)", code, re.I):
        return 0.0
    found = re.match(r"m(\d+)$|.*month (\d+)$", code, re.I)
    return float(found[1] or found[2]) if found else np.nan


def at(visits, day, code: str, most: float) -> dict:
    """The age and diagnosis of a person on a day, or the reason why ADNIMERGE has none."""
    if visits is None or visits.empty:
        return {"reason": "no diagnosis in ADNIMERGE"}
    first = visits["baseline"].iloc[0]
    days = (day - first).days if pd.notna(first) else months(code) * MONTH
    away = (visits["days"] - days).abs()
    if not away.min() <= most:
        return {"reason": f"no visit in ADNIMERGE within {most} days"}
    return {"age": visits["age"].iloc[0] + days / 365.25, "diagnosis": visits["diagnosis"][away.idxmin()]}
