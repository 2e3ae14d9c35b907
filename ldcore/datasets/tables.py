"""Tables that people keep beside their images: read as text, found by their columns, cells turned into values.

Every fault is one sentence that names file, row and column. Rows count as a spreadsheet does: the header is row 1. A
table has the row numbers as its index and its file in `attrs["file"]`.
"""

import datetime
import os
import re
from pathlib import Path

import numpy as np
import pandas as pd

from ldcore.datasets.delimited import delimiter, opened, separated, stripped
from ldcore.runtime.errors import UserError
from ldcore.runtime.files import denied_message, in_folder

EXCEL = (".xlsx", ".xls")
ENDS = (".csv", *EXCEL)
NOTHING = ("", "n/a", "na", "nan", "none", "null")  # how an empty cell is written
OLDEST = 120.0  # years; more is a slip of the pen
SEXES = {"f": "F", "female": "F", "m": "M", "male": "M", "1": "M", "2": "F", "1.0": "M", "2.0": "F"}
# Where a column fits several, the first of them is meant.
DATES = {
    "%Y-%m-%d": "year-month-day",
    "%Y/%m/%d": "year/month/day",
    "%m/%d/%Y": "month/day/year",
    "%d/%m/%Y": "day/month/year",
    "%m/%d/%y": "month/day/yy",
    "%d/%m/%y": "day/month/yy",
    "%m-%d-%Y": "month-day-year",
    "%d-%m-%Y": "day-month-year",
    "%d.%m.%Y": "day.month.year",
    "%d-%b-%Y": "day-Mon-year",
    "%d-%b-%y": "day-Mon-yy",
    "%d %b %Y": "day Mon year",
    "%d %B %Y": "day Month year",
    "%d%b%Y": "dayMonyear",
    "%b %d, %Y": "Mon day, year",
    "%B %d, %Y": "Month day, year",
}
EARLIEST = 1900  # the first plausible year
TIME_OF_DAY = r"(?<=\d)[T ]+\d{1,2}:\d{2}.*$"


def read(path, columns=None, optional=(), remedy: str = "add it", first: int | None = None) -> pd.DataFrame:
    """A CSV (.gz too), or the first sheet of an Excel file, as stripped text.

    columns: those that it must have (None: all that it has); optional: those that it may have. Others are left out.
    remedy: what to do about a missing column. first: only so many columns count, from the left; rows may be longer.
    UserError: unreadable, a column missing, no rows, or a row of another length than the header.
    """
    path, rows = Path(path), lines(path)
    _, names = next(rows, (0, []))
    width, names, places = len(names), names[:first], {}
    needed = max((place for place, name in enumerate(names, 1) if name), default=0)  # cells that have a name
    for place, name in enumerate(names):
        if name:
            places.setdefault(name, place)
    for column in columns or ():
        if column not in places:
            raise UserError(f"{path} has no column {column!r} (found: {', '.join(filter(None, names))}); {remedy}.")
    if columns is not None:
        places = {name: places[name] for name in (*columns, *optional) if name in places}
    numbers, cells = [], {name: [] for name in places}
    for number, line in rows:
        if len(line) < needed or (first is None and any(line[len(names) :])):
            raise UserError(
                f"Row {number} of {path} has {len(line)} cells instead of {width}; put a cell that holds a comma "
                "in quotes, and download a table again that breaks off."
            )
        numbers.append(number)
        for name, place in places.items():
            cells[name].append(line[place])
    if not numbers:
        raise UserError(f"{path} has a header but no rows; fill it in, or download it again.")
    table = pd.DataFrame(cells, index=numbers, dtype=str)
    table.attrs |= {"file": str(path), "decimal": decimal_sign(path)}
    return table


def lines(path, only_header: bool = False):
    """Yield (row number, stripped cells) of every row that is not blank; the header is the first.

    UserError: unreadable.
    """
    path, count = Path(path), 1 if only_header else None
    try:
        if path.suffix.lower() in EXCEL:
            options = {"header": None, "dtype": str, "keep_default_na": False, "nrows": count, "engine": "calamine"}
            sheet = pd.read_excel(path, **options).fillna("").astype(str)
            yield from stripped(sheet.to_numpy().tolist())
        else:
            with opened(path) as file:
                yield from stripped(separated(file))
    except PermissionError as fault:
        raise UserError(denied_message(path)) from fault
    except Exception as fault:  # of several libraries
        reason = " ".join(str(fault).split())[:200]
        raise UserError(
            f"The table {path} cannot be read ({reason}); save it as UTF-8 CSV, or download it again."
        ) from fault


def decimal_sign(path: Path) -> str:
    """The decimal sign of a table's numbers: a comma where semicolons separate its cells, as Excel writes them."""
    if path.suffix.lower() in EXCEL:
        return "."
    with opened(path) as file:
        return "," if delimiter(next((line for line in file if line.strip()), "")) == ";" else "."


