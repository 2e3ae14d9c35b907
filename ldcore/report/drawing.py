"""What all figures share: one image without axes, and how a figure is written."""

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt

from ldcore.runtime.files import atomic

plt.rcParams["text.parse_math"] = False  # a $ in a label of the config is a $


def picture(axes, image) -> None:
    """One image without axes; image: uint8 [H, W] or [H, W, 3]."""
    axes.imshow(image, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(False)


def save(figure, stem) -> None:
    """Write stem.png and stem.pdf, without dates or program names, and close the figure."""
    for suffix, options in (
        ("png", {"dpi": 150, "metadata": {"Software": None}}),
        ("pdf", {"metadata": {"CreationDate": None, "Creator": None, "Producer": None}}),
    ):
        with atomic(f"{stem}.{suffix}") as temporary:
            figure.savefig(temporary, **options)
    plt.close(figure)
