"""IXI (brain-development.org): about 580 healthy people of three London hospitals; IXI012-HH-1211-T1.nii.gz in one folder, one table.

All are CN; column `site` is the hospital in the file's name (Guys, HH, IOP). The table, IXI.xls as it comes, .xlsx or .csv, has people
without an age (empty or 0) and people twice: those whose rows differ are left out.
"""

import re
from pathlib import Path

from ldcore.datasets import tables
from ldcore.datasets.scans import brain_scan
from ldcore.datasets.scans.brain_listing import first_each, matched
from ldcore.datasets.scans.brain_scan import prepared  # noqa: F401  the adapter's own

TITLE = "IXI"
EXTENDS = ("ldcore.datasets.scans.build", "ldcore.datasets.scans.brain_scan")
OPTIONS = {
    "table": {"type": ["string", "null"], "default": None, "description": "the demographics; null: in source"},
}
COLUMNS = {"person": ("IXI_ID",), "sex": ("SEX_ID (1=m, 2=f)", "SEX_ID"), "age": ("AGE",)}
NAME = re.compile(r"(IXI\d+)-([A-Za-z]+)-\d+-T1\.nii(\.gz)?$")


def listing(options: dict):
    """(scans, excluded). UserError: options, the table, as brain_scan.check and tables.table say."""
    brain_scan.check(options)
    rows = tables.table(options, "table", COLUMNS)
    rows = rows.assign(
        person=tables.number(rows, "person"), age=tables.age(rows), sex=tables.coded(rows, "sex", tables.SEXES)
    )
    rows = rows[rows["person"].notna()].drop_duplicates()
    reason = rows.duplicated("person", keep=False).map({True: "several rows of the table that differ", False: ""})
    rows = rows.assign(
        key=[(f"IXI{int(person):03d}",) for person in rows["person"]], reason=reason, diagnosis="CN"
    ).drop_duplicates("key")
    paths = sorted(path for path in Path(options["source"]).rglob("IXI*-T1.nii*") if NAME.match(path.name))
    images, gone = first_each(paths, lambda path: (NAME.match(path.name)[1],))
    sites = {key: NAME.match(Path(path).name)[2] for key, path in images.items()}
    return matched([{**row, "site": sites.get(row["key"], "")} for row in rows.to_dict("records")], images, gone)
