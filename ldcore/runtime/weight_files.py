"""Files of weights, looked at without being read: whole, cut short, or something else under their name."""

import json
import zipfile
from pathlib import Path

from ldcore.runtime.errors import UserError

# How files begin that are no weights -> what they are.
OTHERS = {
    b"version https://git-lfs": "is a git-lfs pointer, not the file itself; run `git lfs pull` in its repository",
    b"<": "is a page of the web, not weights; fetch it again",
}
MOST_HEAD = 100_000_000  # bytes; safetensors' own limit


def check_whole(path) -> None:
    """UserError where a file of weights is cut short, as far as its name's format tells, or something else."""
    path = Path(path)
    try:
        with open(path, "rb") as file:
            start = file.read(32)
        if not start:
            raise UserError(f"{path} is empty; copy or fetch it again.")
        for beginning, what in OTHERS.items():
            if start.startswith(beginning):
                raise UserError(f"{path} {what}.")
        if path.suffix == ".safetensors":
            head(path)
        elif start.startswith(b"PK\x03\x04") and not zipfile.is_zipfile(path):  # what torch.save writes
            raise UserError(f"{path} is cut short; copy or fetch it again.")
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror}); give a file that you may read.") from error


def shapes(path) -> dict[str, tuple]:
    """Tensor name -> shape of a .safetensors file, from its head alone. UserError: as check_whole."""
    check_whole(path)
    return {name: tuple(value["shape"]) for name, value in head(path).items()}


def head(path) -> dict:
    """Tensor name -> {dtype, shape, data_offsets} of a .safetensors file (its format: 8 bytes with the length of a JSON
    object, which names tensors and where they lie behind it). UserError: no such file, or not of the size it says.
    """
    size = Path(path).stat().st_size
    with open(path, "rb") as file:
        length = int.from_bytes(file.read(8), "little")
        text = file.read(length) if length <= min(size, MOST_HEAD) else b""
    try:
        tensors = json.loads(text)
        tensors.pop("__metadata__", None)
        end = 8 + length + max((value["data_offsets"][1] for value in tensors.values()), default=0)
    except (ValueError, AttributeError, KeyError, TypeError, IndexError):
        raise UserError(f"{path} is no whole .safetensors file; copy or fetch it again.") from None
    if end != size:
        raise UserError(f"{path} has {size} of its {end} bytes; copy or fetch it again.")
    return tensors
