"""The one style of all figures, at the paper's sizes: widths, type, lines, colours; letters, and how a file is written.

A figure is at most DOUBLE inches wide and TALLEST high, and stands in a document at its own size: text is then POINTS
high everywhere.
"""

import functools
import re
from string import ascii_lowercase

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
from cycler import cycler
from matplotlib.image import AxesImage
from matplotlib.textpath import TextPath

from ldcore.runtime.files import atomic

SINGLE, DOUBLE, TALLEST = 3.25, 6.875, 9.0  # inches: a column of CVPR's page, both columns, and the page's height
POINTS = 7
LINE = 1.25 * POINTS / 72  # inches from one line of text to the next
# Okabe and Ito's, told apart with any colour vision, without their yellow, which is lost on white.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
BETTER, WORSE, UNSURE = COLOURS[0], COLOURS[1], "0.55"
DASHES = ("-", "--", "-.", ":")  # beside colours, one dash further each
MARKS = "osD^vP*X"
STYLE = {
    **dict.fromkeys(
        (
            *("font.size", "axes.titlesize", "axes.labelsize", "xtick.labelsize", "ytick.labelsize"),
            *("legend.fontsize", "legend.title_fontsize", "figure.titlesize", "figure.labelsize"),
        ),
        POINTS,
    ),
    **dict.fromkeys(("axes.linewidth", "xtick.major.width", "ytick.major.width", "patch.linewidth"), 0.5),
    **dict.fromkeys(("xtick.major.size", "ytick.major.size"), 2),
    **dict.fromkeys(("figure.constrained_layout.w_pad", "figure.constrained_layout.h_pad"), 0.03),
    "font.family": "DejaVu Sans",  # comes with matplotlib: the same on every machine
    "text.parse_math": False,  # a $ in a label of the config is a $
    "axes.prop_cycle": cycler(color=COLOURS),
    "axes.titlepad": 3,
    "axes.labelpad": 2,
    "lines.linewidth": 0.8,
    "lines.markersize": 3.5,
    "legend.frameon": False,
    "legend.handlelength": 2.8,  # long enough to see a dash
    "legend.borderaxespad": 0.2,
    "pdf.fonttype": 42,  # TrueType: journals refuse type 3, and text stays text
    "ps.fonttype": 42,
    "image.composite_image": False,  # one image of a PDF is one of ours
}
plt.rcParams.update(STYLE)


def picture(axes, image, **options) -> None:
    """One image on axes that are not shown, its pixels as they are; uint8 [H, W] or [H, W, 3]; options: of imshow."""
    axes.imshow(image, interpolation="none", **{"cmap": "gray", "vmin": 0, "vmax": 255, **options})
    axes.set_axis_off()


def letters(panels, first: int = 0) -> None:
    """The letters of several panels, bold, left above each; first: how many letters other panels have before."""
    offset = {"xytext": (-3, 3), "textcoords": "offset points", "ha": "right", "va": "bottom"}
    panels = list(panels)
    for place, axes in enumerate(panels if first + len(panels) > 1 else [], first):
        text = f"({ascii_lowercase[place % 26]})"
        axes.annotate(text, (0, 1), xycoords="axes fraction", fontweight="bold", **offset)


@functools.cache
def text_width(line: str) -> float:
    """Inches of one line of text in the figures' type."""
    return TextPath((0, 0), line, size=POINTS).get_extents().xmax / 72 if line.strip() else 0.0


@functools.cache
def wrapped(text: str, inches: float) -> str:
    """A text in lines of at most this width: broken between words; one that is wider alone behind _, or anywhere."""

    def pieces(text, *patterns):
        return (
            [text]
            if not patterns or text_width(text.strip()) <= inches
            else [piece for part in re.findall(patterns[0], text) for piece in pieces(part, *patterns[1:])]
        )

    parts = []
    for line in text.split("\n"):
        parts.append("")
        for piece in pieces(line, r"\s*\S+", r"\s*[^_]*_*", "."):
            if parts[-1].strip() and text_width((parts[-1] + piece).strip()) > inches:
                parts.append("")
            parts[-1] += piece
    return "\n".join(part.strip() for part in parts)


def save(figure, stem) -> None:
    """Write stem.png and stem.pdf, without dates or program names, and close the figure.

    In the PDF images have their own pixels. In the PNG so have those that are drawn larger; of those drawn smaller,
    pixels are averaged.
    """
    for suffix, options in (
        ("pdf", {"metadata": {"CreationDate": None, "Creator": None, "Producer": None}}),
        ("png", {"dpi": 300, "metadata": {"Software": None}}),
    ):
        with atomic(f"{stem}.{suffix}") as temporary:
            if suffix == "png":
                figure.set_dpi(options["dpi"])
                for image in figure.findobj(AxesImage):
                    if image.get_window_extent().width < image.get_array().shape[1]:
                        image.set_interpolation("antialiased")
            figure.savefig(temporary, **options)
    plt.close(figure)


def evenly(length: int, count: int) -> np.ndarray:
    """Which of `length` things are shown where there is room for `count`: places from the first to the last."""
    return np.unique(np.linspace(0, length - 1, min(length, count)).round().astype(int))
