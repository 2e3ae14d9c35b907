"""ChestX-ray14 of the NIH (Wang et al. 2017, arXiv 1705.02315): 112,120 frontal radiographs.

A follow-up number is a session. Labels were mined from reports; Effusion is called Pleural Effusion here,
Pleural_Thickening Pleural Thickening. Ages above 120 are missing; the table of 2017 writes them as 058Y, 006M, 012D.
"""

import re
from pathlib import Path

import pandas as pd

from ldcore.datasets import tables
from ldcore.datasets.scans import chest_labels
from ldcore.datasets.scans.chest_scan import read_scan  # noqa: F401  the adapter's own
from ldcore.datasets.scans.listing import files, leave_out, leave_out_repeated_rows

WHEN_IS_TIME = False  # the follow-up numbers of 2017 are those of files
TITLE = "ChestX-ray14"
EXTENDS = ("ldcore.datasets.scans.build", "ldcore.datasets.scans.chest_scan")
TABLES = ("Data_Entry_2017_v2020.csv", "Data_Entry_2017.csv")
COLUMNS = (
    "Image Index",
    "Finding Labels",
    "Follow-up #",
    "Patient ID",
    "Patient Age",
    "Patient Gender",
    "View Position",
)
LABELS = {
    "No Finding": "No Finding",
    "Effusion": "Pleural Effusion",
    "Pleural_Thickening": "Pleural Thickening",
    "Atelectasis": "Atelectasis",
    "Cardiomegaly": "Cardiomegaly",
    "Consolidation": "Consolidation",
    "Edema": "Edema",
    "Emphysema": "Emphysema",
    "Fibrosis": "Fibrosis",
    "Hernia": "Hernia",
    "Infiltration": "Infiltration",
    "Mass": "Mass",
    "Nodule": "Nodule",
    "Pneumonia": "Pneumonia",
    "Pneumothorax": "Pneumothorax",
}
SEXES = {"m": "M", "f": "F"}
ID = r"(\d+)", "{:08d}"
PLACE = re.compile(r"(images/|images_[^/]*/(images/)?)?[^/]+\.png")  # below the source
UNITS = {"Y": 1.0, "M": 12.0, "D": 365.25}  # of an age: so many make a year


def list_scans(options: dict):
    """(scans, excluded). UserError: a table, column or cell that is not ChestX-ray14's."""
    source = Path(options["source"])
    # The headers that follow hold commas, OriginalImage[Width,Height], and some rows end in one.
    file = tables.first_of(source, *TABLES)
    table = tables.read(file, COLUMNS, remedy="use the table as it is published", first=len(COLUMNS))
    places = {}
    for path in sorted(files(source), key=lambda path: len(path.parts)):
        if PLACE.fullmatch(path.relative_to(source).as_posix()):
            places[path.name] = str(path)
    scans = pd.DataFrame(
        {
            "subject_id": tables.ids(table, "Patient ID", *ID).str.zfill(8),
            "path": [places.get(name, str(source / name)) for name in table["Image Index"]],
            "when": tables.converted(table, "Follow-up #", int, "a follow-up is a whole number"),
            "age": chest_labels.ages(table, "Patient Age", years),
            "sex": tables.coded(table, "Patient Gender", SEXES),
            "view": table["View Position"],
            "there": table["Image Index"].isin(places),
        }
    )
    scans, excluded, labels = leave_out_repeated_rows(scans.reset_index(drop=True), labels_of(table))
    scans, excluded = chest_labels.count_findings(scans, excluded, labels, options)
    scans, excluded = leave_out(scans, excluded, ~scans["there"], "no such file")
    return scans.drop(columns="there"), excluded


def labels_of(table: pd.DataFrame) -> pd.DataFrame:
    """A row an image, a column a finding: 1 present, 0 absent."""
    remedy = f"labels are joined by | and of {', '.join(LABELS)}"
    named = tables.converted(
        table, "Finding Labels", lambda cell: {LABELS[name.strip()] for name in cell.split("|")}, remedy
    )
    names = [name for name in chest_labels.FINDINGS if name in LABELS.values()]
    return pd.DataFrame({name: [float(name in present) for present in named] for name in names})


def years(cell: str) -> float:
    """'58' or '058Y' is 58, '006M' is 0.5."""
    unit = UNITS.get(cell[-1])
    return float(cell[:-1]) / unit if unit else float(cell)
