"""Figures of the edits (figure1, figure6, figure7, figure8, tradeoff): OUT/NAME.png and .pdf."""

from pathlib import Path

from ldcore.datasets.records import load
from ldcore.report.edit_figures import edit_sheet, loaded, teaser
from ldcore.report.figures import save
from ldcore.report.tradeoff_figure import tradeoff_figure
from ldcore.runtime import cli
from ldcore.runtime.files import read_json

ROWS = 8


def main(figures, config, results, seed, out):
    tasks, data = config["editing"]["tasks"], Path(results, "data")
    cells = [cell for cell in config["grid"]["cells"] if cell["label"] in config["editing"]["cells"]]
    found = {
        name: loaded(
            task,
            name,
            cells,
            config["datasets"][task["dataset"]],
            *load(data / task["dataset"], mmap=True),
            results,
            seed,
        )
        for name, task in tasks.items()
    }
    for figure in figures:
        if figure == "tradeoff":
            drawn = tradeoff_figure(
                [row for name in tasks for row in read_json(Path(results, "edits", name, "scores.json"))["tradeoff"]]
            )
        elif figure == "figure1":
            drawn = teaser(list(found.values()), cells[-1]["label"])
        else:
            drawn = edit_sheet(next(have for name, have in found.items() if tasks[name]["figure"] == figure), ROWS)
        save(drawn, Path(out, figure))


if __name__ == "__main__":
    cli.run(main, cli.parser(__doc__, figures=cli.structure, config=cli.structure, results=str, seed=int, out=str))
