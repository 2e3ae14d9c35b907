"""Figure 4: samples of every method by class."""

import numpy as np

from ldcore.evaluation.real_images import labels
from ldcore.grid import cell_of
from ldcore.report.figures._samples import UNTOUCHED, first_lines
from ldcore.report.figures._sheet import Group, arranged, sheet
from ldcore.report.markup import method_title

TITLE = "Figure 4"
CAPTION = (
    "Samples of every method by class, a panel a data set, from the same starting noise down each column; LD: the cell "
    "of the config."
)
NEEDS = ("samples", "data")
CLASSES = 6  # side by side


def draw(results):
    """A group per data set, of many classes several; a line per method under the headline cell."""
    config, groups = results.config, []
    cell = cell_of(config, config["grid"]["headline"])
    datasets = config["grid"]["datasets"]
    each = 2 if sum(len(config["datasets"][name]["classes"]) for name in datasets) > 3 else 4
    for dataset in datasets:
        classes = config["datasets"][dataset]["classes"]
        for first in range(0, len(classes), CLASSES):
            groups.append(class_group(results, dataset, classes[first : first + CLASSES], cell, each))
    return sheet(arranged(groups))


def class_group(results, dataset: str, classes: list[str], cell: dict, each: int) -> Group:
    """`each` images of each class in turn: real, untouched, every method under the cell."""
    records, _ = results.records_and_images(dataset)
    sampled_labels = labels(records)[results.cell_samples(dataset, "base", UNTOUCHED)["rows"]]
    found = [np.flatnonzero(sampled_labels == name)[:each] for name in classes]
    columns = np.concatenate(found)
    lines = first_lines(results, dataset, columns)
    for method in results.config["grid"]["methods"]:
        images = results.cell_samples(dataset, method, cell)["images"][columns]
        lines.append((method_title(method), list(images)))
    titles = [(name, len(of_class)) for name, of_class in zip(classes, found)]
    return Group(f"{dataset}, LD: {cell['label']}", titles, lines)
