"""Deltas: what each source of a drift gives for each method, how good it is, and what finding it cost."""

import numpy as np
import pandas as pd

from ldcore.grid import Checkpoint, cell_checkpoints, drift_origin, searches, table_cells
from ldcore.report.markup import method_title, number, with_interval, without_empty_columns
from ldcore.report.metric_names import grid_title
from ldcore.report.results import Results

TITLE = "Deltas"
CAPTION = "Delta by source: its value for every method, the L1 there, KID of the cell that uses it, and its cost."
NEEDS = ("drifts", "scores")
ASKED_BY = "searches"
FOOTNOTES = (
    "delta: of several numbers (one a channel or a place) their mean. [low, high]: 95 % bootstrap over images, of the "
    "delta chosen among those tried. The paper finds 0.05 to 0.1 for every method by the smallest L1.",
    "L1: between the trial samples and the target images, none of which is a test image; comparable "
    "within a data set and a `compared`. Images and seconds: sampled for the search, and its time on one machine.",
    "A source that needs no samples costs none. KID: of the cell that samples with the drift.",
)
COLUMNS = ["dataset", "method", "prompt", "training", "cell", "sampling_drift", "source", "compared", "numbers"]
COLUMNS += ["metric", "extractor", "value", "low", "high"]


def rows(results: Results) -> pd.DataFrame:
    """A row a number of every drift that a cell samples with, then of those searched that none does."""
    config, scores, found, shown = results.config, results.scores(), [], set()
    for dataset in config["grid"]["datasets"]:
        for cell in table_cells(config, dataset):
            checkpoint = cell_checkpoints(config, dataset, cell)[0]
            content = results.drift(checkpoint, cell["drift"])
            if content["kind"] == "none":
                continue
            shown.add((drift_origin(config, checkpoint, cell["drift"]), cell["drift"]))
            place = place_of(checkpoint, cell["drift"], content) | {"cell": cell["label"]}
            found += [place | numbers for numbers in numbers_of(content)]
            place_in_scores = {"dataset": dataset, "method": cell["method"], "prompt": cell["prompt"], "metric": "kid"}
            place_in_scores["drift"] = cell["label"]
            found += [
                place | {key: row[key] for key in ("metric", "extractor", "value", "low", "high")}
                for row in scores
                if place_in_scores.items() <= row.items()
            ]
    for checkpoint, name in searches(config):
        if (checkpoint, name) not in shown:
            content = results.drift(checkpoint, name)
            found += [place_of(checkpoint, name, content) | numbers for numbers in numbers_of(content)]
    return pd.DataFrame(found, columns=COLUMNS).astype(dict.fromkeys(("value", "low", "high"), float))


def place_of(checkpoint: Checkpoint, name: str, content: dict) -> dict:
    """The columns that say which drift a row is of."""
    return {
        "dataset": checkpoint.dataset,
        "method": checkpoint.method,
        "prompt": checkpoint.prompt,
        "training": checkpoint.training,
        "cell": "",
        "sampling_drift": name,
        "source": content["source"],
        "compared": content.get("options", {}).get("compare", ""),
        "numbers": np.size(content["value"]),
    }


def numbers_of(content: dict) -> list[dict]:
    """The numbers of a drift file, as rows: delta, l1, images, seconds."""
    delta = float(np.mean(content["value"]))
    found = [{"metric": "delta", "value": delta, "low": content.get("low"), "high": content.get("high")}]
    if "l1" in content:
        edges = next((p for p in content.get("curve", []) if p["delta"] == content["value"]), {})
        low, high = edges.get("low", content.get("l1_low")), edges.get("high", content.get("l1_high"))
        found.append({"metric": "l1", "value": content["l1"], "low": low, "high": high})
    found += [{"metric": name, "value": content.get(name, 0)} for name in ("images", "seconds")]
    return [{"extractor": "", "low": None, "high": None, **row} for row in found]


def layout(rows: pd.DataFrame) -> pd.DataFrame:
    """One line a drift and method."""
    keys = COLUMNS[: COLUMNS.index("metric")]
    rows = rows.fillna({key: "" for key in keys})
    lines = []
    for (dataset, method, prompt, training, cell, name, source, compared, _), values in rows.groupby(keys, sort=False):
        line = {
            "Dataset": dataset,
            "Method": method_title(method),
            "Prompt": prompt,
            "Training": training,
            "Cell": cell,
            "Drift": name,
            "Source": source,
            "Compared": compared,
        }
        for row in values.itertuples():
            if row.metric in ("images", "seconds"):
                line[row.metric.capitalize()] = f"{float(row.value):.0f}"
            elif row.metric in ("delta", "l1"):
                line[{"delta": "delta", "l1": "L1"}[row.metric]] = with_interval(row)
            else:
                line[f"{grid_title(row.metric)}, {row.extractor}"] = number(row.value)
        lines.append(line)
    return without_empty_columns(lines)
