"""The findings of chest radiographs: CheXpert's label columns, ages, and which findings a scan counts for."""

import numpy as np
import pandas as pd

from ldcore.datasets.scans.listing import leave_out
from ldcore.datasets.tables import OLDEST, converted
from ldcore.prompts import NIH_FINDINGS
from ldcore.runtime.errors import UserError

OPTIONS = {
    "uncertain": {
        "enum": ["ignore", "zeros", "ones"],
        "default": "ignore",
        "description": "label -1 among the findings: leave the scan out, take it as absent, or as present",
    },
}
# Findings are joined in this order: CheXpert's and MIMIC-CXR's, then those that only ChestX-ray14 and MedMNIST have.
CHEXPERT = (
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
)
FINDINGS = (*CHEXPERT, *NIH_FINDINGS)


def chexpert_labels(table: pd.DataFrame) -> pd.DataFrame:
    """CheXpert's fourteen columns as numbers: 1 present, 0 absent, -1 uncertain, nan not mentioned."""
    columns = {name: converted(table, name, label, "a label is 1, 0, -1 or empty") for name in CHEXPERT}
    return pd.DataFrame(columns, index=table.index)


def label(cell: str) -> float:
    """One cell of a label column. ValueError: another number."""
    value = float(cell) if cell else np.nan
    if cell and value not in (1.0, 0.0, -1.0):
        raise ValueError
    return value


def ages(table: pd.DataFrame, column: str, years_of=float) -> list[float]:
    """Years of every cell, by years_of(cell); nan where it is empty or above OLDEST.

    UserError: a cell that is no age.
    """

    def years(cell):
        age = years_of(cell) if cell else np.nan
        if cell and not 0 <= age < np.inf:
            raise ValueError
        return age if age <= OLDEST else np.nan

    return converted(table, column, years, "an age is a number of years, or empty")


def count_findings(scans: pd.DataFrame, excluded: pd.DataFrame, labels: pd.DataFrame, options: dict):
    """(scans with their `findings`, excluded with the scans that count for none).

    labels: a row a scan, a column a finding of the data set, valued as chexpert_labels says. A scan counts for those
    of options["findings"] (None: all) that are 1; what else it shows does not matter. With `single` it must be
    exactly one, so that every image has one class; without, several are joined by "|" in the order of FINDINGS
    (others after them, in the labels' order), and "Cardiomegaly|Pneumonia" is a class of its own, drawn and tested
    apart from either alone. uncertain: what -1 among the findings of interest means: ignore (the scan is left out),
    zeros (absent), ones (present). UserError: a finding that the data set does not have.
    """
    of_interest, policy = options["findings"], options.get("uncertain", "ignore")
    for name in of_interest or ():
        if name not in labels:
            raise UserError(
                f"Option findings: {name!r} is not a finding of this data set; use some of {', '.join(labels)}."
            )
    order = sorted(labels, key=lambda name: FINDINGS.index(name) if name in FINDINGS else len(FINDINGS))
    names = [name for name in order if of_interest is None or name in of_interest]
    values = labels[names].set_axis(scans.index)
    uncertain = values == -1
    present = (values == 1) | uncertain if policy == "ones" else values == 1
    names = np.array(names, dtype=object)
    scans = scans.assign(
        findings=["|".join(names[row]) for row in present.to_numpy()],
        count=present.sum(axis=1),
        unsure=uncertain.any(axis=1),
    )
    if policy == "ignore":
        scans, excluded = leave_out(scans, excluded, scans["unsure"], "uncertain finding")
    scans, excluded = leave_out(scans, excluded, scans["count"] == 0, "none of the findings wanted")
    if options["single"]:
        scans, excluded = leave_out(scans, excluded, scans["count"] > 1, "several of the findings wanted")
    return scans.drop(columns=["count", "unsure"]), excluded
