"""From an adapter's list of scans to a data set: each scan read and preprocessed once, in parallel, all others counted.

What an adapter of a download has to offer stands in ldcore.datasets.adapters.
"""

from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from ldcore.datasets.records import validate
from ldcore.datasets.scans.listing import LEFT_OUT, leave_out, reasons
from ldcore.datasets.splits import check_fractions, splits_of
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
TEXTS = ("sex", "diagnosis", "findings")


def build(adapter, options: dict, seed: int, cache, workers: int = 1):
    """(records, images uint8 [N, size, size], excluded) of an adapter module; rows in order of subject and session.

    Images wait in the folder `cache` until all are done, so that a killed run goes on; the result depends neither on
    it nor on `workers`. UserError: no source folder, no scan listed or none readable, unknown sites, a split list
    that lacks a subject or gives it two splits, a worker that died.
    """
    if not Path(options["source"]).is_dir():
        raise UserError(f"Option source: {options['source']} is not a folder; give the folder of the download.")
    scans, excluded = adapter.list_scans(options)
    scans, excluded = in_order(scans), excluded.reindex(columns=LEFT_OUT)
    if not options["splits"] and "split" not in scans:
        check_fractions(options["fractions"])  # before hours of reading
    scans, excluded = at_sites(scans, excluded, options["sites"])
    scans, excluded = draw(scans, excluded, options["per_class"], seed)
    refuse_none(scans, excluded, options)
    images, faults = read_scans(adapter, scans, options, Path(cache), workers)
    failed = np.array([fault is not None for fault in faults])
    gone = scans.assign(reason=faults)[failed]
    excluded = pd.concat([excluded, gone[list(LEFT_OUT)]], ignore_index=True)
    scans = scans[~failed].reset_index(drop=True)
    refuse_none(scans, excluded, options)
    records = scans.assign(split=splits_of(scans, options, seed), image_index=np.arange(len(scans)))
    validate(records, len(images))
    return records.drop(columns=["path", "when"], errors="ignore"), images, excluded


def refuse_none(scans: pd.DataFrame, excluded: pd.DataFrame, options: dict) -> None:
    """UserError where no scan is left, with the reasons."""
    if scans.empty:
        raise UserError(f"No scan in {options['source']} can be used: {reasons(excluded)}.")


def in_order(scans: pd.DataFrame) -> pd.DataFrame:
    """Rows by subject and time, sessions numbered from 0, absent columns empty."""
    scans = scans.reset_index(drop=True)
    empty = {"age": np.nan, "when": 0, **dict.fromkeys(TEXTS, "")}
    for column, value in empty.items():
        scans[column] = scans.get(column, value)
    scans = scans.assign(subject_id=scans["subject_id"].astype(str))
    scans = scans.sort_values(["subject_id", "when", "path"], kind="stable")
    return scans.assign(session=scans.groupby("subject_id").cumcount()).reset_index(drop=True)


def at_sites(scans: pd.DataFrame, excluded: pd.DataFrame, sites: list[str] | None):
    """Only scans of the given sites (None: all); the others are excluded. UserError: a site that no scan has."""
    if sites is None:
        return scans, excluded
    known = set(scans["site"]) if "site" in scans else set()
    if not set(sites) <= known:
        found = ", ".join(sorted(known)) or "none in this data set"
        raise UserError(f"Option sites {sites} is not among the sites found ({found}).")
    return leave_out(scans, excluded, ~scans["site"].isin(sites), "another site")


def draw(scans: pd.DataFrame, excluded: pd.DataFrame, count: int | dict | None, seed: int):
    """`count` scans of each label (diagnosis, else findings), drawn uniformly by the seed; None: all.

    count: a number, or label -> number, where all other labels are left out. UserError: no scan has such a label.
    """
    if count is None:
        return scans, excluded
    labels = scans["diagnosis"].where(scans["diagnosis"] != "", scans["findings"])
    counts = count if isinstance(count, dict) else dict.fromkeys(sorted(set(labels)), count)
    drawn = []
    for label, most in sorted(counts.items()):
        rows = np.flatnonzero(labels == label)
        if not len(rows):
            raise UserError(
                f"Option per_class: no scan is labelled {label!r} (labels found: {', '.join(sorted(set(labels)))})."
            )
        drawn.extend(numpy_rng(seed, "draw", label).permutation(rows)[:most])
    reason = "not drawn (per_class)" if isinstance(count, dict) else f"not drawn ({count} of each label wanted)"
    return leave_out(scans, excluded, ~scans.index.isin(drawn), reason)


def read_scans(adapter, scans: pd.DataFrame, options: dict, cache: Path, workers: int):
    """(images uint8 [N, size, size] of those that could be read, a reason or None for every scan)."""
    rows = [{str(column): value for column, value in row.items()} for row in scans.to_dict("records")]
    read = partial(read_into_cache, adapter.read_scan, options, cache)
    if workers > 1:
        try:
            with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
                outcomes = list(tqdm(pool.map(read, rows), total=len(rows), desc="scans", mininterval=2))
        except BrokenProcessPool as fault:
            raise UserError(
                f"One of the {workers} processes that read scans died, most likely for want of memory; give more "
                "(resources.data.mem_mb) or fewer workers, and the same command again, which goes on where it was."
            ) from fault
    else:
        outcomes = [read(row) for row in tqdm(rows, desc="scans", mininterval=2)]
    paths = [path for path, reason in outcomes if reason is None]
    return stacked(paths, options["image_size"], cache), [reason for _, reason in outcomes]


def read_into_cache(read_scan, options: dict, cache: Path, scan: dict):
    """(its file in the cache, None), or (None, why not).

    A scan whose file and options are unchanged is not read again.
    """
    path = Path(scan["path"])
    try:
        place = cache / f"{digest(str(path), path.stat().st_mtime_ns, scan, {**options, 'source': ''})}.npy"
        if not place.exists():
            image = read_scan(scan, options)
            with atomic(place) as temporary, open(temporary, "wb") as file:
                np.save(file, image)
        return place, None
    except UserError as fault:
        return None, str(fault)
    except Exception as fault:  # imaging libraries raise many kinds for a damaged file
        return None, f"cannot be read ({' '.join(str(fault).split())[:200]})"


def stacked(paths: list[Path], size: int, cache: Path) -> np.ndarray:
    """The files' images as one array [N, size, size] on disk, written one by one: all may not fit into memory."""
    cache.mkdir(parents=True, exist_ok=True)
    header = {
        "descr": np.lib.format.dtype_to_descr(np.dtype(np.uint8)),
        "fortran_order": False,
        "shape": (len(paths), size, size),
    }
    with open(cache / "all.npy", "wb") as file:
        np.lib.format.write_array_header_1_0(file, header)
        for path in paths:
            file.write(np.load(path).tobytes())
    return np.load(cache / "all.npy", mmap_mode="r")
