"""The tables of the run: as the paper lays them out, and every value of them beside the paper's."""

import math
import re

import pandas as pd

from ldcore import plugins
from ldcore.plan import reporting
from ldcore.report import markup
from ldcore.report.page.samples import cell_keys

NUMBER = re.compile(r"\+?(-?\d+(?:\.\d+)?)")


def section(results) -> dict:
    """tables: a dict each of name, title, caption, columns, lines and values; notes: every footnote once."""
    found, notes, keys = [], {}, cell_keys(results)
    for name in reporting.tables(results.config):
        table, declared = plugins.find("table", name), plugins.declared("table", name)
        rows = markup.read(results.store.table(name))
        lines = table.layout(rows)
        found.append(
            {
                "name": name,
                "title": plugins.title("table", name),
                "caption": declared["CAPTION"],
                "columns": list(lines.columns),
                "lines": [line(values, keys) for values in lines.to_dict("records")],
                "values": values(rows),
            }
        )
        notes |= dict.fromkeys(table.FOOTNOTES)
    return {"tables": found, "notes": list(notes)}


def line(texts: dict, keys: dict) -> dict:
    """One line: a cell is its text and the number that it is sorted by; `samples` says whose pictures belong to it."""
    shown = [str(text).strip("*") for text in texts.values()]  # * around a text: Markdown's emphasis
    cells = [(text, found[1] if (found := NUMBER.match(text)) else "") for text in shown]
    cell = tuple(texts.get(name, "") for name in ("Dataset", "Method", "Latent Drifting", "Prompt"))
    return {"cells": cells, "samples": keys.get(cell)}


def values(rows: pd.DataFrame) -> dict:
    """The long form, a line a value as in the csv file, with what is ours minus the paper's and its interval."""
    if "paper_value" in rows:
        rows, place = rows.copy(), rows.columns.get_loc("paper_value") + 1
        for name in [name for name in ("high", "low", "value") if name in rows]:  # the last comes to stand first
            rows.insert(place, f"{name}_minus_paper", rows[name] - rows["paper_value"])
    rows = rows.loc[:, rows.notna().any()]
    return {"columns": list(rows.columns), "rows": [list(map(plain, row)) for row in rows.to_numpy(dtype=object)]}


def plain(value):
    """A value that JSON can say: None for what is missing."""
    return None if value is None or (isinstance(value, float) and not math.isfinite(value)) else value
