"""TEMPLATE: say here what the features see, and whose network it is."""

TITLE = "TEMPLATE"
LIKE_INCEPTION = False  # the paper's FID says nothing beside these
OPTIONS = {
    "grid": {"type": "integer", "minimum": 1, "default": 8, "description": "averages along each side"},
}


def load(grid):
    """(prepare, network -> [n, D]); the options are keyword arguments. Here: averages of each colour on a grid."""
    import torch

    return prepare, torch.nn.Sequential(torch.nn.AdaptiveAvgPool2d(grid), torch.nn.Flatten()).eval()


def prepare(images):
    """uint8 [n, H, W, 3] -> float32 [n, 3, H, W]. Here: in 0..1."""
    import torch

    return torch.from_numpy(images.copy()).permute(0, 3, 1, 2).float() / 255
