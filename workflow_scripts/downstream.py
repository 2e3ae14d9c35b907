"""AUC of classifiers trained on every cell's images, on real ones, and on both: rows for the tables."""

from ldcore.datasets.records import load
from ldcore.evaluation.downstream import cell_rows, class_numbers, examiner, real_images, real_rows, synthetic_images
from ldcore.evaluation.rows import NO_CELL, cell_labels
from ldcore.grid import cell_checkpoints, reference_cell, table_cells
from ldcore.runtime import cli, code
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
    auc_of, labels = examiner(real, classifier, keys), {"dataset": dataset, "extractor": classifier["name"]}

    def images_of(cell):
        """(images, classes) of every training run of a cell."""
        runs = [load_part(store.samples(run), cell["part"]) for run in cell_checkpoints(config, dataset, cell)]
        return [synthetic_images(arrays, numbers, sampling["images_per_seed"]) for arrays in runs]

    rows = real_rows(real, auc_of, keys, method="real", **NO_CELL, **labels)
    for cell in table_cells(config, dataset):
        reference = reference_cell(config, cell)
        theirs = images_of(reference) if reference else None
        rows += cell_rows(images_of(cell), theirs, real, auc_of, keys, **cell_labels(cell), **labels)
    write_json(store.downstream(dataset), rows)
    code.record(store.made("downstream", dataset))


if __name__ == "__main__":
    cli.run(main, cli.parser(__doc__, config=str, dataset=str))
