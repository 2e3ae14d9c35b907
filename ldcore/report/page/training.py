"""Training curves: the loss of every fine-tuning and of every trained editor."""

import numpy as np

from ldcore import grid
from ldcore.report.markup import method_title
from ldcore.runtime.files import read_json

POINTS = 60  # of a curve: each the mean loss over as many steps as fall to it


def section(results) -> list[dict] | None:
    """A curve a training that is there: title, group (data set or task), steps, losses, seconds."""
    config, store = results.config, results.store
    found = [(run.dataset, run, store.training(run)) for run in trained(config)]
    for task, entry in grid.tasks(config).items():
        found += [(task, run, store.edits(run)) for run in grid.edit_runs(config, task) if entry["train"]]
    logs = [(group, run, folder / "log.json") for group, run, folder in found]
    return [curve(group, run, read_json(log)) for group, run, log in logs if log.exists()] or None


def trained(config: dict) -> list[grid.Checkpoint]:
    """Every checkpoint that is fine-tuned."""
    return [run for run in grid.checkpoints(config) if run.method != "base"]


def curve(group: str, run, log: dict) -> dict:
    """The losses of one training, averaged over stretches of its steps."""
    losses = np.asarray(log["losses"], float)
    ends = np.unique(np.linspace(0, len(losses), min(POINTS, len(losses)) + 1).round().astype(int))
    ids = run._asdict()
    names = [
        method_title(ids.get("base") or ids["method"]),
        ids["training"],
        ids.get("prompt"),
        "run" in ids and f"run {ids['run']}",
    ]
    return {
        "title": ", ".join(name for name in names if name),
        "group": group,
        "steps": ends[1:].tolist(),
        "losses": [round(float(losses[first:last].mean()), 5) for first, last in zip(ends, ends[1:])],
        "seconds": round(float(log.get("seconds", 0)), 1),
    }
