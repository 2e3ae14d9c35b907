"""The rows of a CSV file as text, and where the files that its cells name lie. Read at parse time: nothing heavy."""

import csv
import gzip
import os
import re
import unicodedata
from functools import lru_cache
from itertools import chain
from pathlib import Path

from ldcore.runtime.files import is_file

DELIMITERS = ",;\t"  # the header tells which; Excel writes semicolons where a comma is the decimal sign


def opened(path: Path):
    """A text file, compressed or not."""
    opening = gzip.open if path.suffix.lower() == ".gz" else open
    return opening(path, "rt", newline="", encoding="utf-8-sig")


def delimiter(head: str) -> str:
    """Which of DELIMITERS a header has most of, those in quotes left out."""
    return max(DELIMITERS, key=re.sub(r'"[^"]*"', "", head).count)


def separated(file):
    """The cells of every row of an open CSV, whichever of DELIMITERS its header has."""
    blank = []
    for head in file:
        if head.strip():
            break
        blank.append(head)
    else:
        head = ""
    return csv.reader(chain(blank, [head], file), delimiter=delimiter(head), skipinitialspace=True, strict=True)


def stripped(rows):
    """(row number, cells as `cleaned` gives them) of every row that is not blank.

    ValueError: quotes that do not pair, or a cell with the character NUL, which no text has.
    """
    number = 0
    try:
        for number, cells in enumerate(rows, 1):
            cells = [cleaned(cell) for cell in cells]
            if any("\0" in cell for cell in cells):
                raise ValueError(f"row {number} holds the character NUL")
            if any(cells):
                yield number, cells
    except csv.Error as fault:
        raise ValueError(f"after row {number}: {fault}") from fault


def cleaned(text: str) -> str:
    """Text without what nobody sees: marks of no width, several ways to write one letter or space, space around it."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
        kinds = [(unicodedata.category(character), character) for character in text]
        text = "".join(" " if kind == "Zs" else character for kind, character in kinds if kind != "Cf")
    return text.strip()


def place_of(root: Path, cell: str, exists=is_file) -> Path:
    """The file that a cell names; backslashes are those of a table written on Windows, unless a name has them.

    A name on the disk may hold what `cleaned` takes from the cell.
    """
    path = root / cell
    if "\\" in cell and not exists(path):
        path = root / cell.replace("\\", "/")
    if exists(path) or not os.access(path.parent, os.R_OK | os.X_OK) or not os.path.isdir(path.parent):
        return path
    return path.with_name(names_in(path.parent, path.parent.stat().st_mtime_ns).get(path.name, path.name))


@lru_cache(maxsize=8)
def names_in(folder: Path, changed: int) -> dict[str, str]:
    """{a name as `cleaned` gives it: the first name in a folder that it is of}; changed: when the folder was."""
    return {cleaned(name): name for name in sorted(os.listdir(folder), reverse=True)}
