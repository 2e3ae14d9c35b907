"""Which split a subject is in: drawn by hash, or by a list of hashed ids that two labs share."""

import hashlib

import numpy as np
import pandas as pd

from ldcore.datasets import tables
from ldcore.datasets.records import SPLITS
from ldcore.runtime.errors import UserError


def splits_of(scans: pd.DataFrame, options: dict, seed: int) -> list[str]:
    """The split of every row: by the list of hashed ids, else the data set's own, else by hash of the subject."""
    subjects = scans["subject_id"]
    if options["splits"]:
        return listed_splits(subjects, options)
    if "split" in scans:
        return list(scans["split"])
    split_of = assign_splits(subjects, options["fractions"], seed)
    return [split_of[subject] for subject in subjects]


def listed_splits(subjects: pd.Series, options: dict) -> list[str]:
    """The split of every subject by the list that option `splits` names. UserError: none, or two, for a subject."""
    file = tables.path_of(options["splits"], options["source"], "splits")
    remedy = "give the splits.csv of a prepared data set as option splits"
    table = tables.read(file, ("hashed_id", "split"), remedy=remedy).drop_duplicates()
    twice = table[table["hashed_id"].duplicated(keep=False)]
    if len(twice):
        subject = twice["hashed_id"].iloc[0]
        rows = twice.index[twice["hashed_id"] == subject]
        raise UserError(
            f"Subject {subject} (hashed) has more than one split in {file}; delete the wrong rows ({rows[0]} or "
            f"{rows[1]})."
        )
    split_of = dict(zip(table["hashed_id"], table["split"]))
    splits = []
    for subject in subjects:
        pseudonym = hashed(subject, options["salt"])
        if split_of.get(pseudonym) not in SPLITS:
            raise UserError(
                f"Subject {pseudonym} (hashed) has no split in {file}; use the list made for this data, and its salt."
            )
        splits.append(split_of[pseudonym])
    return splits


def hashed_splits(records: pd.DataFrame, salt: str) -> pd.DataFrame:
    """A row a subject: hashed_id and split, in order of the hash, which tells nothing of the subject."""
    subjects = records[["subject_id", "split"]].drop_duplicates()
    hashes = [hashed(subject, salt) for subject in subjects["subject_id"]]
    return subjects.assign(hashed_id=hashes)[["hashed_id", "split"]].sort_values("hashed_id")


def check_fractions(fractions: dict) -> None:
    """UserError where the shares of the splits are not shares of one whole."""
    shares = [float(share) for share in fractions.values()]
    if set(fractions) - set(SPLITS) or min(shares, default=0) < 0 or abs(sum(shares) - 1) > 1e-6:
        raise UserError(f"Split fractions are {fractions}; give train, val and test shares >= 0 that sum to 1.")


def assign_splits(subject_ids, fractions: dict, seed: int) -> dict:
    """Map each distinct subject id to a split by hash: adding subjects never moves the others.

    `fractions`: {"train": .., "val": .., "test": ..}, each >= 0, summing to 1 (missing ones are 0); a subject whose
    hash in [0, 1) falls in a split's share gets it. Raises UserError for other fractions.
    """
    check_fractions(fractions)
    values = [float(fractions.get(name, 0.0)) for name in SPLITS]
    edges = np.cumsum(values)
    edges[np.flatnonzero(values)[-1] :] = 1.0
    return {
        subject: SPLITS[int(np.searchsorted(edges, unit_hash(f"{seed}/split/{subject}"), side="right"))]
        for subject in dict.fromkeys(subject_ids)
    }


def unit_hash(text: str) -> float:
    """A number in [0, 1) from the text alone."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:6], "big") / 2.0**48


def hashed(subject_id, salt: str) -> str:
    """A 16-digit hexadecimal pseudonym for anything shareable; the salt stays private, or ids can be guessed."""
    return hashlib.sha256(f"{salt}/{subject_id}".encode()).hexdigest()[:16]
