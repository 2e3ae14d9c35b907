"""Figure 2: what a drift at sampling alone does to a model that was fine-tuned without one."""

from ldcore.grid import cell_of
from ldcore.report.figures._sheet import arranged, sheet
from ldcore.report.figures._sweep import image_group, swept

TITLE = "Figure 2"
CAPTION = (
    "Drift in z_T at inference only, of a model fine-tuned without LD: a panel a data set, one delta a column, one "
    "starting noise a row."
)
NEEDS = ("samples",)
ASKED_BY = "sweep"


def draw(results):
    """A group per data set of the sweep, from the checkpoint of the reference cell's training."""
    config = results.config
    training = cell_of(config, config["grid"]["reference"])["training"]
    datasets = config["sweep"]["datasets"]
    return sheet(arranged([image_group(name, swept(results, name, training)) for name in datasets]))
