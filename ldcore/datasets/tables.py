"""The tables beside a download: found by their columns, read as text, every fault named with file, row and column.

Rows count as a spreadsheet does: the header is row 1. Column names are compared without case, spaces and signs.
"""

import re
from pathlib import Path

import numpy as np
import pandas as pd

from ldcore.runtime.errors import UserError

ENDS = (".csv", ".xlsx", ".xls")
NOTHING = ("", "n/a", "na", "nan", "none", "null")  # how an empty cell is written
OLDEST = 120.0  # years
SEXES = {"f": "F", "female": "F", "m": "M", "male": "M", "1": "M", "2": "F", "1.0": "M", "2.0": "F"}


def table(
    options: dict, option: str, columns: dict[str, tuple], optional: dict[str, tuple] | None = None
) -> pd.DataFrame:
    """The table of these columns as stripped text, renamed to the keys, the file's path in `attrs["file"]`, its rows numbered by the index.

    columns, optional: our name -> the names it may have in the file. The option names the file (absolute, or relative to the working folder
    or to the source); None: the one table in the source folder that has the columns. UserError: none, several, no column (named), no rows.
    """
    source, named = options["source"], options[option]
    path = given(source, option, named) if named else only(source, option, columns)
    if path is None:
        wanted = ", ".join(others[0] for others in columns.values())
        raise UserError(
            f"No table with the columns {wanted} is in {source}; put the download's table there, or name it by option {option!r}."
        )
    found = read(path)
    names = {plain(name): name for name in reversed(found.columns)}
    chosen = {}
    for name, others in {**columns, **(optional or {})}.items():
        there = [names[plain(other)] for other in others if plain(other) in names]
        if there:
            chosen[there[0]] = name
        elif name in columns:
            raise UserError(
                f"{path} has no column {others[0]!r} (found: {', '.join(map(str, found.columns))}); add it, or name another table "
                f"by option {option!r}."
            )
    found = found[list(chosen)].rename(columns=chosen).apply(lambda column: column.str.strip())
    found = found.mask(found.apply(lambda column: column.str.lower().isin(NOTHING)), "")
    found = found[(found != "").any(axis=1)]
    if found.empty:
        raise UserError(f"{path} has a header but no rows; use the table of the download.")
    found.attrs["file"] = str(path)
    return found


def given(source, option: str, named) -> Path:
    """The path of a table that an option names."""
    for path in (Path(named), Path(source) / named):
        if path.is_file():
            return path
    raise UserError(f"The table {named} was not found, nor in {source}; correct option {option!r}.")


def only(source, option: str, columns) -> Path | None:
    """The table in the source folder with the first of the columns and most others, if any. UserError: several; none, and one is unreadable."""
    fits, faults = [], []
    for path in sorted(one for one in Path(source).iterdir() if one.suffix.lower() in ENDS and one.name[0] not in ".~"):
        try:
            names = {plain(name) for name in read(path, rows=0).columns}
        except UserError as fault:
            faults.append(fault)
            continue
        there = [bool({plain(other) for other in others} & names) for others in columns.values()]
        if there[0] and sum(there) > len(there) / 2:
            fits.append((sum(there), path))
    if faults and not fits:
        raise faults[0]
    best = [path for count, path in fits if count == max(fits)[0]]
    if len(best) > 1:
        raise UserError(
            f"Both {best[0].name} and {best[1].name} in {source} could be the table; name one by option {option!r}."
        )
    return best[0] if best else None


def read(path: Path, rows=None) -> pd.DataFrame:
    """All cells of a CSV or of an Excel file's first sheet as text."""
    try:
        if path.suffix.lower() == ".csv":
            found = pd.read_csv(
                path, dtype=str, keep_default_na=False, encoding="utf-8-sig", skipinitialspace=True, nrows=rows
            )
        else:
            found = pd.read_excel(path, dtype=str, keep_default_na=False, nrows=rows, engine="calamine")
    except Exception as fault:  # of two libraries
        raise UserError(
            f"The table {path} cannot be read ({' '.join(str(fault).split())[:200]}); save it as UTF-8 CSV."
        ) from fault
    found.index = np.arange(len(found)) + 2
    return found.fillna("").astype(str)


def plain(name) -> str:
    """A column's name without what people and programs write differently."""
    return re.sub(r"[^a-z0-9/]", "", str(name).lower())


def unique(rows: pd.DataFrame, key: str) -> pd.DataFrame:
    """The rows without exact repetitions. UserError: two rows of one key say different things."""
    rows = rows.drop_duplicates()
    twice = rows[rows.duplicated(key, keep=False) & (rows[key] != "")]
    if len(twice):
        same = twice.index[twice[key] == twice[key].iloc[0]]
        raise UserError(
            f"Rows {same[0]} and {same[1]} of {rows.attrs['file']} are for the same {key} and differ; delete the wrong one."
        )
    return rows[rows[key] != ""]


def number(rows: pd.DataFrame, column: str, low: float = 0.0, high: float = np.inf) -> pd.Series:
    """A column of text cells as numbers, empty ones as nan. UserError: the first that is none, or outside [low, high]."""
    values = pd.to_numeric(rows[column].replace("", np.nan), errors="coerce")
    bad = (rows[column] != "") & ~((values >= low) & (values <= high))
    if bad.any():
        row = rows.index[bad][0]
        raise UserError(
            f"Row {row} of {rows.attrs['file']} has {column} {rows.loc[row, column]!r}; give a number"
            f"{f' from {low:g} to {high:g}' if high < np.inf else f' of at least {low:g}'}, or leave it empty."
        )
    return values.astype(float)


def age(rows: pd.DataFrame, column: str = "age") -> pd.Series:
    """Ages in years; 0, how some tables write an unknown age, is nan."""
    return number(rows, column, 0.0, OLDEST).replace(0.0, np.nan)


def date(rows: pd.DataFrame, column: str) -> pd.Series:
    """Dates as Timestamps (month first where written with slashes), empty ones as NaT. UserError: the first that is none."""
    cells = rows[column]
    found = pd.to_datetime(cells.replace("", None).str.slice(0, 10), format="mixed", errors="coerce")
    bad = (cells != "") & found.isna()
    if bad.any():
        row = rows.index[bad][0]
        raise UserError(
            f"Row {row} of {rows.attrs['file']} has {column} {cells[row]!r}; write dates as 2005-09-01 or 9/1/2005."
        )
    return found


def coded(rows: pd.DataFrame, column: str, codes: dict[str, str]) -> pd.Series:
    """Cells translated by `codes` (lower case -> value), empty ones "". UserError: the first without a code."""
    found = rows[column].str.lower().map({"": "", **codes})
    if found.isna().any():
        row = rows.index[found.isna()][0]
        raise UserError(
            f"Row {row} of {rows.attrs['file']} has {column} {rows.loc[row, column]!r}; use one of {', '.join(codes)}."
        )
    return found
