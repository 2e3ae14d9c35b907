"""The rows of a CSV file as text, and where the files that its cells name lie. Read at parse time: nothing heavy."""

import csv
import gzip
import re
from itertools import chain
from pathlib import Path

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
    """(row number, cells without space around them) of every row that is not blank.

    ValueError: quotes that do not pair.
    """
    number = 0
    try:
        for number, cells in enumerate(rows, 1):
            cells = [cell.strip() for cell in cells]
            if any(cells):
                yield number, cells
    except csv.Error as fault:
        raise ValueError(f"after row {number}: {fault}") from fault


def place_of(root: Path, cell: str, exists=Path.is_file) -> Path:
    """The file that a cell names; backslashes are those of a table written on Windows, unless a name has them."""
    if "\\" in cell and not exists(root / cell):
        return root / cell.replace("\\", "/")
    return root / cell
