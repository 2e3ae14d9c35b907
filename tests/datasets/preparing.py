"""A data set prepared, and options as an adapter gets them."""

import pandas as pd

from ldcore import plugins
from ldcore.datasets.records import load
from ldcore.prepare import prepare


def complete(adapter: str, given: dict | None = None, **more) -> dict:
    """All options of an adapter, those given over its defaults; the source is the working folder unless given."""
    needed = {"source": "."} if "source" in plugins.declared("dataset adapter", adapter)["OPTIONS"] else {}
    return plugins.options("dataset adapter", adapter, {**needed, **(given or {}), **more})


def prepared(adapter: str, options: dict, out, seed: int = 0, workers: int = 1):
    """(records, images, excluded) of a data set prepared into the folder `out`."""
    prepare(adapter, options, seed, out, workers)
    return *load(out), pd.read_csv(out / "excluded.csv", dtype=str).fillna("")
