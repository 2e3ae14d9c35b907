"""From an adapter's list of scans to a data set: each scan read and preprocessed once, in parallel, all others counted.

What an adapter of a download has to offer stands in ldcore.datasets.adapters.
"""

import os
import signal
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import lru_cache, partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from ldcore.datasets.records import contradictions, validate
from ldcore.datasets.scans.listing import LEFT_OUT, leave_out, reasons
from ldcore.datasets.splits import check_fractions, splits_of
from ldcore.runtime.errors import UserError
from ldcore.runtime.files import atomic, digest, sha256
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
CONTRADICTIONS = {
    "sex": "the subject's scans have two sexes",
    "age": "the subject is younger at a later session",
}
PAIRS = 3  # of copies that a warning names


class NoScan(UserError):
    """No scan of a download can be used; `excluded` is the table of all of them with the reasons."""

    def __init__(self, text: str, excluded: pd.DataFrame):
        super().__init__(text)
        self.excluded = excluded


def build(adapter, options: dict, seed: int, cache, workers: int = 1):
    """(records, images uint8 [N, size, size], excluded) of an adapter module; rows in order of subject and session.

    Images wait in the folder `cache` until all are done, so that a killed run goes on; the result depends neither on
    it nor on `workers`. UserError: no source folder, no scan listed or none readable (NoScan), unknown sites, a split
    list that lacks a subject or gives it two splits, a worker that died.
    """
    if not os.path.isdir(options["source"]):
        raise UserError(f"Option source: {options['source']} is not a folder; give the folder of the download.")
    scans, excluded = adapter.list_scans(options)
    scans, excluded = in_order(scans), excluded.reindex(columns=LEFT_OUT)
    if not options["splits"] and "split" not in scans:
        check_fractions(options["fractions"])  # before hours of reading
    scans, excluded = leave_out_contradictions(scans, excluded, getattr(adapter, "WHEN_IS_TIME", True))
    scans, excluded = at_sites(scans, excluded, options["sites"])
    scans, excluded = draw(scans, excluded, options["per_class"], seed)
    refuse_none(scans, excluded, options)
    files, faults = read_scans(adapter, scans, options, Path(cache), workers)
    images = stacked(files, options["image_size"], Path(cache))
    failed = np.array([fault is not None for fault in faults])
    gone = scans.assign(reason=faults)[failed]
    excluded = pd.concat([excluded, gone[list(LEFT_OUT)]], ignore_index=True)
    scans = scans[~failed].reset_index(drop=True)
    refuse_none(scans, excluded, options)
    records = scans.assign(split=splits_of(scans, options, seed), image_index=np.arange(len(scans)))
    validate(records, len(images))
    warn_of_copies(records, files, [f"row {row} of records.csv" for row in range(2, len(records) + 2)])
    return records.drop(columns=["path", "when"], errors="ignore"), images, excluded


def refuse_none(scans: pd.DataFrame, excluded: pd.DataFrame, options: dict) -> None:
    """NoScan where no scan is left, with the reasons and a path that has the first of them."""
    if scans.empty:
        example = ""
        if len(excluded):
            first = excluded["reason"].value_counts().index[0]
            example = f" (for example {excluded['path'][excluded['reason'] == first].iloc[0]})"
        raise NoScan(f"No scan in {options['source']} can be used: {reasons(excluded)}{example}.", excluded)


def warn_of_copies(records: pd.DataFrame, files: list[Path], names: list[str]) -> None:
    """Print a warning where two subjects have the very same image.

    Nothing is left out: whose it is no program can tell. files: each record's in the cache; names: what to call each.
    """
    first, copies = {}, []
    subjects, splits = (records[column].to_numpy() for column in ("subject_id", "split"))
    for place, file in enumerate(files):
        other = first.setdefault(sha256(file), place)
        if subjects[other] != subjects[place]:
            copies.append((other, place))
    if copies:
        apart = sum(splits[one] != splits[other] for one, other in copies)
        named = "; ".join(f"{names[one]} and {names[other]}" for one, other in copies[:PAIRS])
        more = f" and {len(copies) - PAIRS} more" if len(copies) > PAIRS else ""
        print(
            f"warning: images that two subjects share, pixel by pixel: {len(copies)}, of which {apart} in two splits "
            f"({named}{more}); give a person one id, or leave the copies out."
        )


