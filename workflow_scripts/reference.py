"""Features of the real test images, of as many training images, and of their reconstructions (the two floors)."""

import numpy as np

from ldcore.datasets.records import load
from ldcore.evaluation.cohort import real_features
from ldcore.model.backbone import load_backbone
from ldcore.runtime import cli
from ldcore.runtime.device import prepare_cpu
from ldcore.runtime.files import atomic
from ldcore.store import opened


def main(config, dataset):
    prepare_cpu()
    config, store = opened(config)
    entry = config["datasets"][dataset]
    backbone = load_backbone(config["model"]["path"], ["vae"])
    records, images = load(store.data(dataset))
    arrays = real_features(
        backbone, records, images, entry["classes"], entry["test_images"], config["extractors"], config["seed"]
    )
    with atomic(store.reference(dataset)) as temporary, open(temporary, "wb") as file:
        np.savez_compressed(file, **arrays)


if __name__ == "__main__":
    cli.run(main, cli.parser(__doc__, config=str, dataset=str))
