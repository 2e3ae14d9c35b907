"""Sheets of samples: blocks of images side by side, for figures 4 and 5."""

import matplotlib.pyplot as plt
import numpy as np

from ldcore.report.drawing import picture

UNTOUCHED = {"training": "untrained", "drift": "none"}  # where the samples of the method `base` lie


def sample_sheet(blocks: list[tuple[str, list[str], list[tuple]]]):
    """Blocks side by side, (name, column titles, lines); a line is (label, images); '' leaves a column untitled."""
    widths = [len(titles) for _, titles, _ in blocks]
    count = max(len(lines) for *_, lines in blocks)
    figure = plt.figure(figsize=(0.95 * sum(widths) + 1.7 * len(blocks), 1.0 * count + 0.8), layout="constrained")
    groups = np.atleast_1d(figure.subfigures(1, len(blocks), width_ratios=widths))
    for group, (name, titles, lines) in zip(groups, blocks):
        group.suptitle(name, fontsize=10)
        axes = group.subplots(len(lines), len(titles), squeeze=False)
        for row, (label, images) in zip(axes, lines):
            for axis, image in zip(row, images):
                picture(axis, image)
            row[0].set_ylabel(label, rotation=0, ha="right", va="center", fontsize=8)
        for axis, text in zip(axes[0], titles):
            axis.set_title(text, fontsize=8)
    return figure