def in_order(scans: pd.DataFrame) -> pd.DataFrame:
    """Rows by subject and time, sessions numbered from 0, absent columns empty."""
    scans = scans.reset_index(drop=True)
    empty = {"age": np.nan, "when": 0, **dict.fromkeys(TEXTS, "")}
    for column, value in empty.items():
        scans[column] = scans.get(column, value)
    scans = scans.assign(subject_id=scans["subject_id"].astype(str))
    scans = scans.sort_values(["subject_id", "when", "path"], kind="stable")
    return scans.assign(session=scans.groupby("subject_id").cumcount()).reset_index(drop=True)


def leave_out_contradictions(scans: pd.DataFrame, excluded: pd.DataFrame, in_time: bool):
    """(scans without those of subjects that contradict themselves, excluded with them); in_time: of `when`."""
    column_of = {subject: column for subject, (column, *_) in contradictions(scans, "when", in_time).items()}
    for column, reason in CONTRADICTIONS.items():
        scans, excluded = leave_out(scans, excluded, scans["subject_id"].map(column_of) == column, reason)
    return scans, excluded


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
    """(files in the cache of the scans that could be read, a reason or None for every scan)."""
    rows = [{str(column): value for column, value in row.items()} for row in scans.to_dict("records")]
    outcomes = list(read_in_turn(adapter.read_scan, rows, options, cache, workers))
    return [path for path, reason in outcomes if reason is None], [reason for _, reason in outcomes]


def read_in_turn(read_scan, rows: list[dict], options: dict, cache: Path, workers: int):
    """Yield, for every scan in order, (its file in the cache, None) or (None, why it cannot be used).

    rows: scans, each with its `path`. UserError: a worker that died.
    """
    read = partial(read_into_cache, read_scan, options, cache)
    shown = partial(tqdm, total=len(rows), desc="scans", mininterval=2)
    if workers < 2:
        yield from shown(map(read, rows))
        return
    # Ctrl-C reaches workers too: they end what they read, and the command says that it stopped.
    quiet = {"initializer": signal.signal, "initargs": (signal.SIGINT, signal.SIG_IGN)}
    pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"), **quiet)
    try:
        yield from shown(pool.map(read, rows))
    except BrokenProcessPool as fault:
        raise UserError(
            f"One of the {workers} processes that read scans died, most likely for want of memory; give more "
            "(resources.data.mem_mb) or fewer workers, and the same command again, which goes on where it was."
        ) from fault
    finally:
        pool.shutdown(cancel_futures=True)


def read_into_cache(read_scan, options: dict, cache: Path, scan: dict):
    """(its file in the cache, None), or (None, why not).

    A scan whose files, options and reader are unchanged is not read again. What fails in writing is no fault of the
    scan's and is raised.
    """
    path = Path(scan["path"])
    try:
        key = digest(reader(), str(path), state_of(path), scan, {**options, "source": ""})
        place = cache / f"{key}.npy"
        if place.exists():
            return place, None
        image = read_scan(scan, options)
    except UserError as fault:
        return None, str(fault)
    except PermissionError:
        return None, "may not be read by you: permission denied"
    except Exception as fault:  # imaging libraries raise many kinds for a damaged file
        return None, f"cannot be read ({' '.join(str(fault).split())[:200]})"
    with atomic(place) as temporary, open(temporary, "wb") as file:
        np.save(file, image)
    return place, None


def state_of(path: Path) -> list:
    """What changes when a file, or one of a folder of DICOM files, is replaced."""
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    return [(file.name, file.stat().st_size, file.stat().st_mtime_ns) for file in files]


@lru_cache(maxsize=1)
def reader() -> str:
    """A digest of the code that makes an image of a file: what an older one left in the cache is not used."""
    folder = Path(__file__).parents[1]
    return digest(*[sha256(path) for path in sorted(folder.rglob("*.py"))])


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
