"""CheXpert (Irvin et al. 2019, arXiv 1901.07031): frontal radiographs of train.csv and valid.csv, pooled, split anew by patient.

The folder holds the tables and train/, valid/; the first part of a Path (CheXpert-v1.0-small, CheXpert-v1.0) need not be its name.
A study is a session; its first frontal view is used.  Age 0 and sex Unknown are missing; ages stop at 90.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from ldcore.datasets.scans import chest_tables
from ldcore.datasets.scans.build import left_out
from ldcore.datasets.scans.chest_scan import prepared  # noqa: F401  (of the adapter)
from ldcore.datasets.scans.images import check_window
from ldcore.runtime.errors import UserError

TITLE = "CheXpert"
EXTENDS = ("ldcore.datasets.scans.build", "ldcore.datasets.scans.chest_scan")
OPTIONS = {
    "uncertain": {
        "enum": ["ignore", "zeros", "ones"],
        "default": "ignore",
        "description": "label -1 among the findings: leave the scan out, take it as absent, or as present",
    },
}
TABLES = ("train.csv", "valid.csv")
COLUMNS = ("Path", "Sex", "Age", "Frontal/Lateral", "AP/PA", *chest_tables.CHEXPERT)
SEXES = {"Female": "F", "Male": "M", "Unknown": "", "": ""}


def listing(options: dict):
    """(scans, excluded) as ldcore.datasets.scans describes; UserError: a table, column or cell that is not CheXpert's."""
    check_window(options["window"])
    source = Path(options["source"])
    chest_tables.find(source, *TABLES)
    found = [rows(source, source / name) for name in TABLES if (source / name).is_file()]
    scans, labels = (pd.concat(parts, ignore_index=True) for parts in zip(*found))
    scans, excluded, labels = chest_tables.once(scans, labels)
    scans, excluded = left_out(scans.join(labels), excluded, scans["lateral"], "lateral view")
    scans = scans.sort_values(["subject_id", "when", "path"], kind="stable", ignore_index=True)
    scans, excluded = left_out(
        scans, excluded, scans.duplicated(["subject_id", "when"]), "another frontal view of the study"
    )
    labels, scans = scans[list(labels)], scans.drop(columns=["lateral", *labels])
    scans, excluded = chest_tables.counted(scans, excluded, labels, options)
    return chest_tables.present_files(scans, excluded)


def rows(source: Path, file: Path):
    """(a row a file, its labels) of one table."""
    table = chest_tables.read(file, COLUMNS)
    parts = table["Path"].str.extract(r"^[^/]+/(?P<rest>.*(?P<subject>patient\d+)/study(?P<study>\d+)/[^/]+)$")
    wrong = parts["rest"].isna()
    if wrong.any():
        row = wrong.idxmax()
        raise UserError(
            f"Row {row} of {file} has Path {table['Path'][row]!r}; a path ends in patientN/studyN/viewN_frontal.jpg."
        )
    age = np.array(chest_tables.ages(table["Age"], file))
    return pd.DataFrame(
        {
            "subject_id": parts["subject"],
            "path": [str(source / rest) for rest in parts["rest"]],
            "when": parts["study"].astype(int),
            "age": np.where(age == 0, np.nan, age),
            "sex": chest_tables.each(table["Sex"], file, SEXES.__getitem__, "it is Female, Male or Unknown"),
            "view": table["AP/PA"],
            "lateral": chest_tables.each(
                table["Frontal/Lateral"],
                file,
                {"Frontal": False, "Lateral": True}.__getitem__,
                "it is Frontal or Lateral",
            ),
        }
    ), chest_tables.labels_of(table, file)
