"""The paper's figures 3 and 5 from sampled parts. Every function draws from arrays and returns a matplotlib Figure."""

from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np

from ldcore.files import atomic
from ldcore.generate import load_part
from ldcore.report.tables import METHOD_NAME

TRAINING_NAME = {"plain": "fine-tuned without LD", "ld": "fine-tuned with LD"}


def save(figure, stem) -> None:
    """Write stem.png and stem.pdf, without dates or program names."""
    for suffix, options in (("png", {"dpi": 150, "metadata": {"Software": None}}),
                            ("pdf", {"metadata": {"CreationDate": None, "Creator": None, "Producer": None}})):
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


def delta_colours(deltas) -> list:
    """Diverging colours, dark in the middle: negative violet to positive green, as the paper's drifts tint its images."""
    place = np.linspace(0, 1, len(deltas))
    colours = plt.get_cmap("PRGn")(place)
    colours[np.isclose(deltas, 0)] = (0, 0, 0, 1)
    return list(colours)


def band(axes, traces: np.ndarray, colour, label) -> None:
    """Mean and one standard deviation over images of traces [N, steps + 1] along the reverse process."""
    mean, spread, steps = traces.mean(0), traces.std(0), np.arange(traces.shape[1])
    axes.fill_between(steps, mean - spread, mean + spread, color=colour, alpha=0.18, linewidth=0)
    axes.plot(steps, mean, color=colour, linewidth=1.5, label=label)


def figure3(parts: dict, rows: list[dict], deltas, trainings, pictures: int = 3):
    """The delta sweep. parts[training, delta]: images, trace [N, steps + 1, C]; rows: the sweep's scores.

    Per training: `pictures` rows of images (one starting noise a row, one delta a column); below, the latents' mean along
    the reverse process; last, KID against delta with its interval over seeds.
    """
    count, colours = len(deltas), delta_colours(deltas)
    figure = plt.figure(figsize=(1.15 * count * len(trainings) + 1.2, 1.15 * pictures + 5.6), layout="constrained")
    top, middle, bottom = figure.subfigures(3, 1, height_ratios=[1.15 * pictures + 0.6, 2.5, 2.5])
    groups = np.atleast_1d(top.subfigures(1, len(trainings), wspace=0.03))
    lower = middle.subplots(1, len(trainings), sharey=True, squeeze=False)[0]
    for letter, training, group, axes in zip("abcdef", trainings, groups, lower):
        group.suptitle(f"({letter}) {TRAINING_NAME.get(training, training)}", fontsize=10)
        grid = group.subplots(pictures, count, squeeze=False)
        for column, delta in enumerate(deltas):
            for row in range(pictures):
                picture(grid[row, column], parts[training, delta]["images"][row])
            grid[0, column].set_title(f"{delta:g}", fontsize=8)
            band(axes, parts[training, delta]["trace"].mean(-1), colours[column], f"{delta:g}")
        axes.set_title(f"({letter}) latents, mean of all channels", fontsize=9)
        axes.set_xlabel("reverse step", fontsize=8)
        axes.tick_params(labelsize=7)
    lower[0].set_ylabel("mean ± s.d. over images", fontsize=8)
    lower[-1].legend(title="delta at sampling", fontsize=6, title_fontsize=7, ncol=2)
    extractors = sorted({row["extractor"] for row in rows})
    *panels, channels = bottom.subplots(1, len(extractors) + 1)
    for axes, extractor in zip(panels, extractors):
        kid_against_delta(axes, [row for row in rows if row["extractor"] == extractor], trainings)
    channel_bands(channels, parts, deltas, trainings)
    return figure


def kid_against_delta(axes, rows, trainings) -> None:
    """KID of the sweep with intervals, one line a training."""
    for training, marker, colour in zip(trainings, "osD^", ("0.35", "tab:blue", "tab:orange", "tab:green")):
        line = sorted((r for r in rows if r["training"] == training and r["metric"] == "kid"), key=lambda r: r["delta"])
        value = np.array([row["value"] for row in line])
        error = np.abs(np.array([[row["low"], row["high"]] for row in line]).T - value)
        axes.errorbar([row["delta"] for row in line], value, np.nan_to_num(error), marker=marker, color=colour, markersize=4,
                      capsize=2, linewidth=1.2, label=TRAINING_NAME.get(training, training))
    axes.set_title(f"KID to real ({line[0]['extractor']}, N = {line[0]['n']})", fontsize=9)
    axes.set_xlabel("delta at sampling", fontsize=8)
    axes.set_ylim(bottom=0)
    axes.tick_params(labelsize=7)
    axes.legend(fontsize=7)


def channel_bands(axes, parts, deltas, trainings) -> None:
    """Each latent channel's mean along the reverse process at delta 0, one line style a training."""
    centre = min(deltas, key=abs)
    for training, style in zip(trainings, ("-", "--", ":", "-.")):
        trace = parts[training, centre]["trace"]
        for channel in range(trace.shape[-1]):
            axes.plot(trace[..., channel].mean(0), style, color=f"C{channel}", linewidth=1.3,
                      label=f"channel {channel}" if style == "-" else None)
    axes.set_title(f"channel means at delta {centre:g}: solid (a), dashed (b)", fontsize=9)
    axes.set_xlabel("reverse step", fontsize=8)
    axes.tick_params(labelsize=7)
    axes.legend(fontsize=6, ncol=2)


def figure5_lines(samples, records, images, grid) -> list[tuple[str, list]]:
    """Rows of figure 5: the real image each prompt came from, the untouched model, then every cell of every method."""
    prompt = grid["prompts"][0]
    base = load_part(Path(samples, "base", "untrained", prompt), "none")
    index = records["image_index"].to_numpy()[base["rows"]]
    lines = [("real", [images[i] for i in index]), ("untouched model", base["images"])]
    for method in grid["methods"]:
        for cell in grid["cells"]:
            part = load_part(Path(samples, method, cell["training"], prompt), cell["drift"])
            lines.append((f"{METHOD_NAME.get(method, method)}\nLD: {cell['label']}", part["images"]))
    return lines


def figure5(lines: list[tuple[str, list]], columns: int = 8):
    """Rows of images, each under its label: (label, images). With and without Latent Drifting, from the same noise."""
    figure, axes = plt.subplots(len(lines), columns, figsize=(1.15 * columns + 1.6, 1.25 * len(lines)), squeeze=False,
                                layout="constrained")
    for row, (label, images) in enumerate(lines):
        for column in range(columns):
            picture(axes[row, column], images[column])
        axes[row, 0].set_ylabel(label, rotation=0, ha="right", va="center", fontsize=8)
    return figure
