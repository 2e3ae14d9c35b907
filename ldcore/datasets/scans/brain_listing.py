"""Images of a download matched with the rows of its table. A key is (subject, what tells the person's images apart ...), all text."""

import re

import pandas as pd

from ldcore.datasets.scans.build import LEFT_OUT

COLUMNS = ("when", "age", "sex", "diagnosis", "site")


def first_each(paths, key, reason: str = "another image of the same session"):
    """({key of a path: the first path that has it}, (path, subject, reason) of the others)."""
    images, gone = {}, []
    for path in paths:
        if images.setdefault(key(path), str(path)) != str(path):
            gone.append((str(path), key(path)[0], reason))
    return images, gone


def matched(rows: list[dict], images: dict, gone: list[tuple]):
    """What a listing returns, (scans, excluded), of rows with `key`, age, sex, diagnosis, any of when, site, and `reason` to leave them out.

    Left out, with the reason, are also rows without an image, an age or a diagnosis, images without a row, and what is in `gone`.
    """
    scans, images = [], dict(images)
    for row in rows:
        path = images.pop(row["key"], None)
        reason = unusable(path, row)
        if reason:
            gone = [*gone, (path or " ".join(row["key"]), row["key"][0], reason)]
        else:
            scans.append(
                {"subject_id": row["key"][0], "path": path, **{name: row[name] for name in COLUMNS if name in row}}
            )
    gone = [*gone, *((path, key[0], "not in the table") for key, path in images.items())]
    return pd.DataFrame(scans, columns=None if scans else ["subject_id", "path"]), pd.DataFrame(gone, columns=LEFT_OUT)


def unusable(path, row: dict):
    """Why a row cannot be a scan, or None."""
    if path is None:
        return "no image in the folder"
    if row.get("reason"):
        return row["reason"]
    return "no age in the table" if pd.isna(row["age"]) else None if row["diagnosis"] else "no diagnosis in the table"


def natural(path) -> list:
    """Sorts run-2 before run-10."""
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", str(path))]
