"""OASIS-1 (Marcus et al. 2007): 416 people from 18 to 96, one session each; discs with OAS1_0001_MR1/{RAW,PROCESSED/MPRAGE/...}, one table.

Diagnosis: CDR above 0 is AD, CDR 0 is CN, and so is an empty CDR (the young, who were not rated); option cdr changes that. The rescans
within 90 days (OAS1_0001_MR2) are left out, or with option rescans a second session of the same person, never in another split.

The Analyze files carry no orientation. RAW and SUBJ_111 are sagittal with axes towards anterior, superior and left (a capsule on the left
of the head tells). T88_111 lies in Talairach's atlas, axes towards left, anterior and superior by Analyze's convention. Option axes
overrides either.
"""

import re
from pathlib import Path

from ldcore.datasets import tables
from ldcore.datasets.adapters._cdr import diagnoses
from ldcore.datasets.scans import brain_scan
from ldcore.datasets.scans.brain_listing import first_each, matched

TITLE = "OASIS-1"
EXTENDS = ("ldcore.datasets.scans.build", "ldcore.datasets.scans.brain_scan", "ldcore.datasets.adapters._cdr")
OPTIONS = {
    "table": {"type": ["string", "null"], "default": None, "description": "cross-sectional table; null: in source"},
    "volume": {
        "enum": ["SUBJ_111", "T88_111", "RAW"],
        "default": "SUBJ_111",
        "description": "which of a session's images: their average, in Talairach's atlas, or the first as scanned",
    },
    "rescans": {"type": "boolean", "default": False, "description": "use the second scan within 90 days too"},
    "cdr": {
        "type": "object",
        "additionalProperties": {"enum": ["CN", "MCI", "AD", ""]},
        "default": {"": "CN", "0": "CN", "0.5": "AD", "1": "AD", "2": "AD", "3": "AD"},
        "description": "Clinical Dementia Rating -> diagnosis; an empty one leaves the scan out",
    },
}
COLUMNS = {"ID": ("ID",), "sex": ("M/F",), "age": ("Age",), "cdr": ("CDR",), "delay": ("Delay",)}
VOLUMES = {
    "SUBJ_111": ("PROCESSED/MPRAGE/SUBJ_111/*.img", "ASL"),
    "T88_111": ("PROCESSED/MPRAGE/T88_111/*.img", "LAS"),
    "RAW": ("RAW/*.img", "ASL"),
}
NAME = re.compile(r"(OAS1_\d{4})_(MR\d)")


def listing(options: dict):
    """(scans, excluded). UserError: options, the table, as brain_scan.check, tables.table and tables.unique say."""
    brain_scan.check(options)
    pattern, _ = VOLUMES[options["volume"]]
    rows = tables.unique(tables.table(options, "table", COLUMNS), "ID")
    keys = [tuple(name.rsplit("_", 1)) for name in rows["ID"]]
    reason = ["" if options["rescans"] or key[-1] == "MR1" else "rescan" for key in keys]
    rows = rows.assign(
        key=keys,
        age=tables.age(rows),
        sex=tables.coded(rows, "sex", tables.SEXES),
        reason=reason,
        when=tables.number(rows, "delay").fillna(0),
        diagnosis=diagnoses(rows, options["cdr"]),
    )
    paths = sorted(
        path for path in Path(options["source"]).rglob(f"OAS1_*_MR*/{pattern}") if "_masked_" not in path.name
    )
    return matched(rows.to_dict("records"), *first_each(paths, lambda path: NAME.findall(str(path))[-1]))


def prepared(scan: dict, options: dict):
    """As brain_scan.prepared, with the orientation that the chosen volume is known to have."""
    return brain_scan.prepared(scan, {**options, "axes": options["axes"] or VOLUMES[options["volume"]][1]})
