"""CheXpert (Irvin et al. 2019, arXiv 1901.07031): frontal radiographs of both tables, split anew by patient.

The folder holds the tables and train/, valid/; the first part of a Path (CheXpert-v1.0-small, CheXpert-v1.0) need not
be its name. Or it holds the batches of CheXpert-v1.0 as they unpack, patients' folders in "CheXpert-v1.0 batch 2 (train
1)" and the like. A study is a session; its first frontal view is used. Age 0 and sex Unknown are missing; ages stop at
90.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from ldcore.datasets import tables
from ldcore.datasets.scans import chest_labels
from ldcore.datasets.scans.chest_scan import read_scan  # noqa: F401  the adapter's own
from ldcore.datasets.scans.listing import is_file, leave_out, leave_out_missing_files, leave_out_repeated_rows

TITLE = "CheXpert"
EXTENDS = ("ldcore.datasets.scans.build", "ldcore.datasets.scans.chest_scan", "ldcore.datasets.scans.chest_labels")
TABLES = ("train.csv", "valid.csv")
COLUMNS = ("Path", "Sex", "Age", "Frontal/Lateral", "AP/PA", *chest_labels.CHEXPERT)
PATH = r"^(?:(?!train/|valid/)[^/]+/)?(?P<rest>.*(?P<patient>patient(?P<number>\d+))/study(?P<study>\d+)/[^/]+)$"
BATCHES = "*[Bb]atch *"
SEXES = {"female": "F", "male": "M", "unknown": ""}
LATERAL = {"Frontal": False, "Lateral": True}


def list_scans(options: dict):
    """(scans, excluded). UserError: a table, column or cell that is not CheXpert's."""
    source = Path(options["source"])
    batches = sorted(path for path in source.glob(BATCHES) if path.is_dir())
    found = [folder / name for name in TABLES for folder in (source, *batches) if is_file(folder / name)]
    if not found:
        tables.first_of(source, *TABLES)
    patients = patients_of(batches)
    listed = [rows_of(source, patients, file) for file in found]
    scans, labels = (pd.concat(frames, ignore_index=True) for frames in zip(*listed))
    scans, excluded, labels = leave_out_repeated_rows(scans, labels)
    scans, excluded = leave_out(scans.join(labels), excluded, scans["lateral"], "lateral view")
    scans = scans.sort_values(["subject_id", "when", "path"], kind="stable", ignore_index=True)
    further = scans.duplicated(["subject_id", "when"])
    scans, excluded = leave_out(scans, excluded, further, "another frontal view of the study")
    labels, scans = scans[list(labels)], scans.drop(columns=["lateral", *labels])
    scans, excluded = chest_labels.count_findings(scans, excluded, labels, options)
    return leave_out_missing_files(scans, excluded)


def patients_of(batches: list[Path]) -> dict[str, Path]:
    """{patient: the folder} of unpacked batches, whose patients lie in the batch itself or in train or valid there."""
    folders = [folder for batch in batches for folder in (batch, batch / "train", batch / "valid") if folder.is_dir()]
    return {path.name: path for folder in folders for path in sorted(folder.iterdir()) if path.name[:7] == "patient"}


def rows_of(source: Path, patients: dict[str, Path], file: Path):
    """(a row an image, its labels) of one table. patients: the folders of those that lie in batches."""
    table = tables.read(file, COLUMNS, remedy="use the table as it is published")
    places = table["Path"].str.replace("\\", "/", regex=False).str.extract(PATH)
    tables.refuse(table, "Path", places["rest"].isna(), "a path ends in patientN/studyN/viewN_frontal.jpg")
    ages = np.array(chest_labels.ages(table, "Age"))
    scans = pd.DataFrame(
        {
            "subject_id": "patient" + places["number"].str.zfill(5),
            "path": [
                str(patients[patient] / rest.split(f"{patient}/")[-1] if patient in patients else source / rest)
                for patient, rest in zip(places["patient"], places["rest"])
            ],
            "when": places["study"].astype(int),
            "age": np.where(ages == 0, np.nan, ages),
            "sex": tables.coded(table, "Sex", SEXES),
            "view": table["AP/PA"],
            "lateral": tables.converted(table, "Frontal/Lateral", LATERAL.__getitem__, "it is Frontal or Lateral"),
        }
    )
    return scans, chest_labels.chexpert_labels(table)
