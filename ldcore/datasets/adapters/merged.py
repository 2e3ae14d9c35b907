"""Several downloads as one data set, as the paper's brain MR of ADNI-1 and OASIS-3: the scans of every part, split and drawn together.

`parts`: adapter -> its own options, of which `source` counts from this data set's `source`. Whatever is common to all (image_size,
per_class, splits, ...) is set here alone. A scan's `adapter` stays in the records, as its `site` too where the part names none.
"""

from pathlib import Path

import pandas as pd

from ldcore import plugins
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


def part(name: str, options: dict) -> dict:
    """A part's complete options. UserError: a part that reads no download folder, an option that is set for all, no such folder."""
    own = {"source": "", **options["parts"][name]}
    if not hasattr(plugins.find("dataset adapter", name), "listing"):
        raise UserError(f"Option parts: {name} reads no download folder; use an adapter that does.")
    common = sorted(set(own) & set(options) - {"source"})
    if common:
        raise UserError(f"Option parts.{name}.{common[0]} is one for all parts; set {common[0]} beside parts.")
    own = plugins.options("dataset adapter", name, {**own, "image_size": options["image_size"]}, f"Option parts.{name}")
    folder = Path(options["source"], own["source"])
    if not folder.is_dir():
        raise UserError(f"Option parts.{name}.source: {folder} is not a folder; give the folder of the download.")
    return {**own, "source": str(folder)}


def listing(options: dict):
    """The parts' scans and exclusions, one after the other. UserError: no parts, or a subject that two parts have."""
    if not options["parts"]:
        raise UserError(
            "Option parts is empty; give adapters and their options, e.g. {adni: {source: ADNI}, oasis3: {source: OASIS3}}."
        )
    parts = {name: part(name, options) for name in options["parts"]}
    found = [plugins.find("dataset adapter", name).listing(own) for name, own in parts.items()]
    scans = [marked(scans.reset_index(drop=True), name) for name, (scans, _) in zip(options["parts"], found)]
    scans, excluded = pd.concat(scans, ignore_index=True), pd.concat([gone for _, gone in found], ignore_index=True)
    several = scans.groupby("subject_id")["adapter"].agg(lambda names: " and ".join(sorted(set(names))))
    several = sorted(several[several.str.contains(" and ")])
    if several:
        raise UserError(
            f"Option parts: {several[0]} have {len(several)} subject ids in common, which one split cannot tell apart; leave "
            "one of them out."
        )
    return scans, excluded


def marked(scans: pd.DataFrame, name: str) -> pd.DataFrame:
    """A part's scans with their adapter and site, without a split of its own; times as ranks: numbers here may be dates in another."""
    when = scans["when"] if "when" in scans else pd.Series(0, scans.index)
    rank = {value: place for place, value in enumerate(sorted(set(when)))}
    site = scans["site"] if "site" in scans else pd.Series("", scans.index)
    scans = scans.drop(columns="split", errors="ignore")
    return scans.assign(
        subject_id=scans["subject_id"].astype(str), adapter=name, when=when.map(rank), site=site.where(site != "", name)
    )


def prepared(scan: dict, options: dict):
    """The image of one scan, as its part makes it."""
    return plugins.find("dataset adapter", scan["adapter"]).prepared(scan, part(scan["adapter"], options))
