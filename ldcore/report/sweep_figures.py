"""Figures 2 and 3: one checkpoint sampled with every drift of the sweep. Functions draw from arrays and return a Figure."""

import matplotlib.pyplot as plt
import numpy as np

from ldcore.report.figures import picture

TRAINING_NAME = {"plain": "fine-tuned without LD", "ld": "fine-tuned with LD"}


def image_grid(group, rows: list, deltas) -> None:
    """Rows of images (label or None, [image of each delta]) under their deltas."""
    grid = group.subplots(len(rows), len(deltas), squeeze=False)
    for line, (label, images) in zip(grid, rows):
        for axes, image in zip(line, images):
            picture(axes, image)
        if label:
            line[0].set_ylabel(label, fontsize=8)
    for axes, delta in zip(grid[0], deltas):
        axes.set_title(f"{delta:g}", fontsize=8)


def figure2(parts: dict, deltas, names: list[str], pictures: int = 3):
    """Drift at inference only: parts[name, delta] with images, one checkpoint fine-tuned without drift a name (dataset)."""
    figure = plt.figure(figsize=(1.15 * len(deltas) + 0.6, 1.15 * pictures * len(names) + 0.5), layout="constrained")
    rows = [
        (name if row == pictures // 2 else None, [parts[name, delta]["images"][row] for delta in deltas])
        for name in names
        for row in range(pictures)
    ]
    image_grid(figure, rows, deltas)
    figure.suptitle("fine-tuned without LD, drift in z_T at inference only", fontsize=9)
    return figure


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

    Per training: `pictures` rows of images (one starting noise a row, one delta a column); below, along the reverse process,
    the mean of all latents and of each channel, a band a delta; last, KID against delta with its interval over seeds.
    """
    count = len(deltas)
    figure = plt.figure(
        figsize=(1.15 * count * len(trainings) + 1.2, 1.15 * pictures + 2.2 * len(trainings) + 3.1),
        layout="constrained",
    )
    top, middle, bottom = figure.subfigures(3, 1, height_ratios=[1.15 * pictures + 0.6, 2.2 * len(trainings), 2.5])
    groups = np.atleast_1d(top.subfigures(1, len(trainings), wspace=0.03))
    for letter, training, group in zip("abcdef", trainings, groups):
        group.suptitle(f"({letter}) {TRAINING_NAME.get(training, training)}", fontsize=10)
        image_grid(
            group,
            [(None, [parts[training, delta]["images"][row] for delta in deltas]) for row in range(pictures)],
            deltas,
        )
    latent_bands(middle, parts, deltas, trainings)
    extractors = sorted({row["extractor"] for row in rows})
    for axes, extractor in zip(np.atleast_1d(bottom.subplots(1, len(extractors))), extractors):
        kid_against_delta(axes, [row for row in rows if row["extractor"] == extractor], trainings)
    return figure


def latent_bands(figure, parts, deltas, trainings) -> None:
    """One line of panels a training: the latents' mean, then each channel's, along the reverse process."""
    channels = parts[trainings[0], deltas[0]]["trace"].shape[-1]
    panels, colours = (
        figure.subplots(len(trainings), channels + 1, sharex=True, sharey="col", squeeze=False),
        delta_colours(deltas),
    )
    for letter, training, line in zip("abcdef", trainings, panels):
        for delta, colour in zip(deltas, colours):
            trace = parts[training, delta]["trace"]
            for axes, values in zip(line, [trace.mean(-1), *np.moveaxis(trace, -1, 0)]):
                band(axes, values, colour, f"{delta:g}")
        line[0].set_ylabel(f"({letter}) mean ± s.d. over images", fontsize=7)
    for axes, title in zip(panels[0], ["all channels", *(f"channel {number}" for number in range(channels))]):
        axes.set_title(f"latents, {title}", fontsize=9)
    for axes in panels.flat:
        axes.tick_params(labelsize=7)
    for axes in panels[-1]:
        axes.set_xlabel("reverse step", fontsize=8)
    panels[-1, -1].legend(title="delta at sampling", fontsize=6, title_fontsize=7, ncol=2)


def kid_against_delta(axes, rows, trainings) -> None:
    """KID of the sweep with intervals, one line a training."""
    for training, marker, colour in zip(trainings, "osD^", ("0.35", "tab:blue", "tab:orange", "tab:green")):
        line = sorted((r for r in rows if r["training"] == training and r["metric"] == "kid"), key=lambda r: r["delta"])
        value = np.array([row["value"] for row in line])
        error = np.abs(np.array([[row["low"], row["high"]] for row in line]).T - value)
        axes.errorbar(
            [row["delta"] for row in line],
            value,
            np.nan_to_num(error),
            marker=marker,
            color=colour,
            markersize=4,
            capsize=2,
            linewidth=1.2,
            label=TRAINING_NAME.get(training, training),
        )
    axes.set_title(f"KID to real ({line[0]['extractor']}, N = {line[0]['n']})", fontsize=9)
    axes.set_xlabel("delta at sampling", fontsize=8)
    axes.set_ylim(bottom=0)
    axes.tick_params(labelsize=7)
    axes.legend(fontsize=7)
