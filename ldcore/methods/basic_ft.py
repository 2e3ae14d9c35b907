"""Basic fine-tuning: every weight of the U-Net trains on the denoising loss (arXiv 2412.20651, section 4)."""

TITLE = "Basic FT"
EXTENDS = ("ldcore.training.options",)
TRAINS = {"unet": ["*"]}


def trainable(backbone, options) -> dict:
    """All U-Net parameters, by their state-dict names."""
    return dict(backbone.unet.named_parameters())


def apply(backbone, tensors) -> None:
    """Load the saved U-Net weights; a missing or left-over name is an error."""
    backbone.unet.load_state_dict(tensors, strict=True)
