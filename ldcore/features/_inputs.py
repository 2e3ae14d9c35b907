"""What extractors share: a weights file that must be there, and images resized to a network's input."""

from pathlib import Path

from ldcore.runtime.errors import UserError
from ldcore.runtime.weight_files import PICKLES, check_weights


def existing(path, remedy: str) -> str:
    """`path` as a string; UserError with the remedy when there is no such file, and where torch's is damaged."""
    if not Path(path).is_file():
        raise UserError(f"Feature weights {path} are missing; {remedy}.")
    if Path(path).suffix in PICKLES:
        check_weights(path)
    return str(path)


def resized(images, size: int, mode: str):
    """Numbers [n, H, W, C] -> float32 [n, C, size, size], antialiased `mode` interpolation, clipped to 0..255."""
    import torch

    pixels = torch.from_numpy(images.copy()).permute(0, 3, 1, 2).float()
    return torch.nn.functional.interpolate(pixels, (size, size), mode=mode, antialias=True).clamp(0, 255)
