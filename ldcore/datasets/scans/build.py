"""From an adapter's list of scans to a data set: each read and preprocessed once, in parallel, and whatever is left out counted.

What an adapter has to offer: ldcore.datasets.adapters.
"""

from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from ldcore.datasets.records import SPLITS, assign_splits, hashed, validate
from ldcore.runtime.errors import UserError
from ldcore.runtime.files import atomic, digest
from ldcore.runtime.seeds import numpy_rng

EXTENDS = ("ldcore.datasets.records",)
OPTIONS = {
    "source": {"type": "string", "description": "the folder of the download"},
    "image_size": {"type": "integer", "minimum": 8, "default": 512, "description": "pixels a side"},
    "splits": {"type": ["string", "null"], "default": None, "description": "a splits.csv, instead of fractions"},
    "salt": {"type": "string", "default": "latent-drifting", "description": "of the hashed ids in splits.csv"},
    "per_class": {
        "type": ["integer", "object", "null"],
        "minimum": 1,
        "additionalProperties": {"type": "integer", "minimum": 1},
        "default": None,
        "description": "scans drawn of each label, or label -> how many; null: all",
    },
    "sites": {
        "type": ["array", "null"],
        "items": {"type": "string"},
        "default": None,
        "description": "the sites whose scans are used; null: all",
    },
}
LEFT_OUT = ("path", "subject_id", "reason")
TEXTS = ("sex", "diagnosis", "findings", "site")


def build(adapter, options: dict, seed: int, cache, workers: int = 1):
    """(records, images uint8 [N, size, size], excluded) of an adapter module; rows in order of subject and session.

    Images wait in the folder `cache` until all are done, so that a killed run goes on; the result does not depend on it or on
    `workers`. UserError: no source folder, no scan listed or none readable, unknown sites, a split list that lacks a subject or gives it
    two splits, a worker that died.
    """
    if not Path(options["source"]).is_dir():
        raise UserError(f"Option source: {options['source']} is not a folder; give the folder of the download.")
    scans, excluded = adapter.listing(options)
    excluded = excluded.reindex(columns=LEFT_OUT)
    scans, excluded = of_sites(ordered(scans), excluded, options["sites"])
    scans, excluded = drawn(scans, excluded, options["per_class"], seed)
    if scans.empty:
        raise UserError(f"No scan in {options['source']} can be used: {reasons(excluded)}.")
    images, faults = read_all(adapter, scans, options, Path(cache), workers)
    failed = scans.assign(reason=faults)[[fault is not None for fault in faults]]
    excluded = pd.concat([excluded, failed[list(LEFT_OUT)]], ignore_index=True)
    scans = scans[[fault is None for fault in faults]].reset_index(drop=True)
    if scans.empty:
        raise UserError(f"No scan in {options['source']} can be used: {reasons(excluded)}.")
    records = scans.assign(split=split_of(scans, options, seed), image_index=np.arange(len(scans)))
    validate(records, len(images))
    return records.drop(columns=["path", "when"], errors="ignore"), images, excluded


def ordered(scans: pd.DataFrame) -> pd.DataFrame:
    """Rows by subject and time, sessions numbered from 0, absent columns empty."""
    scans = scans.reset_index(drop=True)
    for name, empty in [("age", np.nan), ("when", 0), *((name, "") for name in TEXTS[:3])]:
        scans[name] = scans[name] if name in scans else empty
    scans = scans.assign(subject_id=scans["subject_id"].astype(str)).sort_values(
        ["subject_id", "when", "path"], kind="stable"
    )
    return scans.assign(session=scans.groupby("subject_id").cumcount()).reset_index(drop=True)


def of_sites(scans, excluded, sites):
    """Only scans of the given sites (all for None); the others are excluded."""
    if sites is None:
        return scans, excluded
    if "site" not in scans or not set(sites) <= set(scans["site"]):
        known = ", ".join(sorted(set(scans["site"]))) if "site" in scans else "none in this data set"
        raise UserError(f"Option sites {sites} is not among the sites found ({known}).")
    return left_out(scans, excluded, ~scans["site"].isin(sites), "another site")