def header(path) -> list[str]:
    """The names of a table's columns. UserError: unreadable."""
    return next(lines(path, only_header=True), (0, []))[1]


def path_of(name, folder, option: str) -> Path:
    """The file that an option names: from the working folder, else from `folder`. UserError: neither has it."""
    path = in_folder(name, folder)
    if os.path.isfile(path):
        return path
    raise UserError(f"The table {name} was not found, nor in {folder}; correct option {option!r}.")


def first_of(folder, *names: str) -> Path:
    """The first of the files that the folder has. UserError: it has none."""
    for name in names:
        if os.path.isfile(Path(folder, name)):
            return Path(folder, name)
    raise UserError(f"{folder} has no {' or '.join(names)}; put the table there, or give the folder that holds it.")


def load(options: dict, option: str, columns: dict[str, tuple], optional: dict[str, tuple] | None = None):
    """The table that an option names, or else the one in the source folder that has the columns, renamed to our names.

    columns, optional: our name -> the names that the column may have in the file, compared without case, space and
    signs. Cells such as n/a become empty, and rows that are empty are left out. UserError: no such table, several, no
    column.
    """
    source = options["source"]
    if options[option]:
        path = path_of(options[option], source, option)
    else:
        path = with_columns(source, option, columns)
    return renamed(required(path, source, option, columns), option, columns, optional)


def load_all(options: dict, option: str, columns: dict[str, tuple], optional: dict[str, tuple] | None = None):
    """A list of all tables of the source folder that have the columns, each as `load` gives it; or the one named."""
    source = options["source"]
    if options[option]:
        return [load(options, option, columns, optional)]
    paths = all_with_columns(source, columns)
    required(paths[0] if paths else None, source, option, columns)
    return [renamed(path, option, columns, optional) for path in paths]


def required(path: Path | None, source, option: str, columns: dict[str, tuple]) -> Path:
    """The path of a table. UserError: there is none."""
    if path is None:
        first_names = ", ".join(names[0] for names in columns.values())
        raise UserError(
            f"No table with the columns {first_names} is in {source}; put the download's table there, or name it by "
            f"option {option!r}."
        )
    return path


def renamed(path: Path, option: str, columns: dict[str, tuple], optional: dict[str, tuple] | None) -> pd.DataFrame:
    """The table of a file with our names of the columns, as `load` has it."""
    names = {plain(name): name for name in reversed(header(path))}
    ours = {}
    for our_name, file_names in {**columns, **(optional or {})}.items():
        known = [names[plain(name)] for name in file_names if plain(name) in names]
        if known:
            ours[known[0]] = our_name
        elif our_name in columns:
            raise UserError(
                f"{path} has no column {file_names[0]!r} (found: {', '.join(header(path))}); add it, or name another "
                f"table by option {option!r}."
            )
    table = read(path, ours).rename(columns=ours)
    table = table.mask(table.apply(lambda column: column.str.lower().isin(NOTHING)), "")
    table = table[(table != "").any(axis=1)]
    table.attrs["file"] = str(path)
    return table


def with_columns(source, option: str, columns: dict[str, tuple]) -> Path | None:
    """The table in the source folder that has the first of the columns and most of the others; None: there is none.

    UserError: several have as many, or there is none and one cannot be read.
    """
    best = all_with_columns(source, columns)
    if len(best) > 1:
        raise UserError(
            f"Both {best[0].name} and {best[1].name} in {source} could be the table; name one by option {option!r}."
        )
    return best[0] if best else None


def all_with_columns(source, columns: dict[str, tuple]) -> list[Path]:
    """The tables in the source folder that have the first of the columns and as many of the others as any has.

    UserError: there is none and one cannot be read, or the folder cannot.
    """
    counts, faults = {}, []
    try:
        paths = sorted(Path(source).iterdir())
    except PermissionError as fault:
        raise UserError(denied_message(source)) from fault
    for path in paths:
        if path.suffix.lower() not in ENDS or path.name[0] in ".~":
            continue
        try:
            names = {plain(name) for name in header(path)}
        except UserError as fault:
            faults.append(fault)
            continue
        known = [any(plain(name) in names for name in file_names) for file_names in columns.values()]
        if known[0] and sum(known) > len(known) / 2:
            counts[path] = sum(known)
    if faults and not counts:
        raise faults[0]
    return [path for path, count in counts.items() if count == max(counts.values())]


def plain(name) -> str:
    """A column's name without what people and programs write differently."""
    return re.sub(r"[^a-z0-9/]", "", str(name).lower())


def refuse(table: pd.DataFrame, column: str, bad, remedy: str) -> None:
    """UserError for the first row where `bad` holds: file, row, column, cell and the remedy."""
    bad = pd.Series(bad, table.index)
    if bad.any():
        row = bad.idxmax()
        raise UserError(f"Row {row} of {table.attrs['file']} has {column} {table.loc[row, column]!r}; {remedy}.")


