"""Colour on a 16 x 16 grid. No network: blind to sharpness, sensitive to background and contrast.

Read it beside a network's features where the autoencoder's blur outweighs all else.
"""

TITLE = "pooled pixels"
LIKE_INCEPTION = False
OPTIONS = {}
GRID = 16


def load():
    """768 averages in 0..1: of each channel over each cell of the grid."""
    import torch

    return prepare, torch.nn.Sequential(torch.nn.AdaptiveAvgPool2d(GRID), torch.nn.Flatten())


def prepare(images):
    """uint8 [n, H, W, 3] -> float32 [n, 3, H, W] in 0..1."""
    import torch

    return torch.from_numpy(images.copy()).permute(0, 3, 1, 2).float() / 255
