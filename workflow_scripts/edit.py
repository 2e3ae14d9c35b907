"""Edit test images with one method and one set of weights, under each of its drifts; writes OUT/DRIFT.npz and OUT/index.json."""

from pathlib import Path

from ldcore import cli
from ldcore.backbone import load_backbone, prepare_cpu
from ldcore.datasets.records import load
from ldcore.edit import method as find
from ldcore.edit.requests import requests
from ldcore.edit.run import run, sources
from ldcore.files import digest, read_json, sha256
from ldcore.methods import load_weights, saved_weights


def main(model, method, base, base_weights, weights, task, data, dataset, drifts, amounts, seed, out):
    prepare_cpu()
    backbone, chosen = load_backbone(model), find(method)
    identity = [load_weights(backbone, base, base_weights)]
    if weights != "none":
        chosen.apply(backbone, saved_weights(method, weights, backbone.device))
        identity.append(sha256(weights))
    records, images = load(data, mmap=True)
    asked = requests(task, records, seed)
    wanted = {Path(path).stem: read_json(path) for path in drifts}
    run(backbone, chosen, digest(identity), asked, sources(asked, records, images, dataset, seed), dataset["anatomy"], wanted, task,
        amounts, seed, out)


if __name__ == "__main__":
    cli.run(main, cli.parser(__doc__, model=str, method=str, base=str, base_weights=str, weights=str, task=cli.structure, data=str,
                             dataset=cli.structure, drifts=cli.structure, amounts=cli.structure, seed=int, out=str))
