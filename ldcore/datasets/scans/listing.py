"""Which scans a data set has: images matched with the rows of its tables, and what is left out, with the reason.

A listing is two tables, scans and excluded, as ldcore.datasets.adapters describes them.
"""

import os
import re
from pathlib import Path

import pandas as pd

from ldcore.runtime import files as storage
from ldcore.runtime.errors import UserError
from ldcore.runtime.files import denied_message

LEFT_OUT = ("path", "subject_id", "reason")  # columns of excluded
OF_A_SCAN = ("when", "age", "sex", "diagnosis", "site")  # columns of scans that a row may fill


def files(source, above: tuple = ()):
    """Yield the Path of every file below a folder, in order; linked folders are followed.

    Names that begin with a dot are passed over: macOS lays a ._scan.nii beside each scan.nii on foreign disks. above:
    the folders on the way, into which a link may lead back. UserError: a folder that this user may not read.
    """
    place = os.path.realpath(source)
    if place in above:
        return
    try:
        entries = sorted((entry for entry in os.scandir(source) if entry.name[0] != "."), key=lambda entry: entry.name)
        folders = [entry.name for entry in entries if entry.is_dir()]
    except PermissionError as fault:
        raise UserError(denied_message(source)) from fault
    yield from (Path(source, entry.name) for entry in entries if entry.name not in folders)
    for name in folders:
        yield from files(Path(source, name), (*above, place))


def is_file(path) -> bool:
    """Whether a file is there. UserError: this user may not look into its folder."""
    try:
        return storage.is_file(path)
    except PermissionError as fault:
        raise UserError(denied_message(Path(path).parent)) from fault


def none_excluded() -> pd.DataFrame:
    """An empty table of exclusions."""
    return pd.DataFrame(columns=LEFT_OUT)


def leave_out(scans: pd.DataFrame, excluded: pd.DataFrame, mask, reason: str):
    """(scans without the masked rows, excluded with them)."""
    gone = scans[mask].assign(reason=reason)[list(LEFT_OUT)]
    return scans[~mask].reset_index(drop=True), pd.concat([excluded, gone], ignore_index=True)


def leave_out_missing_files(scans: pd.DataFrame, excluded: pd.DataFrame):
    """(scans whose file is there, excluded with the others)."""
    missing = [not is_file(path) for path in scans["path"]]
    return leave_out(scans, excluded, pd.Series(missing, scans.index, dtype=bool), "no such file")


def leave_out_repeated_rows(scans: pd.DataFrame, labels: pd.DataFrame):
    """(scans without those whose path an earlier row has, excluded with them, the labels of the scans)."""
    repeated = scans["path"].duplicated()
    labels = labels[~repeated.to_numpy()].reset_index(drop=True)
    return *leave_out(scans, none_excluded(), repeated, "row repeated"), labels


def first_by_key(paths, key_of, reason: str = "another image of the same session"):
    """({key: the first path that has it}, [(path, subject, reason)] of the others).

    key_of(path): (subject, whatever tells the person's images apart), all text.
    """
    images, gone = {}, []
    for path in paths:
        key = key_of(path)
        if images.setdefault(key, str(path)) != str(path):
            gone.append((str(path), key[0], reason))
    return images, gone


def match(rows: list[dict], images: dict, gone: list[tuple]):
    """(scans, excluded) of the rows of a table and the images of a folder, {key: path}.

    A row has its image's `key`, age, sex, diagnosis, any of when and site, and a `reason` where it is to be left out.
    Left out are also rows without an image, an age or a diagnosis, images without a row, and those that are `gone`
    already.
    """
    scans, gone, images = [], list(gone), dict(images)
    for row in rows:
        subject, path = row["key"][0], images.pop(row["key"], None)
        reason = unusable(path, row)
        if reason:
            gone.append((path or " ".join(row["key"]), subject, reason))
        else:
            known = {name: row[name] for name in OF_A_SCAN if name in row}
            scans.append({"subject_id": subject, "path": path, **known})
    gone += [(path, key[0], "not in the table") for key, path in images.items()]
    columns = None if scans else ["subject_id", "path"]
    return pd.DataFrame(scans, columns=columns), pd.DataFrame(gone, columns=LEFT_OUT)


def unusable(path, row: dict) -> str | None:
    """Why a row cannot be a scan, or None."""
    if path is None:
        return "no image in the folder"
    if row.get("reason"):
        return row["reason"]
    if pd.isna(row["age"]):
        return "no age in the table"
    return None if row["diagnosis"] else "no diagnosis in the table"


def natural(path) -> list:
    """A key that sorts run-2 before run-10."""
    return [int(piece) if piece.isdigit() else piece for piece in re.split(r"(\d+)", str(path))]


def reasons(excluded: pd.DataFrame) -> str:
    """'3 corrupt, 1 without age', for messages."""
    counts = excluded["reason"].value_counts()
    return ", ".join(f"{count} {reason}" for reason, count in counts.items()) or "the folder lists none"
