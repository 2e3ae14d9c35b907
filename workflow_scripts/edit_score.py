"""Measure every cell of one editing task, and what it gains over the reference cell: rows for tables and trade-off."""

from ldcore.datasets.records import load
from ldcore.edit.dataset import Dataset
from ldcore.edit.requests.edits import requests
from ldcore.edit.requests.ground_truth import ground_truth, source_images
from ldcore.edit.scoring.reference import Metrics, reference
from ldcore.edit.scoring.score import cell_rows, trivial_rows, with_gains
from ldcore.edit.selection import Sweep, selection_rows, val_requests
from ldcore.grid import EditRun, edit_cells
from ldcore.model.autoencoding import encode
from ldcore.model.backbone import load_backbone
from ldcore.runtime import cli, code
from ldcore.runtime.arrays import load_part
from ldcore.runtime.device import prepare_cpu
from ldcore.runtime.files import write_json
from ldcore.store import opened


def main(config, task):
    prepare_cpu()
    config, store = opened(config, task=task)
    name, task, editing = task, config["editing"]["tasks"][task], config["editing"]
    entry, seed = config["datasets"][task["dataset"]], config["seed"]
    dataset = Dataset.of(entry, *load(store.data(task["dataset"]), mmap=True), seed)
    backbone = load_backbone(config["model"]["path"], ["vae"])
    truth = ground_truth(requests(task["edits"], task["images"], dataset.records, seed), dataset)
    metrics = Metrics(config["extractors"], editing["perceptual"], config["metrics"], editing["likeness"])
    against = reference(truth, dataset, task["styles"], metrics, editing["real_images"])
    labels = {"task": name, "dataset": task["dataset"]}
    cells = edit_cells(config, name)
    places = [number for number, cell in enumerate(cells) if cell["label"] == config["grid"]["reference"]]
    parts = [with_gains([trivial_rows(against, **labels)], None)]
    for base in task["bases"]:
        of_cells = []
        for cell in cells:
            run = EditRun(name, task["method"], base, cell["training"])
            of_cells.append(
                cell_rows(
                    load_part(store.edits(run), cell["drift"]),
                    against,
                    editing["amounts"],
                    lambda images: encode(backbone, images)[0],
                    method=task["method"],
                    base=base,
                    training=cell["training"],
                    drift=cell["label"],
                    sampling_drift=cell["drift"],
                    **labels,
                )
            )
        parts.append(with_gains(of_cells, places[0] if places else None))
    rows = {section: [row for part in parts for row in part[section]] for section in parts[0]}
    rows["selection"] = chosen_lambdas(config, store, name, truth, dataset)
    write_json(store.edit_scores(name), rows)
    code.record(store.made("edit_score", name))


def chosen_lambdas(config, store, name, truth, dataset):
    """Rows of the lambda that every base and cell of a task is best edited at, chosen on the val split."""
    task, unseen, rows = config["editing"]["tasks"][name], dataset.for_choosing(), []
    choosing = val_requests(task["edits"], task["val_images"], unseen)
    if not choosing:
        return []
    val_sources = source_images(choosing, unseen)
    for base in task["bases"]:
        for cell in edit_cells(config, name):
            part = load_part(store.edits(EditRun(name, task["method"], base, cell["training"])), cell["drift"])
            val = Sweep(choosing, val_sources, part["val_changed"])
            swept = part["sweep"]
            test = Sweep([truth.requests[row] for row in swept], truth.source[swept], part["sweep_changed"])
            labels = {"task": name, "dataset": task["dataset"], "method": task["method"], "base": base}
            rows += selection_rows(val, test, config["editing"]["amounts"], unseen, drift=cell["label"], **labels)
    return rows


if __name__ == "__main__":
    cli.run(main, cli.parser(__doc__, config=str, task=str))
