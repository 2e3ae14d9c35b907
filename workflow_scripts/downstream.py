"""AUC of classifiers trained on every cell's images, on real ones, and half and half: OUT, a list of rows for the tables."""

from pathlib import Path

from ldcore.datasets.records import load
from ldcore.evaluation.downstream import downstream_rows, stacks
from ldcore.model.backbone import prepare_cpu
from ldcore.plan.config import table_cells
from ldcore.runtime import cli
from ldcore.runtime.files import write_json


def main(dataset, config, data, samples, seed, out):
    prepare_cpu()
    options, sampling = config["datasets"][dataset], config["sampling"]
    count = len(sampling["seeds"]) * sampling["images_per_seed"]
    real = stacks(*load(data), options["classes"], options["test_images"], count, seed)

    def folder_of(*checkpoint):
        return Path(samples, dataset, *checkpoint)

    write_json(out, downstream_rows(dataset, config, real, folder_of, table_cells(config, dataset), seed))


if __name__ == "__main__":
    cli.run(main, cli.parser(__doc__, dataset=str, config=cli.structure, data=str, samples=str, seed=int, out=str))
