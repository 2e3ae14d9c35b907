"""Features of the real test images, of as many training images, and of their reconstructions (the two floors)."""

import numpy as np

from ldcore.datasets.records import load
from ldcore.evaluation.cohort import real_features
from ldcore.model.backbone import load_backbone, prepare_cpu
from ldcore.runtime import cli
from ldcore.runtime.files import atomic


def main(model, data, classes, test_images, extractors, seed, out):
    prepare_cpu()
    arrays = real_features(load_backbone(model, ["vae"]), *load(data), classes, test_images, extractors, seed)
    with atomic(out) as temporary, open(temporary, "wb") as file:
        np.savez_compressed(file, **arrays)


if __name__ == "__main__":
    cli.run(
        main,
        cli.parser(
            __doc__,
            model=str,
            data=str,
            classes=cli.structure,
            test_images=int,
            extractors=cli.structure,
            seed=int,
            out=str,
        ),
    )