def drawn(scans, excluded, count, seed: int):
    """`count` scans of each label (diagnosis, else findings), drawn uniformly by the seed; all for None. count: a number, or label ->
    number, of which the others are left out. UserError: no scan has such a label."""
    if count is None:
        return scans, excluded
    labels, kept = scans["diagnosis"].where(scans["diagnosis"] != "", scans["findings"]), []
    counts = count if isinstance(count, dict) else dict.fromkeys(sorted(set(labels)), count)
    for label, wanted in sorted(counts.items()):
        rows = np.flatnonzero(labels == label)
        if not len(rows):
            raise UserError(
                f"Option per_class: no scan is labelled {label!r} (labels found: {', '.join(sorted(set(labels)))})."
            )
        kept.extend(numpy_rng(seed, "draw", label).permutation(rows)[:wanted])
    reason = "not drawn (per_class)" if isinstance(count, dict) else f"not drawn ({count} of each label wanted)"
    return left_out(scans, excluded, ~scans.index.isin(kept), reason)


def left_out(scans, excluded, mask, reason: str):
    """(scans without the masked rows, excluded with them)."""
    gone = scans[mask].assign(reason=reason)[list(LEFT_OUT)]
    return scans[~mask].reset_index(drop=True), pd.concat([excluded, gone], ignore_index=True)


def split_of(scans: pd.DataFrame, options: dict, seed: int) -> list[str]:
    """The split of every row: by the list of hashed ids where one is given, else the data set's own, else by hash of the subject."""
    subjects = scans["subject_id"]
    if not options["splits"] and "split" in scans:
        return list(scans["split"])
    if not options["splits"]:
        found = assign_splits(subjects, options["fractions"], seed)
        return [found[subject] for subject in subjects]
    try:
        table = pd.read_csv(options["splits"], dtype=str)[["hashed_id", "split"]].drop_duplicates()
    except (OSError, ValueError, KeyError) as fault:
        raise UserError(
            f"Option splits: {options['splits']} is no list of hashed_id and split ({fault}); give the splits.csv of a "
            "prepared data set."
        ) from fault
    twice = table["hashed_id"][table["hashed_id"].duplicated()]
    if len(twice):
        raise UserError(
            f"Subject {twice.iloc[0]} (hashed) has more than one split in {options['splits']}; delete the wrong rows."
        )
    table = table.set_index("hashed_id")["split"]
    found = [table.get(hashed(subject, options["salt"])) for subject in subjects]
    for subject, split in zip(subjects, found):
        if split not in SPLITS:
            raise UserError(
                f"Subject {hashed(subject, options['salt'])} (hashed) has no split in {options['splits']}; use the list made for "
                "this data, and its salt."
            )
    return found


def read_all(adapter, scans, options: dict, cache: Path, workers: int):
    """(images of those that could be read, a reason or None for every scan)."""
    jobs = [{str(key): value for key, value in row.items()} for row in scans.to_dict("records")]
    work = partial(read_one, adapter.prepared, options, cache)
    if workers > 1:
        try:
            with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
                found = list(tqdm(pool.map(work, jobs), total=len(jobs), desc="scans", mininterval=2))
        except BrokenProcessPool as fault:
            raise UserError(
                f"One of the {workers} processes that read scans died, most likely for want of memory; give more "
                "(resources.data.mem_mb) or fewer workers, and the same command again, which goes on where it was."
            ) from fault
    else:
        found = [work(job) for job in tqdm(jobs, desc="scans", mininterval=2)]
    good = [path for path, reason in found if reason is None]
    size = options["image_size"]
    cache.mkdir(parents=True, exist_ok=True)
    with open(cache / "all.npy", "wb") as file:  # written one by one: all may not fit into memory
        head = {
            "descr": np.lib.format.dtype_to_descr(np.dtype(np.uint8)),
            "fortran_order": False,
            "shape": (len(good), size, size),
        }
        np.lib.format.write_array_header_1_0(file, head)
        for path in good:
            file.write(np.load(path).tobytes())
    return np.load(cache / "all.npy", mmap_mode="r"), [reason for _, reason in found]


def read_one(prepared, options: dict, cache: Path, scan: dict):
    """(its file in the cache, None), or (None, why not). A scan whose file and options are unchanged is not read again."""
    path = Path(scan["path"])
    try:
        place = cache / f"{digest(str(path), path.stat().st_mtime_ns, scan, {**options, 'source': ''})}.npy"
        if not place.exists():
            image = prepared(scan, options)
            with atomic(place) as temporary, open(temporary, "wb") as file:
                np.save(file, image)
        return place, None
    except UserError as fault:
        return None, str(fault)
    except Exception as fault:  # imaging libraries raise many kinds for a damaged file
        return None, f"cannot be read ({' '.join(str(fault).split())[:200]})"


def reasons(excluded) -> str:
    """'3 corrupt, 1 without age', for messages."""
    counts = excluded["reason"].value_counts()
    return ", ".join(f"{count} {reason}" for reason, count in counts.items()) or "the folder lists none"
