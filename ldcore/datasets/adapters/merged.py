"""Several downloads as one data set, as the paper's brain MR of ADNI-1 and OASIS-3: all scans split and drawn together.

`parts`: adapter -> its own options, of which `source` counts from this data set's `source`. Whatever is common to all
(image_size, per_class, splits, ...) is set here alone. A scan's `adapter` stays in the records, as its `site` too
where the part names none.
"""

import os
from pathlib import Path

import pandas as pd

from ldcore import plugins
from ldcore.datasets import part_options
from ldcore.runtime.errors import UserError

TITLE = "several downloads"
PARTS = "parts"
EXTENDS = ("ldcore.datasets.scans.build",)
OPTIONS = {
    "parts": {
        "type": "object",
        "additionalProperties": {"type": "object"},
        "default": {},
        "description": "adapter -> its own options, of which source counts from this source",
    },
}


def list_scans(options: dict):
    """The parts' scans and exclusions, one after the other. UserError: no parts, or a subject that two parts have."""
    if not options["parts"]:
        raise UserError(
            "Option parts is empty; give adapters and their options, e.g. "
            "{adni: {source: ADNI}, oasis3: {source: OASIS3}}."
        )
    listings = {name: adapter(name).list_scans(options_of(name, options)) for name in options["parts"]}
    scans = pd.concat([marked(scans, name) for name, (scans, _) in listings.items()], ignore_index=True)
    excluded = pd.concat([excluded for _, excluded in listings.values()], ignore_index=True)
    adapters = scans.groupby("subject_id")["adapter"].agg(lambda names: " and ".join(sorted(set(names))))
    shared = sorted(adapters[adapters.str.contains(" and ")])
    if shared:
        raise UserError(
            f"Option parts: {shared[0]} have {len(shared)} subject ids in common, which one split cannot tell apart; "
            "leave one of them out."
        )
    return scans, excluded


def read_scan(scan: dict, options: dict):
    """The image of one scan, as its part makes it."""
    return adapter(scan["adapter"]).read_scan(scan, options_of(scan["adapter"], options))


def adapter(name: str):
    """A part's module. UserError: unknown, or it reads no download folder."""
    module = plugins.find("dataset adapter", name)
    if not hasattr(module, "list_scans"):
        raise UserError(f"Option parts: {name} reads no download folder; use an adapter that does.")
    return module


def options_of(name: str, options: dict) -> dict:
    """A part's complete options. UserError: an option that is set for all or unknown, no such folder."""
    own = part_options(name, options["parts"][name], options, f"Option parts.{name}")
    folder = Path(options["source"], own["source"])
    if not os.path.isdir(folder):
        raise UserError(f"Option parts.{name}.source: {folder} is not a folder; give the folder of the download.")
    return {**own, "source": str(folder)}


def marked(scans: pd.DataFrame, name: str) -> pd.DataFrame:
    """A part's scans with their adapter and site, without a split of its own.

    Times become ranks: numbers in one part may be dates in another.
    """
    scans = scans.reset_index(drop=True).drop(columns="split", errors="ignore")
    when = scans["when"] if "when" in scans else pd.Series(0, scans.index)
    rank = {moment: place for place, moment in enumerate(sorted(set(when)))}
    site = scans["site"] if "site" in scans else pd.Series("", scans.index)
    return scans.assign(
        subject_id=scans["subject_id"].astype(str),
        adapter=name,
        when=when.map(rank),
        site=site.where(site != "", name),
    )
