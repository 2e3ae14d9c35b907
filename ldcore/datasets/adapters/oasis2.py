"""OASIS-2 (Marcus et al. 2010): 150 people from 60 to 96, two or more visits each.

Images: folders OAS2_0001_MR1/RAW; one table. Diagnosis: the visit's CDR (0 CN, 0.5 MCI, 1 and above AD; option cdr),
whatever the person's Group: a Converted person is CN before and MCI or AD after. Of a visit's runs the first is used.
A file whose header gives no orientation has that of OASIS-1's raw images.
"""

import re

from ldcore.datasets import tables
from ldcore.datasets.adapters._cdr import diagnoses
from ldcore.datasets.scans import brain_scan
from ldcore.datasets.scans.brain_scan import read_scan  # noqa: F401  the adapter's own
from ldcore.datasets.scans.listing import files, first_by_key, match, natural

TITLE = "OASIS-2"
EXTENDS = ("ldcore.datasets.scans.build", "ldcore.datasets.scans.brain_scan", "ldcore.datasets.adapters._cdr")
OPTIONS = {
    "table": {"type": ["string", "null"], "default": None, "description": "the longitudinal table; null: in source"},
    "axes": {"type": ["string", "null"], "default": "ASL", "description": "as in OASIS-1's raw images"},
}
COLUMNS = {"MRI ID": ("MRI ID",), "delay": ("MR Delay",), "sex": ("M/F",), "age": ("Age",), "cdr": ("CDR",)}
ID = r"OAS2_(\d+)_MR(\d+)", "OAS2_{:04d}_MR{:d}"
NAME = re.compile(r"(OAS2_\d{4})_(MR\d+)")


def list_scans(options: dict):
    """(scans, excluded). UserError: options or the table, as brain_scan.check, tables.load and tables.unique say."""
    brain_scan.check(options)
    visits = tables.load(options, "table", COLUMNS)
    visits = tables.unique(visits.assign(**{"MRI ID": tables.ids(visits, "MRI ID", *ID)}), "MRI ID")
    visits = visits.assign(
        key=[tuple(name.rsplit("_", 1)) for name in visits["MRI ID"]],
        when=tables.number(visits, "delay").fillna(0),
        age=tables.age(visits),
        sex=tables.coded(visits, "sex", tables.SEXES),
        diagnosis=diagnoses(visits, options["cdr"]),
    )
    paths = (path for path in files(options["source"]) if path.match("OAS2_*_MR*/RAW/*.img"))
    paths = sorted(paths, key=natural)
    return match(visits.to_dict("records"), *first_by_key(paths, lambda path: NAME.findall(str(path))[-1]))
