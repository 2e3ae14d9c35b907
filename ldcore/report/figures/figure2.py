"""Figure 2: what a drift at sampling alone does to a model that was fine-tuned without one."""

import matplotlib.pyplot as plt

from ldcore.grid import cell_of
from ldcore.report.figures._sweep import ROWS, image_grid, swept

TITLE = "Figure 2"
CAPTION = "Drift at inference only: one delta a column, one starting noise a row."
NEEDS = ("samples",)
ASKED_BY = "sweep"


def draw(results):
    """ROWS rows per data set of the sweep, from the checkpoint of the reference cell's training."""
    config = results.config
    training, deltas = cell_of(config, config["grid"]["reference"])["training"], config["sweep"]["deltas"]
    rows = []
    for dataset in config["sweep"]["datasets"]:
        samples = swept(results, dataset, training)
        for row in range(ROWS):
            label = dataset if row == ROWS // 2 else None
            rows.append((label, [samples[delta][0][row] for delta in deltas]))
    height = 1.15 * ROWS * len(config["sweep"]["datasets"]) + 0.5
    figure = plt.figure(figsize=(1.15 * len(deltas) + 0.6, height), layout="constrained")
    image_grid(figure, rows, deltas)
    figure.suptitle("fine-tuned without LD, drift in z_T at inference only", fontsize=9)
    return figure
