"""Figure 4: samples of every method by class."""

import numpy as np

from ldcore.evaluation.real_images import labels
from ldcore.grid import cell_of
from ldcore.report.figures._samples import UNTOUCHED, sample_sheet
from ldcore.report.markup import method_title

TITLE = "Figure 4"
CAPTION = "Samples of every method by class, from the same starting noise down each column; LD: the cell of the config."
NEEDS = ("samples", "data")


def draw(results):
    """A block per data set, a line per method under the headline cell, below real images and the untouched model."""
    config, blocks = results.config, []
    cell = cell_of(config, config["grid"]["headline"])
    for dataset in config["grid"]["datasets"]:
        classes = config["datasets"][dataset]["classes"]
        each = 4 if len(classes) < 3 else 2
        titles = [text for name in classes for text in (name, *[""] * (each - 1))]
        blocks.append((f"{dataset}, LD: {cell['label']}", titles, class_lines(results, dataset, cell, each)))
    return sample_sheet(blocks)


def class_lines(results, dataset: str, cell: dict, each: int) -> list[tuple]:
    """(label, `each` images of each class in turn): real, untouched, every method under the cell."""
    records, images = results.records_and_images(dataset)
    untouched = results.cell_samples(dataset, "base", UNTOUCHED)
    rows, class_names = untouched["rows"], results.config["datasets"][dataset]["classes"]
    sampled_labels = labels(records)[rows]
    columns = np.concatenate([np.flatnonzero(sampled_labels == name)[:each] for name in class_names])
    lines = [
        ("real", images[records["image_index"].to_numpy()[rows]][columns]),
        ("untouched model", untouched["images"][columns]),
    ]
    for method in results.config["grid"]["methods"]:
        lines.append((method_title(method), results.cell_samples(dataset, method, cell)["images"][columns]))
    return lines
