"""Figure 3: the sweep of deltas at sampling, in images, in latents along the reverse process, and in KID."""

from itertools import cycle
from string import ascii_lowercase

import matplotlib.pyplot as plt
import numpy as np

from ldcore.grid import all_drifts
from ldcore.report.figures._sweep import ROWS, image_grid, swept
from ldcore.report.metric_names import grid_title

TITLE = "Figure 3"
CAPTION = "One checkpoint a block, one delta a column, one starting noise a row; latents along the reverse process."
NEEDS = ("samples", "scores")
ASKED_BY = "sweep"


def draw(results):
    """The sweep on its first data set.

    Per training, ROWS rows of images; below, along the reverse process, the mean of all latents and of each channel, a
    band per delta; last, the distance to real images against delta with its interval over seeds, a panel per extractor.
    """
    sweep = results.config["sweep"]
    dataset, deltas, titles = sweep["datasets"][0], sweep["deltas"], training_titles(results.config)
    samples = {training: swept(results, dataset, training) for training in sweep["trainings"]}
    figure = plt.figure(
        figsize=(1.15 * len(deltas) * len(samples) + 1.2, 1.15 * ROWS + 2.2 * len(samples) + 3.1), layout="constrained"
    )
    top, middle, bottom = figure.subfigures(3, 1, height_ratios=[1.15 * ROWS + 0.6, 2.2 * len(samples), 2.5])

    # 1. Images: a block per training.
    groups = np.atleast_1d(top.subfigures(1, len(samples), wspace=0.03))
    for letter, training, group in zip(cycle(ascii_lowercase), samples, groups):
        group.suptitle(f"({letter}) {titles[training]}", fontsize=10)
        images = {delta: samples[training][delta][0] for delta in deltas}
        image_grid(group, [(None, [images[delta][row] for delta in deltas]) for row in range(ROWS)], deltas)

    # 2. Latents along the reverse process: a line of panels per training.
    latent_bands(middle, [{delta: trace for delta, (_, trace) in parts.items()} for parts in samples.values()])

    # 3. Distance against delta: KID, or what the config has instead.
    rows = results.sweep(dataset)
    metrics = [row["metric"] for row in rows]
    metric = "kid" if "kid" in metrics else metrics[0]
    rows = [row for row in rows if row["metric"] == metric]
    extractors = sorted({row["extractor"] for row in rows})
    for axes, extractor in zip(np.atleast_1d(bottom.subplots(1, len(extractors))), extractors):
        distance_against_delta(axes, [row for row in rows if row["extractor"] == extractor], titles)
    return figure


def training_titles(config: dict) -> dict[str, str]:
    """What each training of the sweep is called: with or without LD, or a control; by its name where two are one."""
    drifts, trainings, titles = all_drifts(config), config["trainings"], {}
    for training in config["sweep"]["trainings"]:
        entry = trainings[training]
        if drifts[entry["drift"]]["kind"] != "none" or entry["noise"] == "offset":
            titles[training] = "fine-tuned with LD"
        else:
            plain = entry["noise"] == "normal" and entry["budget"] == 1 and not entry["scheduler"]
            titles[training] = "fine-tuned without LD" if plain else f"fine-tuned: {training}"
    given = list(titles.values())
    return {name: f"{title}: {name}" if given.count(title) > 1 else title for name, title in titles.items()}


def latent_bands(figure, traces: list[dict]) -> None:
    """A line of panels per training: the latents' mean, then each channel's. traces: delta -> [N, steps + 1, C]."""
    deltas = list(traces[0])
    channels = traces[0][deltas[0]].shape[-1]
    panels = figure.subplots(len(traces), channels + 1, sharex=True, sharey="col", squeeze=False)
    for letter, of_training, line in zip(cycle(ascii_lowercase), traces, panels):
        for delta, colour in zip(deltas, delta_colours(deltas)):
            trace = of_training[delta]
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


def delta_colours(deltas: list[float]) -> list:
    """Diverging colours, dark in the middle: negative violet, positive green, as the paper's drifts tint its images."""
    place = np.linspace(-1, 1, len(deltas))
    place = 0.5 + np.sign(place) * (0.2 + 0.3 * np.abs(place))  # pale ones are lost on white
    colours = plt.get_cmap("PRGn")(place)
    colours[np.isclose(deltas, 0)] = (0, 0, 0, 1)
    return list(colours)


def band(axes, traces: np.ndarray, colour, label: str) -> None:
    """Mean and one standard deviation over images of traces [N, steps + 1] along the reverse process."""
    mean, spread, steps = traces.mean(0), traces.std(0), np.arange(traces.shape[1])
    axes.fill_between(steps, mean - spread, mean + spread, color=colour, alpha=0.18, linewidth=0)
    axes.plot(steps, mean, color=colour, linewidth=1.5, label=label)


def distance_against_delta(axes, rows: list[dict], titles: dict[str, str]) -> None:
    """One metric and extractor with intervals, a line per training."""
    colours = cycle(("0.35", "tab:blue", "tab:orange", "tab:green"))
    for (training, title), marker, colour in zip(titles.items(), cycle("osD^"), colours):
        line = sorted((row for row in rows if row["training"] == training), key=lambda row: row["delta"])
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
            label=title,
        )
    first = rows[0]
    axes.set_title(f"{grid_title(first['metric'])} to real ({first['extractor']}, N = {first['n']})", fontsize=9)
    axes.set_xlabel("delta at sampling", fontsize=8)
    axes.set_ylim(bottom=0)
    axes.tick_params(labelsize=7)
    axes.legend(fontsize=7)
