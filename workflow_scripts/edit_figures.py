"""One figure of the edits (figure1, figure6, figure7, figure8, tradeoff): STEM.png and STEM.pdf."""

from pathlib import Path

from ldcore import cli
from ldcore.datasets.records import load
from ldcore.files import read_json
from ldcore.report.edit_figures import edit_sheet, loaded, teaser
from ldcore.report.figures import save
from ldcore.report.tradeoff_figure import tradeoff_figure

ROWS = 8


def main(figure, config, results, seed, stem):
    tasks = config["editing"]["tasks"]
    if figure == "tradeoff":
        return save(tradeoff_figure([row for name in tasks for row in read_json(Path(results, "edits", name, "scores.json"))["tradeoff"]]), stem)
    cells = [cell for cell in config["grid"]["cells"] if cell["label"] in config["editing"]["cells"]]
    chosen = {name: task for name, task in tasks.items() if figure in (task["figure"], "figure1")}
    found = [loaded(task, name, cells, config["datasets"][task["dataset"]], *load(Path(results, "data", task["dataset"]), mmap=True),
                    results, seed) for name, task in chosen.items()]
    save(teaser(found, cells[-1]["label"]) if figure == "figure1" else edit_sheet(found[0], ROWS), stem)


if __name__ == "__main__":
    cli.run(main, cli.parser(__doc__, figure=str, config=cli.structure, results=str, seed=int, stem=str))
