"""Measure every cell of one editing task: rows for its table, for the table of truth and for the trade-off."""

from ldcore.datasets.records import load
from ldcore.edit.job import sources
from ldcore.edit.requests.edits import requests
from ldcore.edit.scoring.material import material
from ldcore.edit.scoring.score import cell_rows, trivial_rows
from ldcore.grid import EditRun, edit_cells
from ldcore.model.autoencoding import encode
from ldcore.model.backbone import load_backbone, prepare_cpu
from ldcore.runtime import cli
from ldcore.runtime.files import write_json
from ldcore.sampling.job import load_part
from ldcore.store import opened


def main(config, task):
    prepare_cpu()
    config, store = opened(config)
    name, task, editing, seed = task, config["editing"]["tasks"][task], config["editing"], config["seed"]
    dataset = config["datasets"][task["dataset"]]
    records, images = load(store.data(task["dataset"]), mmap=True)
    asked, backbone = requests(task, records, seed), load_backbone(config["model"]["path"])
    settings = {"extractors": config["extractors"], **{key: editing[key] for key in ("perceptual", "real_images")}}
    have = material(
        name, task, asked, sources(asked, records, images, dataset, seed), records, images, dataset, settings, seed
    )
    labels = {"task": name, "dataset": task["dataset"]}
    rows = trivial_rows(have, **labels)
    for base in task["bases"]:
        for cell in edit_cells(config):
            run = EditRun(name, task["method"], base, cell["training"])
            made = cell_rows(
                load_part(store.edits(run), cell["drift"]),
                have,
                editing["amounts"],
                lambda pictures: encode(backbone, pictures)[0],
                method=task["method"],
                base=base,
                training=cell["training"],
                drift=cell["label"],
                sampling_drift=cell["drift"],
                **labels,
            )
            rows = {key: rows[key] + made[key] for key in rows}
    write_json(store.edit_scores(name), rows)


if __name__ == "__main__":
    cli.run(main, cli.parser(__doc__, config=str, task=str))
