"""One figure (figure2 ... figure5, gains) from the samples of every dataset; STEM.png and STEM.pdf."""

from pathlib import Path

from ldcore.datasets.records import load
from ldcore.grid import cell_of, identifier
from ldcore.report.figures import figure4_lines, figure5_lines, sample_sheet, save
from ldcore.report.gains_figure import gains_figure
from ldcore.report.sweep_figures import figure2, figure3
from ldcore.runtime import cli
from ldcore.runtime.files import read_json
from ldcore.sampling.job import load_part
from ldcore.store import opened

COLUMNS = 7  # images a row of figure 5


def swept(config, results, dataset, training):
    """delta -> the arrays of one swept checkpoint."""
    sweep, run = config["sweep"], str(config["grid"]["training_seeds"][0])
    folder = Path(results, "samples", dataset, sweep["method"], training, sweep["prompt"], run)
    return {delta: load_part(folder, identifier(delta)) for delta in sweep["deltas"]}


def draw_figure2(config, results):
    training, names = cell_of(config, config["grid"]["reference"])["training"], config["sweep"]["datasets"]
    parts = {(name, delta): part for name in names for delta, part in swept(config, results, name, training).items()}
    return figure2(parts, config["sweep"]["deltas"], names)


def draw_figure3(config, results):
    sweep, dataset = config["sweep"], config["sweep"]["datasets"][0]
    parts = {
        (training, delta): part
        for training in sweep["trainings"]
        for delta, part in swept(config, results, dataset, training).items()
    }
    return figure3(
        parts, read_json(Path(results, "scores", f"{dataset}.json"))["sweep"], sweep["deltas"], sweep["trainings"]
    )


def draw_figure4(config, results):
    cell, blocks = cell_of(config, config["grid"]["headline"]), []
    for dataset in config["grid"]["datasets"]:
        classes = config["datasets"][dataset]["classes"]
        each = 4 if len(classes) < 3 else 2
        lines = figure4_lines(
            Path(results, "samples", dataset),
            *load(Path(results, "data", dataset), mmap=True),
            config["grid"],
            classes,
            cell,
            each,
        )
        blocks.append(
            (f"{dataset}, LD: {cell['label']}", [name * (i == 0) for name in classes for i in range(each)], lines)
        )
    return sample_sheet(blocks)


def draw_figure5(config, results):
    return sample_sheet(
        [
            (
                dataset,
                [""] * COLUMNS,
                figure5_lines(
                    Path(results, "samples", dataset), *load(Path(results, "data", dataset), mmap=True), config["grid"]
                ),
            )
            for dataset in config["grid"]["datasets"]
        ]
    )


def draw_gains(config, results):
    return gains_figure(
        [
            row
            for dataset in config["grid"]["datasets"]
            for row in read_json(Path(results, "scores", f"{dataset}.json"))["cells"]
            if row["metric"] == "kid_gain"
        ]
    )


def main(config, figure):
    config, store = opened(config)
    save(globals()[f"draw_{figure}"](config, store.root), store.figure(figure).with_suffix(""))


if __name__ == "__main__":
    cli.run(main, cli.parser(__doc__, config=str, figure=str))
