"""AUC of classifiers trained on every cell's images, on real ones, and half and half: rows for the tables."""

from ldcore.datasets.records import load
from ldcore.evaluation.downstream import downstream_rows, stacks
from ldcore.grid import Checkpoint, table_cells
from ldcore.runtime import cli
from ldcore.runtime.device import prepare_cpu
from ldcore.runtime.files import write_json
from ldcore.store import opened


def main(config, dataset):
    prepare_cpu()
    config, store = opened(config)
    entry, sampling, seed = config["datasets"][dataset], config["sampling"], config["seed"]
    count = len(sampling["seeds"]) * sampling["images_per_seed"]
    records, images = load(store.data(dataset))
    real = stacks(records, images, entry["classes"], entry["test_images"], count, seed)

    def folder_of(*ids):
        return store.samples(Checkpoint(dataset, *ids))

    rows = downstream_rows(dataset, config, real, folder_of, table_cells(config, dataset), seed)
    write_json(store.downstream(dataset), rows)


if __name__ == "__main__":
    cli.run(main, cli.parser(__doc__, config=str, dataset=str))
