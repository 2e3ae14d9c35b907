"""Sample every drift of one checkpoint, one model load: OUT/DRIFT.npz (images, features, trace) and OUT/index.json."""

from pathlib import Path

from ldcore.datasets.records import load
from ldcore.evaluation.cohort import balanced_rows
from ldcore.methods import load_weights
from ldcore.model.backbone import fingerprint, load_backbone, prepare_cpu
from ldcore.runtime import cli
from ldcore.runtime.files import read_json
from ldcore.runtime.precision import compiled, lowered
from ldcore.sampling.job import generate


def main(
    model, method, weights, data, anatomy, prompt, classes, test_images, drifts, counts, sampling, extractors, seed, out
):
    prepare_cpu()
    records = load(data, mmap=True)[0]
    backbone = load_backbone(model)
    identity = fingerprint(model) + load_weights(backbone, method, weights)
    values = {name: read_json(Path(drifts) / f"{name}.json") for name in counts}
    rows = balanced_rows(records, "test", classes, test_images, seed)
    for part in (backbone.unet, backbone.vae):
        lowered(part, sampling["precision"])
    with compiled(backbone.unet, sampling["compile"]):
        generate(
            backbone,
            identity,
            values,
            counts,
            (anatomy, prompt),
            records,
            rows,
            len(classes),
            sampling,
            extractors,
            out,
        )


if __name__ == "__main__":
    cli.run(
        main,
        cli.parser(
            __doc__,
            model=str,
            method=str,
            weights=str,
            data=str,
            anatomy=str,
            prompt=str,
            classes=cli.structure,
            test_images=int,
            drifts=str,
            counts=cli.structure,
            sampling=cli.structure,
            extractors=cli.structure,
            seed=int,
            out=str,
        ),
    )
