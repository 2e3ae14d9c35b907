"""Figure 5: samples with and without Latent Drifting."""

from ldcore.grid import cells_of
from ldcore.report.figures._samples import first_lines
from ldcore.report.figures._sheet import Group, largest, sheet
from ldcore.report.markup import method_title

TITLE = "Figure 5"
CAPTION = (
    "With and without Latent Drifting, a panel a data set: the same starting noise and prompt down each column; LD: a "
    "cell by its label in the config, which says how it is trained and what is sampled with."
)
NEEDS = ("samples", "data")
COLUMNS, PARTS, LINES = 5, 4, 80  # at most: images of a line, parts side by side, and lines of all parts


def draw(results):
    """A group per data set, a line per method and cell, below the real images that the prompts came from.

    Long sheets stand in parts side by side, with fewer images a line; lines after the first LINES are left out.
    """
    lines = {dataset: cell_lines(results, dataset) for dataset in results.config["grid"]["datasets"]}
    layouts = [layout(lines, parts, columns) for parts in range(1, PARTS + 1) for columns in range(COLUMNS, 0, -1)]
    return sheet(largest(layouts))


def layout(lines: dict[str, list], parts: int, columns: int) -> list[list[Group]]:
    """One band: data sets side by side, and again for each part of their lines."""
    each = -(-max(map(len, lines.values())) // parts)
    return [
        [
            Group(dataset, [("", columns)], [(label, images[:columns]) for label, images in of_dataset[first:][:each]])
            for first in range(0, each * parts, each)
            for dataset, of_dataset in lines.items()
            if of_dataset[first:]
        ]
    ]


def cell_lines(results, dataset: str) -> list[tuple]:
    """(label, images): real, untouched, every cell of every method, which is named where there are several."""
    lines, methods = first_lines(results, dataset, slice(COLUMNS)), results.config["grid"]["methods"]
    for method in methods:
        for cell in cells_of(results.config, method):
            samples = results.cell_samples(dataset, method, cell)
            label = f"LD: {cell['label']}" if len(methods) == 1 else f"{method_title(method)}\nLD: {cell['label']}"
            lines.append((label, list(samples["images"][:COLUMNS].copy())))  # the rest leaves memory
    return lines[:LINES]
