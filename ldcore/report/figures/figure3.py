"""Figure 3: the sweep of deltas at sampling, in images, in latents along the reverse process, and in KID."""

from itertools import cycle

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.lines import Line2D

from ldcore.grid import all_drifts, cell_of
from ldcore.report.drawing import COLOURS, DASHES, DOUBLE, LINE, MARKS, TALLEST, letters, wrapped
from ldcore.report.figures._sheet import LEAST, arranged, fill, size
from ldcore.report.figures._sweep import ROWS, image_group, swept
from ldcore.report.metric_names import grid_title

TITLE = "Figure 3"
CAPTION = (
    "Delta at sampling. First panels: images, one checkpoint a panel, one delta a column, one starting noise a row. "
    "Then, a line a checkpoint, the latents along the reverse process, all channels and each: mean and standard "
    "deviation over images. Last, a panel an extractor: the distance to real images, with 95 % intervals. Of more than "
    "four checkpoints, four, and the distances of all."
)
NEEDS = ("samples", "scores")
ASKED_BY = "sweep"
CHANNELS = 4  # of the latents, at most
TRAININGS, LINE_HEIGHT = 4, 0.95  # of images and latents, at most, and inches of the panels of one
LEGEND = 3  # columns of the distances' legend


def draw(results):
    """The sweep on its first data set.

    Per training, TRAININGS at most, rows of images; below, along the reverse process, the mean of all latents and of
    each channel, a band per delta; last, the distance to real images against delta with its interval over seeds, a
    panel per extractor.
    """
    dataset, titles = results.config["sweep"]["datasets"][0], training_titles(results.config)
    samples = {training: swept(results, dataset, training) for training in trainings_shown(results.config)}
    of_latents = LINE_HEIGHT * len(samples) + 0.6
    of_distances = 1.6 + 1.2 * LINE * -(-len(titles) // LEGEND)
    left = TALLEST - of_latents - of_distances
    for rows in range(ROWS, 0, -1):
        bands = arranged([image_group(titles[training], parts, rows) for training, parts in samples.items()])
        if size(bands, left)[1] >= LEAST:
            break
    heights = [size(bands, left)[0], of_latents, of_distances]
    figure = plt.figure(figsize=(DOUBLE, sum(heights)), layout="constrained")
    top, middle, bottom = figure.subfigures(3, 1, height_ratios=heights, hspace=0)

    # 1. Images: a block per training.
    fill(top, bands, left)

    # 2. Latents along the reverse process: a line of panels per training.
    traces = [{delta: trace for delta, (_, trace) in parts.items()} for parts in samples.values()]
    lines = latent_bands(middle, [titles[training] for training in samples], traces)

    # 3. Distance against delta: KID, or what the config has instead.
    rows = results.sweep(dataset)
    metrics = [row["metric"] for row in rows]
    metric = "kid" if "kid" in metrics else metrics[0]
    rows = [row for row in rows if row["metric"] == metric]
    extractors = sorted({row["extractor"] for row in rows})
    panels = bottom.subplots(1, len(extractors), squeeze=False)[0]
    for axes, extractor in zip(panels, extractors):
        distance_against_delta(axes, [row for row in rows if row["extractor"] == extractor], titles)
    blocks = len(samples) if len(samples) > 1 else 0
    letters([*lines, *panels], blocks)
    bottom.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=LEGEND)
    return figure


def trainings_shown(config: dict) -> list[str]:
    """The sweep's first trainings, those of the reference and of the headline cell before others."""
    first = [cell_of(config, config["grid"][name])["training"] for name in ("reference", "headline")]
    shown = sorted(config["sweep"]["trainings"], key=lambda training: training not in first)[:TRAININGS]
    return [training for training in config["sweep"]["trainings"] if training in shown]


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


def latent_bands(figure, titles: list[str], traces: list[dict]) -> list:
    """A line of panels per training: the latents' mean, then each channel's. traces: delta -> [N, steps + 1, C].

    Returns the first panel of each line.
    """
    deltas = list(traces[0])
    channels = min(CHANNELS, traces[0][deltas[0]].shape[-1])
    panels = figure.subplots(len(traces), channels + 1, sharex=True, sharey="col", squeeze=False)
    for title, of_training, line in zip(titles, traces, panels):
        for delta, colour in zip(deltas, delta_colours(deltas)):
            trace = of_training[delta]
            for axes, values in zip(line, [trace.mean(-1), *np.moveaxis(trace, -1, 0)]):
                band(axes, values, colour, DASHES[delta < 0], f"{delta:g}")
        line[0].set_ylabel(wrapped(title, LINE_HEIGHT - 0.1))
    for axes, title in zip(panels[0], ["all channels", *(f"channel {number}" for number in range(channels))]):
        axes.set_title(title)
    for axes in panels[-1]:
        axes.set_xlabel("reverse step")
    handles = [
        Line2D([], [], label=axes.get_label(), color=axes.get_color(), linestyle=axes.get_linestyle())
        for axes in panels[0, 0].lines
    ]
    figure.legend(handles=handles, title="delta at sampling", loc="outside lower center", ncols=min(9, len(deltas)))
    return list(panels[:, 0])


def delta_colours(deltas: list[float]) -> list:
    """Diverging colours, dark in the middle: negative violet, positive green, as the paper's drifts tint its images."""
    place = np.linspace(-1, 1, len(deltas))
    place = 0.5 + np.sign(place) * (0.2 + 0.3 * np.abs(place))  # pale ones are lost on white
    colours = plt.get_cmap("PRGn")(place)
    colours[np.isclose(deltas, 0)] = (0, 0, 0, 1)
    return list(colours)


def band(axes, traces: np.ndarray, colour, dash: str, label: str) -> None:
    """Mean and one standard deviation over images of traces [N, steps + 1] along the reverse process."""
    mean, spread, steps = traces.mean(0), traces.std(0), np.arange(traces.shape[1])
    axes.fill_between(steps, mean - spread, mean + spread, color=colour, alpha=0.18, linewidth=0)
    axes.plot(steps, mean, dash, color=colour, label=label)


def distance_against_delta(axes, rows: list[dict], titles: dict[str, str]) -> None:
    """One metric and extractor with intervals, a line per training."""
    for (training, title), mark, colour in zip(titles.items(), cycle(MARKS), cycle(COLOURS)):
        line = sorted((row for row in rows if row["training"] == training), key=lambda row: row["delta"])
        value = np.array([row["value"] for row in line])
        error = np.abs(np.array([[row["low"], row["high"]] for row in line]).T - value)
        deltas = [row["delta"] for row in line]
        axes.errorbar(deltas, value, np.nan_to_num(error), marker=mark, color=colour, capsize=2, label=title)
    first = rows[0]
    axes.set_title(f"{grid_title(first['metric'])} to real ({first['extractor']}, N = {first['n']})")
    axes.set_xlabel("delta at sampling")
    axes.set_ylim(bottom=0)
