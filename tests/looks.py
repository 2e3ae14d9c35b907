"""How a figure looks to somebody who prints it: its size, and what of its text can be read."""

from itertools import combinations

from matplotlib.image import AxesImage
from matplotlib.text import Text

from ldcore.report import drawing


def texts_drawn(figure) -> list[tuple[Text, object]]:
    """(text, its box in pixels) of all that drawing the figure shows: not ticks beyond an axis, nor empty labels."""
    shown, draw = [], Text.draw

    def noted(self, renderer, *args, **options):
        if self.get_visible() and self.get_text():
            shown.append((self, self.get_window_extent(renderer)))
        return draw(self, renderer, *args, **options)

    Text.draw = noted
    try:
        figure.canvas.draw()
    finally:
        Text.draw = draw
    return shown


def faults(figure, shown: list) -> list[str]:
    """What a journal would send back: too large, text of another size, over the edge, or on other text or images.

    shown: its texts, as `texts_drawn` has them.
    """
    width, height = figure.get_size_inches()
    found = [] if width in (drawing.SINGLE, drawing.DOUBLE) else [f"{width} in wide"]
    found += [] if height <= drawing.TALLEST else [f"{height} in high"]
    edge = figure.bbox
    for text, box in shown:
        name = repr(text.get_text())
        if text.get_fontsize() != drawing.POINTS:
            found.append(f"{name} has {text.get_fontsize()} points")
        if min(box.x0, box.y0, edge.x1 - box.x1, edge.y1 - box.y1) < -1:
            found.append(f"{name} is over the edge")
    for (text, box), (other, other_box) in combinations(shown, 2):
        if overlap(box, other_box):
            found.append(f"{text.get_text()!r} is on {other.get_text()!r}")
    for image in figure.findobj(AxesImage):
        place = image.get_window_extent()
        found += [f"{text.get_text()!r} is on an image" for text, box in shown if overlap(box, place)]
    return found


def overlap(box, other, slack: float = 1.0) -> bool:
    """Whether two boxes share more than a rim of `slack` pixels."""
    wide = min(box.x1, other.x1) - max(box.x0, other.x0)
    high = min(box.y1, other.y1) - max(box.y0, other.y0)
    return min(wide, high) > slack


def bold(shown: list) -> list[str]:
    """What is bold of the texts shown, once each, sorted: the letters of the panels."""
    return sorted({text.get_text() for text, _ in shown if text.get_fontweight() == "bold"})
