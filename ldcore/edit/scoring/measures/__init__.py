"""What an edit should move, measured on the image itself; a file a measure.

A measure is a plug-in (ldcore/plugins.py): a file in this folder. It declares

    TITLE    what people call it
    ANATOMY  whose images it measures, as the data sets of a config name it

and has

    measure(images) -> numpy [N]    of float32 gray images [N, H, W] in 0..1; nan where an image has nothing to measure

Measures are crude: read differences between images of one subject. They should be soft, that is answer to a change
smaller than a pixel. The rows of the table of truth name a measure, by its file, as their extractor.
"""

import numpy as np

from ldcore import plugins
from ldcore.runtime.pixels import unit_gray


def measures_of(anatomy: str) -> list[str]:
    """The measures in this folder that are of an anatomy's images."""
    return [name for name in plugins.names("measure") if plugins.declared("measure", name)["ANATOMY"] == anatomy]


def measured(name: str, images) -> np.ndarray:
    """A measure of uint8 images [N, H, W] or [N, H, W, 3], by its name: [N]. UserError: unknown name."""
    return plugins.find("measure", name).measure(unit_gray(images))
