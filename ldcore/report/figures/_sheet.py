"""Sheets of images: groups of images side by side in bands below one another, all images of one size."""

from dataclasses import dataclass
from string import ascii_lowercase

import matplotlib.pyplot as plt
import numpy as np

from ldcore.report.drawing import DOUBLE, LINE, TALLEST, picture, text_width, wrapped

GAP, SPACE = 0.03, 0.14  # inches between images, and between groups
MOST, LEAST, LABEL = 0.9, 0.42, 0.95  # inches: the widest image, the least one to aim at, the widest label of a line
LETTER = 0.2  # inches of "(a) "
BAR, LOWEST = 0.85, 1.6  # inches of the colour bar with its numbers and label, and the least height, for that label
HUES = "PuOr_r"  # removals violet, additions orange: told apart with any colour vision
CHANGE = "gray levels: removed (violet), added (orange)"
LEAST_LIMIT = 5.0  # gray levels: the colour scale ends here or further out


@dataclass(frozen=True)
class Group:
    """Lines of images below titles.

    A float image [H, W] is a change in gray levels, drawn in colours of one scale for the sheet; all others are uint8
    [H, W] or [H, W, 3].
    """

    title: str
    columns: list[tuple[str, int]]  # a title, and how many images stand below it
    lines: list[tuple[str, list[np.ndarray]]]  # a label, and the images from left to right

    @property
    def labels(self) -> list[str]:
        """What stands left of the lines."""
        return [wrapped(label, LABEL) for label, _ in self.lines]

    @property
    def count(self) -> int:
        """Images of a line."""
        return len(self.lines[0][1])


def sheet(bands: list[list[Group]]):
    """A figure of bands of groups, DOUBLE inches wide and at most TALLEST high; with a colour bar if there are changes.

    Groups have letters if they have several titles; a title that comes again keeps its letter. Labels that a group
    shares with the one left of it stand once.
    """
    figure = plt.figure(figsize=(DOUBLE, size(bands)[0]))
    fill(figure, bands)
    return figure


def arranged(groups: list[Group], least: float = LEAST) -> list[list[Group]]:
    """Groups in bands: as many side by side as leave images `least` inches wide."""
    bands = []
    for group in groups:
        if bands and pitches([[*bands[-1], group]], room([[group]]))[0] - GAP >= least:
            bands[-1].append(group)
        else:
            bands.append([group])
    return bands


def largest(layouts: list[list[list[Group]]]) -> list[list[Group]]:
    """Of several layouts the first with images LEAST inches wide, or that with the widest."""
    sides = [size(bands)[1] for bands in layouts]
    return layouts[next((place for place, side in enumerate(sides) if side >= LEAST), sides.index(max(sides)))]


def label_width(group: Group) -> float:
    """Inches of the labels of a group and the gap behind them."""
    widths = [text_width(line) for label in group.labels for line in label.split("\n")]
    return max(widths) + 2 * GAP if max(widths) else 0.0


def indents(bands: list[list[Group]]) -> list[list[float]]:
    """Inches left of each group for labels: in front of all bands the same, and 0 for labels of the group before."""
    first = max(label_width(band[0]) for band in bands)
    return [
        [first] + [label_width(group) * (group.labels != left.labels) for left, group in zip(band, band[1:])]
        for band in bands
    ]


def pitches(bands: list[list[Group]], width: float) -> list[float]:
    """Inches from one image of a band to the next if each takes this width."""
    return [
        (width - sum(before) - SPACE * (len(band) - 1)) / sum(group.count for group in band)
        for band, before in zip(bands, indents(bands))
    ]


def room(bands: list[list[Group]]) -> float:
    """Inches for labels and images, beside which is the colour bar, if there are changes."""
    return DOUBLE - 2 * GAP - BAR * bool(changes(bands))


def changes(bands: list[list[Group]]) -> list[np.ndarray]:
    """The images that are changes."""
    every = (image for band in bands for group in band for _, images in group.lines for image in images)
    return [image for image in every if image.dtype.kind == "f"]


def heads(band: list[Group], step: float) -> tuple[list[str], list[list[str]]]:
    """The titles of the groups and of their columns, broken to the width of what they stand above."""
    titles = [wrapped(group.title, group.count * step - LETTER) for group in band]
    return titles, [[wrapped(text, span * step - GAP) for text, span in group.columns] for group in band]


