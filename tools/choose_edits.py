"""Choose the options and the lambda of an editing task on the val split, as config.yaml's were. Run by hand.

python -m tools.choose_edits --config results/embedded/config.yaml --task disease --base basic_ft --cell none \
    --images 32 --tried '{"amounts": [0.5, 1, 2, 3], "options": [{"guidance_scale": 3}, {"guidance_scale": 12}]}'

It needs the weights of that run, and reads no test row: `images` requests of val are edited under each of the given
options (over the task's own) at every lambda. Printed, by edit: l_in, l_o and their sum, which the paper's objective
minimises (ldcore.edit.selection); and, which the objective does not know, how much of the true change is made, and how
many of the images change in its direction, where the data can be rendered.
"""

import json
from dataclasses import replace

import numpy as np

from ldcore import plugins
from ldcore.datasets.records import load
from ldcore.drift import Drift
from ldcore.edit.dataset import Dataset
from ldcore.edit.job import EditJob, Editor, amounts_of, val_sweep
from ldcore.edit.requests.ground_truth import ground_truth
from ldcore.edit.scoring.measures import measures_of
from ldcore.edit.scoring.truth import moved
from ldcore.edit.selection import Sweep, terms, val_requests
from ldcore.grid import EditRun, cell_of, drift_origin, edit_base
from ldcore.runtime import cli
from ldcore.runtime.device import prepare_cpu
from ldcore.store import opened
from workflow_scripts.edit import loaded


def main(config, task, base, cell, images, tried):
    """Print the table."""
    prepare_cpu()
    config, store = opened(config, task=task, base=base)
    entry, cell, tried = config["editing"]["tasks"][task], cell_of(config, cell), json.loads(tried)
    run = EditRun(task, entry["method"], base, cell["training"])
    records = load(store.data(entry["dataset"]), mmap=True)
    dataset = Dataset.of(config["datasets"][entry["dataset"]], *records, config["seed"]).for_choosing()
    requests = [replace(request, amount=1.0) for request in val_requests(entry["edits"], images, dataset)]
    origin = drift_origin(config, edit_base(config, run), cell["drift"])
    truth, drift = ground_truth(requests, dataset), Drift.read(store.drift(origin, cell["drift"]))
    backbone, method, _ = loaded(config, store, run)
    print("edit                 lambda    l_in     l_o     sum   made  right  n  options")
    for given in tried["options"]:
        options = plugins.options("edit method", run.edit_method, {**entry["options"], **given}, literal="SAMPLING")
        job = EditJob(
            requests=[],
            sources=truth.source,
            anatomy=dataset.anatomy,
            styles=entry["styles"],
            options=options,
            amounts=[float(amount) for amount in tried["amounts"]],
            sweep_images=0,
            null_images=0,
            seed=config["seed"],
            val_requests=tuple(requests),
            val_sources=truth.source,
        )
        changed = val_sweep(Editor(backbone, method, options, drift, amounts_of(requests)), job)
        print_lines(dataset, truth, changed, job.amounts, json.dumps(given))


def print_lines(dataset, truth, changed, amounts, options) -> None:
    """A line for every edit and amount; changed uint8 [A, N, H, W]."""
    measured, edits = terms(Sweep(truth.requests, truth.source, changed), dataset), [r.edit for r in truth.requests]
    for edit in dict.fromkeys(edits):
        rows = np.array(edits) == edit
        start = measured.start[rows].mean()
        print(f"{edit:20} {0:6g} {0:7.4f} {start:7.4f} {start:7.4f} {'':13} {rows.sum():2d}")
        for amount, images, near, far in zip(amounts, changed, measured.near, measured.far):
            near, far, true = near[rows].mean(), far[rows].mean(), true_change(dataset, truth, images, rows)
            print(
                f"{edit:20} {amount:6g} {near:7.4f} {far:7.4f} {near + far:7.4f} {true:13} {rows.sum():2d}  {options}"
            )


def true_change(dataset, truth, images, rows) -> str:
    """How much of the true change some images make, and how many of them in its direction, by the first measure."""
    if truth.exact is None:
        return ""
    measure = measures_of(dataset.anatomy)[0]
    values = moved(measure, images[rows], truth.source[rows], truth.source[rows], truth.exact[rows])
    return f"{values['change'].mean() / values['true_change'].mean():6.2f} {values['right_direction'].mean():6.2f}"


if __name__ == "__main__":
    arguments = {"task": str, "base": str, "cell": str, "images": int, "tried": str}
    cli.run(main, cli.parser(__doc__, config=str, **arguments))
