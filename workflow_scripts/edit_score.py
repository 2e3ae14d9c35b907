"""Measure every cell of one editing task; OUT is JSON with the rows of its table, of the table of truth and of the trade-off."""

from pathlib import Path

from ldcore.datasets.records import load
from ldcore.edit.job import sources
from ldcore.edit.requests.edits import requests
from ldcore.edit.scoring.material import material
from ldcore.edit.scoring.score import cell_rows, trivial_rows
from ldcore.model.autoencoding import encode
from ldcore.model.backbone import load_backbone, prepare_cpu
from ldcore.runtime import cli
from ldcore.runtime.files import write_json
from ldcore.sampling.job import load_part


def main(task, options, cells, model, data, dataset, config, folder, seed, out):
    prepare_cpu()
    records, images = load(data, mmap=True)
    asked, backbone = requests(options, records, seed), load_backbone(model, ["vae"])
    have = material(
        task, options, asked, sources(asked, records, images, dataset, seed), records, images, dataset, config, seed
    )
    labels = {"task": task, "dataset": options["dataset"]}
    found = trivial_rows(have, **labels)
    for base in options["bases"]:
        for cell in cells:
            part = load_part(Path(folder, options["method"], base, cell["training"]), cell["drift"])
            rows = cell_rows(
                part,
                have,
                config["amounts"],
                lambda made: encode(backbone, made)[0],
                method=options["method"],
                base=base,
                training=cell["training"],
                drift=cell["label"],
                sampling_drift=cell["drift"],
                **labels,
            )
            found = {key: found[key] + rows[key] for key in found}
    write_json(out, found)


if __name__ == "__main__":
    cli.run(
        main,
        cli.parser(
            __doc__,
            task=str,
            options=cli.structure,
            cells=cli.structure,
            model=str,
            data=str,
            dataset=cli.structure,
            config=cli.structure,
            folder=str,
            seed=int,
            out=str,
        ),
    )
