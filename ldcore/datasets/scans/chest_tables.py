"""What the label tables of chest radiographs share: cells read and checked, and which findings a scan counts for."""

import zlib
from pathlib import Path

import numpy as np
import pandas as pd

from ldcore.datasets.scans.build import LEFT_OUT, left_out
from ldcore.runtime.errors import UserError

# In this order findings are joined: CheXpert's and MIMIC-CXR's, then those that only ChestX-ray14 and MedMNIST have.
FINDINGS = (
    "No Finding",
    "Enlarged Cardiomediastinum",
    "Cardiomegaly",
    "Lung Opacity",
    "Lung Lesion",
    "Edema",
    "Consolidation",
    "Pneumonia",
    "Atelectasis",
    "Pneumothorax",
    "Pleural Effusion",
    "Pleural Other",
    "Fracture",
    "Support Devices",
    "Infiltration",
    "Mass",
    "Nodule",
    "Emphysema",
    "Fibrosis",
    "Pleural Thickening",
    "Hernia",
)
CHEXPERT = FINDINGS[:14]
OLDEST = 120  # years; more is a slip of the pen


def find(folder, *names: str) -> Path:
    """The first of the files that the folder has; UserError where it has none."""
    for name in names:
        if Path(folder, name).is_file():
            return Path(folder, name)
    raise UserError(f"{folder} has no {' or '.join(names)}; put the table there, or give the folder that holds it.")


def read(path: Path, columns) -> pd.DataFrame:
    """A CSV (or .csv.gz) as text cells, rows numbered as a spreadsheet does (the header is row 1); UserError: damaged, a column missing."""
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig", index_col=False)
    except (ValueError, OSError, EOFError, zlib.error) as fault:
        raise UserError(
            f"The table {path} is not readable CSV ({' '.join(str(fault).split())}); download it again."
        ) from fault
    return whole(table, path, columns)


def whole(table: pd.DataFrame, path: Path, columns) -> pd.DataFrame:
    """The table with its rows numbered; UserError where it lacks a column or has no row."""
    for column in columns:
        if column not in table:
            raise UserError(
                f"{path} has no column {column!r} (found: {', '.join(table.columns)}); use the table as it is published."
            )
    if table.empty:
        raise UserError(f"{path} has a header but no rows; download it again.")
    return table.set_axis(np.arange(len(table)) + 2)


def each(cells: pd.Series, path: Path, convert, remedy: str) -> list:
    """convert(cell) of every cell, computed once a distinct cell; UserError names the row, the column and the cell it fails on."""
    made = {}
    for row, cell in cells.drop_duplicates().items():
        try:
            made[cell] = convert(cell)
        except (ValueError, KeyError):
            raise UserError(f"Row {row} of {path} has {cells.name} {cell!r}; {remedy}.") from None
    return [made[cell] for cell in cells]


def ages(cells: pd.Series, path: Path, convert=float) -> list[float]:
    """Years; NaN where empty or above OLDEST."""

    def years(cell):
        found = convert(cell) if cell.strip() else np.nan
        if found < 0:
            raise ValueError
        return found if found <= OLDEST else np.nan

    return each(cells, path, years, "an age is a number of years, or empty")


def labels_of(table: pd.DataFrame, path: Path) -> pd.DataFrame:
    """CheXpert's fourteen columns as numbers: 1 present, 0 absent, -1 uncertain, NaN not mentioned."""
    known = {1.0, 0.0, -1.0}

    def value(cell):
        found = float(cell) if cell.strip() else np.nan
        if found == found and found not in known:
            raise ValueError
        return found

    return pd.DataFrame(
        {name: each(table[name], path, value, "a label is 1, 0, -1 or empty") for name in CHEXPERT}, index=table.index
    )


def counted(scans: pd.DataFrame, excluded: pd.DataFrame, labels: pd.DataFrame, options: dict):
    """(scans with their `findings`, excluded with the scans that count for none).

    labels: a row a scan, a column a finding of the data set; 1, 0, -1 or NaN as labels_of.  A scan counts for the findings of
    options["findings"] (None: all) that are 1; what else it shows does not matter.  With `single` it must be exactly one, so that every
    image has one class; without, several are joined by "|" in the order of FINDINGS (others after them, in the labels' order), and
    "Cardiomegaly|Pneumonia" is a class of its own, drawn and tested apart from either alone.  uncertain: what -1 among the findings of
    interest means: ignore (the scan is left out), zeros (absent), ones (present).  UserError: an unknown finding.
    """
    wanted, policy = options["findings"], options.get("uncertain", "ignore")
    for name in wanted or ():
        if name not in labels:
            raise UserError(
                f"Option findings: {name!r} is not a finding of this data set; use some of {', '.join(labels)}."
            )
    order = sorted(labels, key=lambda name: FINDINGS.index(name) if name in FINDINGS else len(FINDINGS))
    values = labels[[name for name in order if wanted is None or name in wanted]].set_axis(scans.index)
    unsure = (values == -1).any(axis=1) if policy == "ignore" else pd.Series(False, scans.index)
    present = (values == 1) | ((values == -1) & (policy == "ones"))
    names = np.array(values.columns, dtype=object)
    scans = scans.assign(
        findings=["|".join(names[row]) for row in present.to_numpy()], count=present.sum(axis=1), unsure=unsure
    )
    scans, excluded = left_out(scans, excluded, scans["unsure"], "uncertain finding")
    scans, excluded = left_out(scans, excluded, scans["count"] == 0, "none of the findings wanted")
    if options["single"]:
        scans, excluded = left_out(scans, excluded, scans["count"] > 1, "several of the findings wanted")
    return scans.drop(columns=["count", "unsure"]), excluded


def once(scans: pd.DataFrame, labels: pd.DataFrame):
    """(scans without those whose path an earlier row has, excluded with them, the labels in the scans' order); a row of labels a scan."""
    again = scans["path"].duplicated()
    labels = labels[~again.to_numpy()].reset_index(drop=True)
    return *left_out(scans, nothing(), again, "row repeated"), labels


def present_files(scans: pd.DataFrame, excluded: pd.DataFrame):
    """(scans whose file is there, excluded with the others)."""
    return left_out(scans, excluded, ~scans["path"].map(lambda path: Path(path).is_file()).astype(bool), "no such file")


def nothing() -> pd.DataFrame:
    """An empty table of exclusions."""
    return pd.DataFrame(columns=LEFT_OUT)
