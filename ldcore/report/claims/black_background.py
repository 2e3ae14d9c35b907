"""With Latent Drifting the background is black."""

from functools import partial

from ldcore.evaluation.appearance import background, level
from ldcore.report.cells import alone, difference, real_test_images, with_and_without

TITLE = "Background is black"
PAPER = (
    "Figure 3 and text: a black background at every delta with LD; gray or noisy at delta 0 without. The page's brains."
)
NEEDS = ("samples", "data")
BLACK = 12.0  # gray levels, of 255: what passes for black on a screen


def rows(results) -> list[dict]:
    """Mean gray level where real images are black: with LD, and with minus without.

    No row for a data set whose real images have no background, such as radiographs of chests.
    """
    found = []
    for labels, with_it, without in with_and_without(results, partial(background_level, results)):
        found.append(alone(with_it, statistic="gray level with LD", below=BLACK, **labels))
        found.append(difference(with_it, without, statistic="gray level, with LD - without", below=0.0, **labels))
    return found


def background_level(results, dataset: str):
    """The measure of a data set's pictures; None where its real images have no background."""
    mask = background(real_test_images(results, dataset))
    return partial(level, mask=mask) if mask.any() else None
