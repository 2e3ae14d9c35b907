"""Features of the real test images, of training images as many as a cell has, and of their reconstructions (floors)."""

import numpy as np

from ldcore.datasets.records import load
from ldcore.evaluation.real_images import balanced_rows, real_features, say_fewer
from ldcore.model.backbone import load_backbone
from ldcore.runtime import cli, code
from ldcore.runtime.device import prepare_cpu
from ldcore.runtime.files import atomic
from ldcore.store import opened


def main(config, dataset):
    prepare_cpu()
    config, store = opened(config, dataset=dataset)
    entry, sampling, seed = config["datasets"][dataset], config["sampling"], config["seed"]
    records, images = load(store.data(dataset))
    test = balanced_rows(records, "test", entry["classes"], entry["test_images"], seed)
    of_a_cell = len(sampling["seeds"]) * sampling["images_per_seed"]
    train = balanced_rows(records, "train", entry["classes"], of_a_cell, seed)
    for place, rows, asked, split in (
        (f"Config datasets.{dataset}.test_images", test, entry["test_images"], "test"),
        ("Config sampling, seeds times images_per_seed", train, of_a_cell, "training"),
    ):
        even = asked // len(entry["classes"]) * len(entry["classes"])
        say_fewer(place, even, len(rows), f"{split} images of {dataset}, as many of every class")
    index = records["image_index"].to_numpy()
    backbone = load_backbone(config["model"]["path"], ["vae"])
    arrays = real_features(backbone, images[index[test]], images[index[train]], config["extractors"])
    with atomic(store.reference(dataset)) as temporary, open(temporary, "wb") as file:
        np.savez_compressed(file, test_rows=test, train_rows=train, **arrays)
    code.record(store.made("reference", dataset))


if __name__ == "__main__":
    cli.run(main, cli.parser(__doc__, config=str, dataset=str))
