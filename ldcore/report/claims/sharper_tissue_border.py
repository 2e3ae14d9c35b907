"""With Latent Drifting the border of white and gray matter is sharper."""

from functools import partial

from ldcore.evaluation.appearance import border_gradient, core
from ldcore.report.cells import difference, mean, real_test_images, with_and_without

TITLE = "White and gray matter are better told apart"
PAPER = "Figure 5 and text: the boundary of white and gray matter is sharper with LD. No number."
NEEDS = ("samples", "data")
ANATOMY = "brain_mr"


def rows(results) -> list[dict]:
    """Gradient at the border that each picture shows (`appearance.border_gradient`), as a share of the real images'.

    With LD minus without. Samples lie where they like, so the border is looked for in each, not taken from a record.
    """
    words = "gradient at the border, share of the real images', with LD - without"
    return [
        difference(with_it, without, statistic=words, above=0.0, **labels)
        for labels, with_it, without in with_and_without(results, partial(share_of_real, results))
    ]


def share_of_real(results, dataset: str):
    """The measure of a data set's pictures; None where they are no brains, or real ones share no tissue."""
    if results.config["datasets"][dataset]["anatomy"] != ANATOMY:
        return None
    real = real_test_images(results, dataset)
    inside = core(real)
    scale = mean([border_gradient(real, inside)]) if inside.any() else 0
    return (lambda images: border_gradient(images, inside) / scale) if scale > 0 else None
