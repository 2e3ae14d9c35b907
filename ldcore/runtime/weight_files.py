"""Files of weights, looked at without being read: whole, cut short, or something else under their name."""

import codecs
import functools
import itertools
import json
import math
import re
import zipfile
from pathlib import Path

from ldcore.runtime.errors import UserError

# How files begin that are no weights -> what they are.
OTHERS = {
    b"version https://git-lfs": "is a git-lfs pointer, not the file itself; run `git lfs pull` in its repository",
    b"<": "is a page of the web, not weights; fetch it again",
}
ZIP, PICKLE = b"PK\x03\x04", b"\x80"  # how files begin that torch saved, since 1.6 and before
PICKLES = (".ckpt", ".pt", ".pth", ".bin", ".pkl")
MOST_HEAD = 100_000_000  # bytes; safetensors' own limit
# What weights may be written as: safetensors' name -> torch's.
FLOATS = {"F16": "float16", "BF16": "bfloat16", "F32": "float32", "F64": "float64"}


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
        elif start.startswith(ZIP):  # what torch.save writes
            check_zip(path)
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror}); give a file that you may read.") from error


def check_weights(path) -> None:
    """UserError as check_whole, and where a file is text, or named like one that torch saved and none."""
    check_whole(path)
    with open(path, "rb") as file:
        start = file.read(32)
    saved = Path(path).suffix == ".safetensors" or start.startswith((ZIP, PICKLE))
    if not saved and (Path(path).suffix in PICKLES or is_text(start)):
        raise UserError(f"{path} is no file of weights; give a .safetensors file, or one that torch saved.")


def check_zip(path) -> None:
    """UserError where a zip, such as torch saves, is cut short or its content has another checksum: torch asks none."""
    if not zipfile.is_zipfile(path):
        raise UserError(f"{path} is cut short; copy or fetch it again.")
    try:
        with zipfile.ZipFile(path) as file:
            damaged = file.testzip()
    except OSError:
        raise
    except Exception as error:  # of whatever kind damaged bytes lead to
        damaged = error
    if damaged:
        raise UserError(f"{path} is damaged ({damaged} in it is not as it was written); copy or fetch it again.")


def is_text(start: bytes) -> bool:
    """Whether the first bytes of a file are text; they may end within a letter."""
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(start)
    except UnicodeDecodeError:
        return False
    return all(letter.isprintable() or letter.isspace() for letter in text)


def state_dict(path) -> dict:
    """Name -> tensor, on the CPU, of a .safetensors file or one that torch saved. UserError: damaged, or no tensors."""
    import torch
    from safetensors.torch import load_file

    check_weights(path)
    load = load_file if Path(path).suffix == ".safetensors" else functools.partial(torch.load, weights_only=True)
    try:
        state = load(path, "cpu")
    except Exception as error:  # of whatever kind damaged bytes lead an unpickler to
        raise UserError(f"{path} is damaged or holds more than tensors; copy or fetch it again.") from error
    tensors = (
        {name: value for name, value in state.items() if torch.is_tensor(value)} if isinstance(state, dict) else {}
    )
    if not tensors:
        raise UserError(f"{path} holds no tensors by name; give a state dict.")
    check_numbers(tensors, path)
    return tensors


def check_numbers(tensors: dict, where) -> None:
    """UserError, which begins with `where`, for the first tensor that a network cannot count with.

    One of whole numbers or other codes, which would be taken as they stand, or with NaN or infinity in it, which makes
    black pictures and features of nothing. Single numbers may be whole: batch normalisation counts its batches.
    """
    for name, tensor in tensors.items():
        kind = str(tensor.dtype).removeprefix("torch.")
        if tensor.ndim and kind not in FLOATS.values():
            raise UserError(unlike_numbers(where, name, kind))
        if not tensor.isfinite().all():
            raise UserError(f"{where} has NaN or infinity in its tensor {name}; copy or fetch it again.")


def unlike_numbers(where, name: str, kind: str) -> str:
    """The error's sentence about a tensor of another type than weights are."""
    return (
        f"{where} has its tensor {name} in the type {kind}; give weights of floating-point numbers of 16, 32 or 64 "
        "bits, not quantised ones."
    )


def shapes(path) -> dict[str, tuple]:
    """Tensor name -> shape of a .safetensors file, from its head alone. UserError: as check_whole."""
    check_whole(path)
    return {name: tuple(value["shape"]) for name, value in head(path).items()}


def check_floats(path, *beginnings: str) -> None:
    """UserError where a .safetensors file, by its head, has a tensor in another type than weights are.

    beginnings: of the names that count, if not all do. Not CLIP's position_ids, a constant in older files.
    """
    for name, value in head(path).items():
        if name.startswith(beginnings or "") and not name.endswith("position_ids") and value["dtype"] not in FLOATS:
            raise UserError(unlike_numbers(path, name, value["dtype"]))


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
        spans = [(0, 0), *sorted(span(**value) for value in tensors.values())]
        if any(end != begin for (_, end), (begin, _) in itertools.pairwise(spans)):
            raise ValueError("tensors overlap, or leave gaps")
    except (ValueError, AttributeError, KeyError, TypeError):
        raise UserError(f"{path} is no whole .safetensors file; copy or fetch it again.") from None
    end = 8 + length + spans[-1][1]
    if size < end:
        raise UserError(f"{path} has {size} of its {end} bytes; copy or fetch it again.")
    if size > end:
        raise UserError(f"{path} has {size - end} bytes behind its last tensor; copy or fetch it again.")
    return tensors


def span(dtype: str, shape: list, data_offsets: list) -> tuple[int, int]:
    """Where a tensor begins and ends, by a file's head. ValueError, TypeError: that is not as long as it is."""
    begin, end = data_offsets
    bits = int((re.findall(r"\d+", dtype) or [8])[0])  # BOOL takes a byte
    if begin < 0 or any(type(length) is not int or length < 0 for length in shape):
        raise ValueError("no tensor")
    if 8 * (end - begin) != bits * math.prod(shape):
        raise ValueError("another length")
    return begin, end