def head_heights(titles: list[str], columns: list[list[str]]) -> tuple[float, float]:
    """Inches that the titles of groups and those of columns take."""

    def height(texts):
        return LINE * max(text.count("\n") + 1 if text else 0 for text in texts) + GAP

    return height(titles), height([text for of_group in columns for text in of_group])


def size(bands: list[list[Group]], tallest: float = TALLEST) -> tuple[float, float, list[float]]:
    """(height of the sheet, width of an image, pitch of each band), inches: images as large as fits.

    Where the height keeps images small, titles get some of the width that is left.
    """
    widest = pitches(bands, room(bands))
    side = min(MOST, min(widest) - GAP)
    while True:
        steps = [min(step, 1.3 * side + GAP) for step in widest]
        height = sum(band_height(band, side, step) for band, step in zip(bands, steps)) - SPACE / 2
        if height <= tallest or side < 0.05:
            return max(height, LOWEST), side, steps
        side *= 0.97


def band_height(band: list[Group], side: float, step: float) -> float:
    """Inches of a band with its titles and the space below."""
    return sum(head_heights(*heads(band, step))) + max(len(group.lines) for group in band) * (side + GAP) + SPACE / 2


def fill(figure, bands: list[list[Group]], tallest: float = TALLEST) -> None:
    """Draw a sheet on a figure, or a part of one, that is DOUBLE inches wide and as high as `size` says."""
    height, side, steps = size(bands, tallest)
    changed = changes(bands)
    limit = max(
        [
            LEAST_LIMIT,
            *([np.percentile(np.abs(np.concatenate([image.ravel() for image in changed])), 99.5)] if changed else []),
        ]
    )
    titles = dict.fromkeys(group.title for band in bands for group in band if group.title)
    letters = dict(zip(titles, ascii_lowercase * len(titles))) if len(titles) > 1 else {}

    def text(x, y, words, **options):
        figure.text(x / DOUBLE, 1 - y / height, words, linespacing=1.1, **options)

    page = figure.add_axes((0, 0, 1, 1))  # in inches from above left
    taken = [
        sum(before) + SPACE * (len(band) - 1) + step * sum(group.count for group in band)
        for band, before, step in zip(bands, indents(bands), steps)
    ]
    edge, top = GAP + (room(bands) - max(taken)) / 2, 0.0
    for band, before, step in zip(bands, indents(bands), steps):
        group_titles, column_titles = heads(band, step)
        of_groups, of_columns = head_heights(group_titles, column_titles)
        first, left = top + of_groups + of_columns, edge
        for group, indent, title, texts in zip(band, before, group_titles, column_titles):
            left += indent
            if group.title in letters:
                text(left, top + LINE - GAP, f"({letters[group.title]})", fontweight="bold")
            text(left + LETTER * bool(letters), top + of_groups - 2 * GAP, title)
            place = 0
            for words, (_, span) in zip(texts, group.columns):
                text(left + (place + span / 2) * step, first - 2 * GAP, words, ha="center")
                place += span
            for row, (label, (_, images)) in enumerate(zip(group.labels, group.lines)):
                y = first + row * (side + GAP)
                if indent:
                    text(left - GAP, y + side / 2, label, ha="right", va="center")
                for column, image in enumerate(images):
                    x = left + column * step + (step - side) / 2
                    scale = {"cmap": HUES, "vmin": -limit, "vmax": limit} if image.dtype.kind == "f" else {}
                    picture(page, image, extent=(x, x + side, y + side, y), aspect="auto", **scale)
            left += group.count * step + SPACE
        top += band_height(band, side, step)
    if changed:
        high, right = min(2.5, 0.6 * height), DOUBLE - BAR + 2 * GAP
        axes = figure.add_axes((right / DOUBLE, 0.5 - high / height / 2, 0.1 / DOUBLE, high / height))
        scale = next(image for image in page.images if image.get_cmap().name == HUES)
        figure.colorbar(scale, cax=axes, label=wrapped(CHANGE, 0.9 * height))
    page.set(xlim=(0, DOUBLE), ylim=(height, 0))
