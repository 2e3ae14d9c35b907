"""Figures of the edits (figure1, figure6, figure7, figure8, tradeoff): OUT/NAME.png and .pdf."""

from ldcore.datasets.records import load
from ldcore.grid import edit_cells, tasks
from ldcore.report.edit_figures import edit_sheet, loaded, teaser
from ldcore.report.figures import save
from ldcore.report.tradeoff_figure import tradeoff_figure
from ldcore.runtime import cli
from ldcore.runtime.files import read_json
from ldcore.store import opened

ROWS = 8


def main(config, figures):
    config, store = opened(config)
    cells, datasets = edit_cells(config), config["datasets"]
    loaded_tasks = {}
    for name, task in tasks(config).items():
        records, images = load(store.data(task["dataset"]), mmap=True)
        loaded_tasks[name] = loaded(
            task, name, cells, datasets[task["dataset"]], records, images, store.root, config["seed"]
        )
    for figure in figures:
        if figure == "tradeoff":
            drawn = tradeoff_figure(
                [row for name in loaded_tasks for row in read_json(store.edit_scores(name))["tradeoff"]]
            )
        elif figure == "figure1":
            drawn = teaser(list(loaded_tasks.values()), cells[-1]["label"])
        else:
            shown = next(have for have in loaded_tasks.values() if have["task"]["figure"] == figure)
            drawn = edit_sheet(shown, ROWS)
        save(drawn, store.figure(figure).with_suffix(""))


if __name__ == "__main__":
    parser = cli.parser(__doc__, config=str)
    parser.add_argument("--figures", nargs="+", required=True)
    cli.run(main, parser)
