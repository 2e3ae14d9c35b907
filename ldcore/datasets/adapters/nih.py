"""ChestX-ray14 of the NIH (Wang et al. 2017, arXiv 1705.02315): 112,120 frontal radiographs, a follow-up number a session.

Labels were mined from reports; Effusion is called Pleural Effusion here, Pleural_Thickening Pleural Thickening.  Ages above 120 are missing;
the table of 2017 writes them as 058Y, 006M, 012D.
"""

import csv
from pathlib import Path

import pandas as pd

from ldcore.datasets.scans import chest_tables
from ldcore.datasets.scans.build import left_out
from ldcore.datasets.scans.chest_scan import prepared  # noqa: F401  (of the adapter)
from ldcore.datasets.scans.images import check_window
from ldcore.runtime.errors import UserError

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
NAMES = {
    "No Finding": "No Finding",
    "Effusion": "Pleural Effusion",
    "Pleural_Thickening": "Pleural Thickening",
    **{
        name: name
        for name in (
            "Atelectasis",
            "Cardiomegaly",
            "Consolidation",
            "Edema",
            "Emphysema",
            "Fibrosis",
            "Hernia",
            "Infiltration",
            "Mass",
            "Nodule",
            "Pneumonia",
            "Pneumothorax",
        )
    },
}
PLACES = ("*.png", "images/*.png", "images_*/*.png", "images_*/images/*.png")
UNITS = {"Y": 1.0, "M": 12.0, "D": 365.25}  # of an age: so many make a year


def listing(options: dict):
    """(scans, excluded) as ldcore.datasets.scans describes; UserError: a table, column or cell that is not ChestX-ray14's."""
    check_window(options["window"])
    source = Path(options["source"])
    file = chest_tables.find(source, *TABLES)
    table = read(file)
    places = {path.name: str(path) for pattern in PLACES for path in source.glob(pattern)}
    scans = pd.DataFrame(
        {
            "subject_id": table["Patient ID"].str.zfill(8),
            "path": [places.get(name, str(source / name)) for name in table["Image Index"]],
            "when": chest_tables.each(table["Follow-up #"], file, int, "a follow-up is a whole number"),
            "age": chest_tables.ages(table["Patient Age"], file, years),
            "sex": chest_tables.each(
                table["Patient Gender"], file, {"M": "M", "F": "F", "": ""}.__getitem__, "it is M, F or empty"
            ),
            "view": table["View Position"],
            "there": table["Image Index"].isin(places),
        }
    )
    found = chest_tables.each(
        table["Finding Labels"],
        file,
        lambda cell: {NAMES[part] for part in cell.split("|")},
        f"labels are joined by | and of {', '.join(NAMES)}",
    )
    labels = pd.DataFrame(
        {name: [float(name in one) for one in found] for name in chest_tables.FINDINGS if name in NAMES.values()}
    )
    scans, excluded, labels = chest_tables.once(scans.reset_index(drop=True), labels)
    scans, excluded = chest_tables.counted(scans, excluded, labels, options)
    scans, excluded = left_out(scans, excluded, ~scans["there"], "no such file")
    return scans.drop(columns="there"), excluded


def read(file: Path) -> pd.DataFrame:
    """The first seven columns as text.  The later headers hold commas, OriginalImage[Width,Height], and some rows end in one, so
    that cells are counted from the left."""
    try:
        with open(file, newline="", encoding="utf-8-sig") as handle:
            lines = [line for line in csv.reader(handle) if line]
    except (csv.Error, UnicodeDecodeError) as fault:
        raise UserError(f"The table {file} is not readable CSV ({fault}); download it again.") from fault
    header = lines[0][: len(COLUMNS)] if lines else []
    short = next((number for number, line in enumerate(lines, 1) if len(line) < len(header)), None)
    if short:
        raise UserError(
            f"Row {short} of {file} has {len(lines[short - 1])} cells instead of {len(lines[0])}; download it again."
        )
    return chest_tables.whole(
        pd.DataFrame([line[: len(header)] for line in lines[1:]], columns=header, dtype=str), file, COLUMNS
    )


def years(cell: str) -> float:
    """'58' or '058Y' is 58, '006M' is 0.5."""
    unit = UNITS.get(cell[-1])
    return float(cell[:-1]) / unit if unit else float(cell)
