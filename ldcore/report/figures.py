"""What all figures share, and figures 4 and 5: samples of every method, by class and with and without Latent Drifting."""

from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np

from ldcore.evaluation.cohort import labels
from ldcore.report.tables import METHOD_NAME
from ldcore.runtime.files import atomic
from ldcore.sampling.job import load_part


def save(figure, stem) -> None:
    """Write stem.png and stem.pdf, without dates or program names."""
    for suffix, options in (
        ("png", {"dpi": 150, "metadata": {"Software": None}}),
        ("pdf", {"metadata": {"CreationDate": None, "Creator": None, "Producer": None}}),
    ):
        with atomic(f"{stem}.{suffix}") as temporary:
            figure.savefig(temporary, **options)
    plt.close(figure)


def picture(axes, image) -> None:
    """One image without axes."""
    axes.imshow(image, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(False)


def figure4_lines(samples, records, images, grid, classes, cell: dict, columns: int = 3) -> list[tuple[str, list]]:
    """Rows of figure 4: (label, `columns` images of each class in turn): real, untouched, every method under one cell."""
    prompt, run = grid["prompts"][0], str(grid["training_seeds"][0])
    named = labels(records)
    base = load_part(Path(samples, "base", "untrained", prompt, run), "none")
    chosen = [np.flatnonzero(named[base["rows"]] == name)[:columns] for name in classes]
    chosen = np.concatenate(chosen)
    lines = [
        ("real", images[records["image_index"].to_numpy()[base["rows"]]][chosen]),
        ("untouched model", base["images"][chosen]),
    ]
    for method in grid["methods"]:
        part = load_part(Path(samples, method, cell["training"], prompt, run), cell["drift"])
        lines.append((METHOD_NAME.get(method, method), part["images"][chosen]))
    return lines


def figure5_lines(samples, records, images, grid) -> list[tuple[str, list]]:
    """Rows of figure 5: the real image each prompt came from, the untouched model, then every cell of every method."""
    prompt, run = grid["prompts"][0], str(grid["training_seeds"][0])
    base = load_part(Path(samples, "base", "untrained", prompt, run), "none")
    index = records["image_index"].to_numpy()[base["rows"]]
    lines = [("real", images[index]), ("untouched model", base["images"])]
    for method in grid["methods"]:
        for cell in grid["cells"]:
            part = load_part(Path(samples, method, cell["training"], prompt, run), cell["drift"])
            lines.append((f"{METHOD_NAME.get(method, method)}\nLD: {cell['label']}", part["images"]))
    return lines


def sample_sheet(blocks: list[tuple[str, list, list]], title: str = ""):
    """Blocks side by side, (name, column titles, lines); a line is (label, images); '' leaves a column untitled."""
    widths = [len(titles) for _, titles, _ in blocks]
    count = max(len(lines) for *_, lines in blocks)
    figure = plt.figure(figsize=(0.95 * sum(widths) + 1.7 * len(blocks), 1.0 * count + 0.8), layout="constrained")
    for group, (name, titles, lines) in zip(
        np.atleast_1d(figure.subfigures(1, len(blocks), width_ratios=widths)), blocks
    ):
        group.suptitle(name, fontsize=10)
        axes = group.subplots(len(lines), len(titles), squeeze=False)
        for row, (label, images) in zip(axes, lines):
            for axis, image in zip(row, images):
                picture(axis, image)
            row[0].set_ylabel(label, rotation=0, ha="right", va="center", fontsize=8)
        for axis, text in zip(axes[0], titles):
            axis.set_title(text, fontsize=8)
    return figure
