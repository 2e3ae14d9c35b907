"""The untouched pre-trained model: the floor of every table."""

TITLE = "Pre-trained model, untouched"
TRAINS = {}


def trainable(backbone, options) -> dict:
    """Nothing trains."""
    return {}


def apply(backbone, tensors) -> None:
    """Nothing was saved."""
