"""TEMPLATE: say here what trains, and where the idea comes from."""

from ldcore.runtime.errors import UserError

TITLE = "TEMPLATE"
EXTENDS = ("ldcore.training.options",)
OPTIONS = {  # its own, and its own defaults of those of training
    "learning_rate": {"type": "number", "exclusiveMinimum": 0, "default": 1e-3, "description": "the highest rate"},
}
TRAINS = {"unet": ["*.bias"]}  # for the disk budget


def trainable(backbone, options) -> dict:
    """Name -> parameter to train; everything else stays frozen. Here: every bias of the U-Net."""
    return {name: value for name, value in backbone.unet.named_parameters() if name.endswith(".bias")}


def apply(backbone, tensors) -> None:
    """Put saved tensors (same names) into a freshly loaded backbone. UserError: they are another model's."""
    if trainable(backbone, {}).keys() != tensors.keys():
        raise UserError("The weights do not fit this U-Net; give the model they were trained on.")
    backbone.unet.load_state_dict(tensors, strict=False)
