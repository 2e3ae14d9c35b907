"""Figures 1, 6, 7, 8: edits beside their sources, the truth and difference maps; one colour scale a figure."""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from ldcore.edit.dataset import Dataset
from ldcore.edit.requests.edits import Request, requests
from ldcore.edit.requests.ground_truth import ground_truth
from ldcore.report.figures import picture
from ldcore.report.tables import METHOD_NAME
from ldcore.sampling.job import load_part

HUES = "PuOr_r"  # removals violet, additions orange: told apart with any colour vision


def loaded(task: dict, name: str, cells: list[dict], dataset: dict, records, images, results, seed: int) -> dict:
    """A task's requests, gray sources, exact images (or None) and the arrays of every (base, cell label)."""
    asked = requests(task["edits"], task["images"], records, seed)
    truth = ground_truth(asked, Dataset.of(dataset, records, images, seed))
    parts = {
        (base, cell["label"]): load_part(
            Path(results, "edits", name, task["method"], base, cell["training"]), cell["drift"]
        )
        for base in task["bases"]
        for cell in cells
    }
    return {
        "asked": asked,
        "source": truth.source,
        "parts": parts,
        "task": task,
        "exact": truth.exact,
        "followup": truth.followup,
    }


def describe(request: Request) -> str:
    """'CN 70 F -> AD 78 F': what a request changes, without naming the subject."""
    keys = [
        key
        for key in ("diagnosis", "findings", "age", "sex")
        if request.source.get(key) != request.target.get(key)
        or key in ("diagnosis", "findings")
        and request.source.get(key)
    ]
    short = {"Cardiomegaly|Pneumonia": "Cardiom. + pneum.", "Cardiomegaly|Consolidation": "Cardiom. + consol."}

    def words(record):
        return " ".join(
            f"{record[key]:.0f} y" if key == "age" else short.get(record[key], str(record[key])) for key in keys
        )

    return f"{words(request.source)}\nto {words(request.target)}"


def columns_of(have: dict, style: int) -> list[tuple]:
    """(title, images [N], compared with [N] or None) of a comparison sheet: source, truths, and every cell's outputs and change."""
    source, found = have["source"], [("source", have["source"], None)]
    for title, truth_images in (("true follow-up", have["followup"]), ("exact\ncounterfactual", have["exact"])):
        if truth_images is not None:
            found.append((title, truth_images, None))
    if have["exact"] is not None:
        found.append(("true change", have["exact"], source))
    several = len(have["task"]["bases"]) > 1
    for (base, label), part in have["parts"].items():
        who = f"{METHOD_NAME.get(base, base) if base != 'base' else 'Untouched'}\n" * several + f"LD: {label}"
        found += [
            (f"{who}\ndecoded", part["decoded"][style], None),
            (f"{who}\nits change", part["changed"][style], source),
        ]
    return found


def rows_shown(asked: list[Request], count: int) -> list[int]:
    """Requests to draw: evenly over the edits, and over the age gaps where there is one edit."""
    names = list(dict.fromkeys(request.edit for request in asked))
    if len(names) == 1:
        return list(np.unique(np.linspace(0, len(asked) - 1, count).round().astype(int)))
    each = max(1, count // len(names))
    return [row for name in names for row in [i for i, request in enumerate(asked) if request.edit == name][:each]]


def edit_sheet(have: dict, count: int, style: int = -1):
    """One request a row, one output a column; difference maps share one symmetric scale."""
    columns, rows = columns_of(have, style), rows_shown(have["asked"], count)
    maps = [np.asarray(a, float)[rows] - np.asarray(b, float)[rows] for _, a, b in columns if b is not None]
    limit = max(5.0, float(np.percentile(np.abs(maps), 99.5)))
    figure, axes = plt.subplots(
        len(rows),
        len(columns),
        figsize=(1.0 * len(columns) + 1.4, 1.02 * len(rows) + 0.9),
        squeeze=False,
        layout="constrained",
    )
    for line, row in zip(axes, rows):
        for axis, (_, images, beside) in zip(line, columns):
            if beside is None:
                picture(axis, images[row])
            else:
                drawn = change_map(axis, images[row], beside[row], limit)
        line[0].set_ylabel(describe(have["asked"][row]), rotation=0, ha="right", va="center", fontsize=7)
    for axis, (name, *_) in zip(axes[0], columns):
        axis.set_title(name, fontsize=7)
    bar = figure.colorbar(drawn, ax=axes, shrink=0.5, pad=0.01, label="gray levels: removed (violet), added (orange)")
    bar.ax.tick_params(labelsize=7)
    bar.ax.yaxis.label.set_size(7)
    return figure


def change_map(axis, image, beside, limit: float):
    """image - beside in gray levels, -limit to limit; returns the drawn map."""
    picture(axis, beside)
    drawn = axis.imshow(
        np.asarray(image, float) - np.asarray(beside, float),
        cmap=HUES,
        vmin=-limit,
        vmax=limit,
        interpolation="nearest",
    )
    return drawn


def teaser(tasks: list[dict], label: str, each: int = 4):
    """Figure 1: of every task a few edits of the cell with Latent Drifting, source above result above difference."""
    figure = plt.figure(figsize=(1.15 * each * len(tasks) + 0.8, 4.6), layout="constrained")
    shown = []
    for group, have in zip(np.atleast_1d(figure.subfigures(1, len(tasks))), tasks):
        part, rows = have["parts"][have["task"]["bases"][-1], label], rows_shown(have["asked"], each)[:each]
        shown.append((group, have, part["changed"][-1], rows, part["sweep"]))
    limit = max(
        float(np.percentile(np.abs(made[rows].astype(float) - have["source"][rows]), 99.5))
        for _, have, made, rows, _ in shown
    )
    for group, have, made, rows, _ in shown:
        axes = group.subplots(3, len(rows), squeeze=False)
        for number, row in enumerate(rows):
            picture(axes[0, number], have["source"][row])
            picture(axes[1, number], made[row])
            drawn = change_map(axes[2, number], made[row], have["source"][row], max(limit, 5.0))
            axes[0, number].set_title(describe(have["asked"][row]), fontsize=6)
        for axis, text in zip(axes[:, 0], ("source", "edited", "change")):
            axis.set_ylabel(text, fontsize=8)
        group.suptitle(
            f"{have['task']['method'].replace('_', ' ')}, {have['task']['dataset'].replace('_', ' ')}", fontsize=9
        )
    group.colorbar(drawn, ax=axes, shrink=0.5, pad=0.01, label="gray levels: removed (violet), added (orange)")
    return figure