def converted(table: pd.DataFrame, column: str, convert, remedy: str) -> list:
    """convert(cell) of every cell, computed once for each distinct one. UserError: a cell on which it fails."""
    values = {}
    for row, cell in table[column].drop_duplicates().items():
        try:
            values[cell] = convert(cell)
        except (ValueError, KeyError, OverflowError):
            refuse(table, column, table.index == row, remedy)
    return [values[cell] for cell in table[column]]


def unique(table: pd.DataFrame, key: str) -> pd.DataFrame:
    """The rows that have a key, without exact repetitions. UserError: two rows of one key say different things."""
    table = table.drop_duplicates()
    table = table[table[key] != ""]
    repeated = table[table.duplicated(key, keep=False)]
    if len(repeated):
        rows = repeated.index[repeated[key] == repeated[key].iloc[0]]
        raise UserError(
            f"Rows {rows[0]} and {rows[1]} of {table.attrs['file']} are for the same {key} and differ; delete the "
            "wrong one."
        )
    return table


def number(table: pd.DataFrame, column: str, low: float = 0.0, high: float = np.inf) -> pd.Series:
    """A column as numbers, empty cells as nan. UserError: a cell that is none, or outside [low, high]."""
    cells = table[column]
    written = cells
    if table.attrs.get("decimal") == ",":
        written = cells.str.replace(r"^(-?\d+),(\d+)$", r"\1.\2", regex=True)
    values = pd.to_numeric(written.replace("", np.nan), errors="coerce")
    limits = f"from {low:g} to {high:g}" if high < np.inf else f"of at least {low:g}"
    bad = (cells != "") & ~((values >= low) & (values <= high))
    refuse(table, column, bad, f"give a number {limits}, or leave it empty")
    return values.astype(float)


def whole(table: pd.DataFrame, column: str) -> pd.Series:
    """A column as whole numbers, empty cells as nan. UserError: a cell that is none."""
    values = number(table, column)
    refuse(table, column, values % 1 > 0, "give a whole number, or leave it empty")
    return values


def age(table: pd.DataFrame, column: str = "age") -> pd.Series:
    """Ages in years; 0, how some tables write an unknown age, is nan."""
    return number(table, column, 0.0, OLDEST).replace(0.0, np.nan)


def date(table: pd.DataFrame, column: str) -> pd.Series:
    """Dates as Timestamps without the time of day, empty cells as NaT.

    The whole column is written one way, that of DATES which fits most cells: one 13/09/2005 tells that 02/10/2006 is in
    October. Where all cells fit both, the month comes first. UserError: a cell that is written otherwise, or a year
    before EARLIEST or still to come.
    """
    return readings(table, column)[0]


def readings(table: pd.DataFrame, column: str) -> list[pd.Series]:
    """Dates as `date` has them, in every order that fits all cells; the month comes first in the first of them.

    Two where no day is above 12: other columns may tell which holds.
    """
    cells = table[column].str.replace(TIME_OF_DAY, "", regex=True)
    cells = cells.str.replace(r"^(\d{4})(\d{2})(\d{2})$", r"\1-\2-\3", regex=True)
    given = cells != ""
    as_written = {form: pd.to_datetime(cells.where(given, None), format=form, errors="coerce") for form in DATES}
    counts = {form: days.notna().sum() for form, days in as_written.items()}
    best = [form for form in DATES if counts[form] == max(counts.values())]
    days = as_written[best[0]]
    if not days.notna().any():
        refuse(table, column, given, "write dates as 2005-09-01")
    remedy = f"it is not written as the column's others, {DATES[best[0]]}; write all its dates as 2005-09-01"
    refuse(table, column, given & days.isna(), remedy)
    latest = datetime.date.today().year + 1
    odd = given & ~days.dt.year.between(EARLIEST, latest)
    refuse(table, column, odd, f"give a year from {EARLIEST} to {latest}")
    return [as_written[form] for form in best]


def ids(table: pd.DataFrame, column: str, pattern: str, form: str) -> pd.Series:
    """Ids as their data set writes them, whatever case, leading zeros or decimal .0 a spreadsheet gave them.

    pattern: what a whole cell looks like, its numbers in groups; form: what str.format makes of these. Other cells stay
    as they are.
    """

    def written(cell):
        known = re.fullmatch(pattern, re.sub(r"\.0*$", "", cell), re.IGNORECASE)
        return form.format(*map(int, known.groups())) if known else cell

    return table[column].map({cell: written(cell) for cell in table[column].unique()})


def coded(table: pd.DataFrame, column: str, codes: dict[str, str]) -> pd.Series:
    """Cells translated by `codes` (lower case -> value), empty cells "". UserError: a cell without a code."""
    values = table[column].str.lower().map({"": "", **codes})
    refuse(table, column, values.isna(), f"use one of {', '.join(code for code in codes if code)}")
    return values
