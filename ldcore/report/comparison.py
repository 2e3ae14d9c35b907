"""Two sets of tables set side by side, row by row: a run and a published one, or two runs.

A set is a folder of csv files in the long form (ldcore.report.tables), or a run's folder, results/NAME, with such in
`tables`. Rows of one table are the same row where all columns agree that say what was measured (`labels_of`).
"""

from pathlib import Path

import numpy as np
import pandas as pd

from ldcore.report import markup
from ldcore.runtime.errors import UserError

# Columns that are no part of a row's name: what was found, how sure it is, and what was thought of it.
FOUND = ("n", "seeds", "value", "low", "high")
THOUGHT = ("p", "p_holm", "verdict", "paper_value", "chosen", "older_code")
TIMED = ("seconds",)  # metrics that are of a machine, not of a method
BOTH, MISSING, ADDITIONAL = "both", "left_only", "right_only"  # as pandas says it of a row of the first and the second


def tables_in(folder) -> dict[str, pd.DataFrame]:
    """Name -> rows of every table of a folder. UserError: none there, or one that cannot be read."""
    folder = Path(folder)
    inside = folder / "tables" if (folder / "tables").is_dir() else folder
    found = {path.stem: rows_of(path) for path in sorted(inside.glob("*.csv"))}
    if not any(len(rows) for rows in found.values()):
        raise UserError(
            f"{folder} has no table with a column `value`; give results/NAME, or a folder of its csv files."
        )
    return found


def rows_of(path: Path) -> pd.DataFrame:
    """The rows of a csv file that have a name and a value; none of a file of another form. UserError: unreadable."""
    try:
        rows = markup.read(path)
    except (OSError, ValueError) as error:  # of pandas too
        raise UserError(
            f"The table {path} cannot be read ({' '.join(str(error).split())[:200]}); copy it again."
        ) from error
    if "value" not in rows:
        return rows.iloc[:0]
    for name in (column for column in FOUND if column in rows):
        numbers = pd.to_numeric(rows[name], errors="coerce")
        bad = numbers.isna() & rows[name].notna()
        if bad.any():
            row = int(np.flatnonzero(bad)[0])
            raise UserError(f"Row {row + 2} of {path} has {name} {rows[name][row]!r}; make it a number.")
        rows[name] = numbers
    return rows[~rows["metric"].isin(TIMED)] if "metric" in rows else rows


def labels_of(rows: pd.DataFrame) -> list[str]:
    """The columns that say what a row is of."""
    return [name for name in rows.columns if name not in (*FOUND, *THOUGHT)]


def joined(first, second) -> pd.DataFrame:
    """The rows of two folders side by side, in the order of the first: `row`, `table`, their labels, `in`, the numbers.

    row: the table and the labels that are not empty, in one line; in: BOTH, MISSING in the second, or ADDITIONAL
    there. The numbers are FOUND with _1 and _2 behind. A column that one side lacks is empty there; rows of one name
    are taken in their order. UserError: as `tables_in`, or no row in both.
    """
    left, right = tables_in(first), tables_in(second)
    parts = [joined_table(name, left.get(name), right.get(name)) for name in dict.fromkeys([*left, *right])]
    rows = pd.concat(parts, ignore_index=True)
    if not (rows["in"] == BOTH).any():
        raise UserError(f"{first} and {second} have no row in common; give two that have the same tables and names.")
    labels = [name for name in rows.columns if name not in numbers_of_both() and name != "in"]
    rows[labels] = rows[labels].fillna("")
    return rows[[*labels, "in", *numbers_of_both()]]


def numbers_of_both() -> list[str]:
    """The columns of the numbers of both sides."""
    return [f"{name}_{side}" for side in (1, 2) for name in FOUND]


def joined_table(name: str, first: pd.DataFrame | None, second: pd.DataFrame | None) -> pd.DataFrame:
    """`joined` of one table; None is a table that one side does not have."""
    sides = [pd.DataFrame() if rows is None else rows for rows in (first, second)]
    labels = list(dict.fromkeys(label for rows in sides for label in labels_of(rows)))
    keyed = []
    for number, rows in enumerate(sides, 1):
        rows = rows.reindex(columns=[*labels, *FOUND]).astype(dict.fromkeys(FOUND, float))
        rows[labels] = rows[labels].fillna("").astype(str)
        rows = rows.rename(columns={found: f"{found}_{number}" for found in FOUND})
        again = rows.groupby(labels).cumcount() if labels and len(rows) else range(len(rows))
        keyed.append(rows.assign(again=again, **{f"place_{number}": range(len(rows))}))
    keys = [*labels, "again"]
    both = keyed[0].astype({"again": int}).merge(keyed[1].astype({"again": int}), "outer", keys, indicator="in")
    both = both.sort_values(["place_1", "place_2"], na_position="last").drop(columns=["again", "place_1", "place_2"])
    texts = [f"{name}: {', '.join(filter(None, texts))}" for texts in both[labels].to_numpy().tolist()]
    both = both.assign(row=texts, table=name, **{"in": both["in"].astype(str)})
    return both[["row", "table", *labels, "in", *numbers_of_both()]]


def confirmed(rows: pd.DataFrame, relative: float, absolute: float) -> np.ndarray:
    """Whether the second value of each joined row agrees with the first, published one, bool [N].

    It does inside the published interval, or, where there is none, within the tolerance, absolute + relative x the
    published value's size. An interval is that much wider, too: what 12 digits of it leave open is no disagreement. Two
    values that are both missing (nan) agree.
    """
    published, value = rows["value_1"], rows["value_2"]
    tolerance = absolute + relative * published.abs()
    low, high = rows["low_1"].fillna(published), rows["high_1"].fillna(published)
    inside = (value >= low - tolerance) & (value <= high + tolerance)
    return (inside | (published.isna() & value.isna())).to_numpy()


def overlapping(rows: pd.DataFrame) -> list[str]:
    """'overlap' or 'apart' of the two intervals of each joined row, '' where one has none."""
    both = rows[["low_1", "high_1", "low_2", "high_2"]].notna().all(axis=1)
    touch = (rows["low_1"] <= rows["high_2"]) & (rows["low_2"] <= rows["high_1"])
    return ["" if not known else "overlap" if touching else "apart" for known, touching in zip(both, touch)]


def side_by_side(rows: pd.DataFrame) -> pd.DataFrame:
    """Lines of text of the rows that are in both: the two values with their intervals, and how they differ."""
    rows = rows[rows["in"] == BOTH].reset_index(drop=True)
    lines = rows.drop(columns=["row", "in", *numbers_of_both()])
    for number, title in ((1, "first"), (2, "second")):
        columns = {f"{name}_{number}": name for name in FOUND}
        lines[title] = [markup.with_interval(row) for row in rows.rename(columns=columns).itertuples()]
    lines["difference"] = [markup.number(value) for value in rows["value_2"] - rows["value_1"]]
    lines["intervals"] = overlapping(rows)
    return markup.without_empty_columns(lines.to_dict("records"))
