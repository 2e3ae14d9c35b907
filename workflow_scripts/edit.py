"""Edit test images with one method and one set of weights, under each of its drifts; writes OUT/DRIFT.npz and OUT/index.json."""

from pathlib import Path

from ldcore import plugins
from ldcore.datasets.records import load
from ldcore.edit.job import run, sources
from ldcore.edit.requests.edits import requests
from ldcore.methods import load_weights, saved_weights
from ldcore.model.backbone import load_backbone, prepare_cpu
from ldcore.runtime import cli
from ldcore.runtime.files import digest, read_json, sha256


def main(model, method, base, base_weights, weights, task, data, dataset, drifts, amounts, seed, out):
    prepare_cpu()
    backbone, chosen = load_backbone(model), plugins.find("edit method", method)
    identity = [load_weights(backbone, base, base_weights)]
    if weights != "none":
        chosen.apply(backbone, saved_weights(method, weights, backbone.device))
        identity.append(sha256(weights))
    records, images = load(data, mmap=True)
    asked = requests(task, records, seed)
    wanted = {Path(path).stem: read_json(path) for path in drifts}
    run(
        backbone,
        chosen,
        digest(identity),
        asked,
        sources(asked, records, images, dataset, seed),
        dataset["anatomy"],
        wanted,
        task,
        amounts,
        seed,
        out,
    )


if __name__ == "__main__":
    cli.run(
        main,
        cli.parser(
            __doc__,
            model=str,
            method=str,
            base=str,
            base_weights=str,
            weights=str,
            task=cli.structure,
            data=str,
            dataset=cli.structure,
            drifts=cli.structure,
            amounts=cli.structure,
            seed=int,
            out=str,
        ),
    )
