"""AUC of classifiers trained on every cell's images, on real ones, and half and half: rows for the tables."""

from ldcore.datasets.records import load
from ldcore.evaluation.downstream import auc_row, cell_rows, class_numbers, real_images, synthetic_images
from ldcore.evaluation.rows import NO_CELL, cell_labels
from ldcore.grid import cell_checkpoints, table_cells
from ldcore.runtime import cli
from ldcore.runtime.arrays import load_part
from ldcore.runtime.device import prepare_cpu
from ldcore.runtime.files import write_json
from ldcore.store import opened


def main(config, dataset):
    prepare_cpu()
    config, store = opened(config, dataset=dataset)
    entry, sampling, seed = config["datasets"][dataset], config["sampling"], config["seed"]
    records, images = load(store.data(dataset))
    count = len(sampling["seeds"]) * sampling["images_per_seed"]
    real = real_images(records, images, entry["classes"], entry["test_images"], count, seed)
    numbers, classifier, keys = class_numbers(records, entry["classes"]), entry["classifier"], (seed, "auc", dataset)
    labels = {"dataset": dataset, "metric": "auc", "method": "real", **NO_CELL}
    rows = [auc_row(real.training, real, classifier, keys, **labels)]
    for cell in table_cells(config, dataset):
        first_run = cell_checkpoints(config, dataset, cell)[0]  # with several training runs its images count
        arrays = load_part(store.samples(first_run), cell["part"])
        synthetic = synthetic_images(arrays, numbers, sampling["images_per_seed"])
        rows += cell_rows(synthetic, real, classifier, keys, dataset=dataset, **cell_labels(cell))
    write_json(store.downstream(dataset), rows)


if __name__ == "__main__":
    cli.run(main, cli.parser(__doc__, config=str, dataset=str))
