"""OASIS-1 (Marcus et al. 2007): 416 people from 18 to 96, one session each.

Images: discs with OAS1_0001_MR1/{RAW,PROCESSED/MPRAGE/...}; one table. Diagnosis: CDR above 0 is AD, CDR 0 is CN, and
so is an empty CDR (the young, who were not rated); option cdr changes that. The rescans within 90 days
(OAS1_0001_MR2) are left out, or with option rescans a second session of the same person, never in another split.

The Analyze files carry no orientation. RAW and SUBJ_111 are sagittal with axes towards anterior, superior and left (a
capsule on the left of the head tells). T88_111 lies in Talairach's atlas, axes towards left, anterior and superior by
Analyze's convention. Option axes overrides either.
"""

import re

from ldcore.datasets import tables
from ldcore.datasets.adapters._cdr import diagnoses
from ldcore.datasets.scans import brain_scan
from ldcore.datasets.scans.listing import files, first_by_key, match

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
        "propertyNames": {"enum": ["", "0", "0.5", "1", "2", "3", "0.0", "1.0", "2.0", "3.0", 0, 0.5, 1, 2, 3]},
        "additionalProperties": {"enum": ["CN", "MCI", "AD", ""]},
        "default": {"": "CN", "0": "CN", "0.5": "AD", "1": "AD", "2": "AD", "3": "AD"},
        "description": "Clinical Dementia Rating -> diagnosis; an empty one leaves the scan out",
    },
}
COLUMNS = {"ID": ("ID",), "sex": ("M/F",), "age": ("Age",), "cdr": ("CDR",), "delay": ("Delay",)}
ID = r"OAS1_(\d+)_MR(\d+)", "OAS1_{:04d}_MR{:d}"
NAME = re.compile(r"(OAS1_\d{4})_(MR\d)")
PLACES = {
    "SUBJ_111": "PROCESSED/MPRAGE/SUBJ_111/*.img",
    "T88_111": "PROCESSED/MPRAGE/T88_111/*.img",
    "RAW": "RAW/*.img",
}
AXES = {"SUBJ_111": "ASL", "T88_111": "LAS", "RAW": "ASL"}


def list_scans(options: dict):
    """(scans, excluded). UserError: options or the table, as brain_scan.check, tables.load and tables.unique say."""
    brain_scan.check(options)
    sessions = tables.load(options, "table", COLUMNS)
    sessions = tables.unique(sessions.assign(ID=tables.ids(sessions, "ID", *ID)), "ID")
    keys = [tuple(name.rsplit("_", 1)) for name in sessions["ID"]]
    sessions = sessions.assign(
        key=keys,
        age=tables.age(sessions),
        sex=tables.coded(sessions, "sex", tables.SEXES),
        reason=["" if options["rescans"] or key[-1] == "MR1" else "rescan" for key in keys],
        when=tables.number(sessions, "delay").fillna(0),
        diagnosis=diagnoses(sessions, options["cdr"]),
    )
    place = f"OAS1_*_MR*/{PLACES[options['volume']]}"
    paths = sorted(path for path in files(options["source"]) if path.match(place) and "_masked_" not in path.name)
    return match(sessions.to_dict("records"), *first_by_key(paths, lambda path: NAME.findall(str(path))[-1]))


def read_scan(scan: dict, options: dict):
    """As brain_scan.read_scan, with the orientation that the chosen volume is known to have."""
    return brain_scan.read_scan(scan, {**options, "axes": options["axes"] or AXES[options["volume"]]})
