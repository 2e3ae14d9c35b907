"""IXI (brain-development.org): about 580 healthy people of three London hospitals.

Images: IXI012-HH-1211-T1.nii.gz in one folder; column `site` is the hospital in the file's name (Guys, HH, IOP). All
are CN. The table, IXI.xls as it comes, .xlsx or .csv, has people without an age (empty or 0) and people twice: those
whose rows differ are left out.
"""

import re
from pathlib import Path

from ldcore.datasets import tables
from ldcore.datasets.scans import brain_scan
from ldcore.datasets.scans.brain_scan import read_scan  # noqa: F401  the adapter's own
from ldcore.datasets.scans.listing import files, first_by_key, match

TITLE = "IXI"
EXTENDS = ("ldcore.datasets.scans.build", "ldcore.datasets.scans.brain_scan")
OPTIONS = {
    "table": {"type": ["string", "null"], "default": None, "description": "the demographics; null: in source"},
}
COLUMNS = {"person": ("IXI_ID",), "sex": ("SEX_ID (1=m, 2=f)", "SEX_ID"), "age": ("AGE",)}
ID = r"(?:IXI)?(\d+)", "{:d}"
NAME = re.compile(r"(IXI\d+)-([A-Za-z]+)-\d+-T1\.nii(\.gz)?$")


def list_scans(options: dict):
    """(scans, excluded). UserError: options or the table, as brain_scan.check and tables.load say."""
    brain_scan.check(options)
    people = tables.load(options, "table", COLUMNS)
    people = people.assign(
        person=tables.whole(people.assign(person=tables.ids(people, "person", *ID)), "person"),
        age=tables.age(people),
        sex=tables.coded(people, "sex", tables.SEXES),
        diagnosis="CN",
    )
    people = people[people["person"].notna()].drop_duplicates()
    several = people.duplicated("person", keep=False)
    people = people.assign(
        key=[(f"IXI{int(person):03d}",) for person in people["person"]],
        reason=several.map({True: "several rows of the table that differ", False: ""}),
    ).drop_duplicates("key")
    paths = sorted(path for path in files(options["source"]) if NAME.match(path.name))
    images, others = first_by_key(paths, lambda path: (NAME.match(path.name)[1],))
    sites = {key: NAME.match(Path(path).name)[2] for key, path in images.items()}
    rows = [{**row, "site": sites.get(row["key"], "")} for row in people.to_dict("records")]
    return match(rows, images, others)
