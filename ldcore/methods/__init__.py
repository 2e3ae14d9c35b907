"""Fine-tuning methods. Each module NAME.py has

    DEFAULTS                                  options and their defaults, overlaid on train.DEFAULTS
    trainable(backbone, options)              dict name -> parameter to train; everything else stays frozen
    apply(backbone, tensors)                  put saved tensors (same names) into a freshly loaded backbone
and, where it needs them,
    prepare(backbone, data, options, seed)    training data (batches.training_data) with what the method adds, before training; tensors
                                              under "saved" are written beside the weights, for apply
    export(backbone, tensors, folder)         the stock diffusers form, where it is not a `unet` folder

A module of that shape placed in this folder, or any importable module, is a method; `base` trains nothing.
"""

import importlib
import pkgutil
from pathlib import Path

from ldcore.errors import UserError
from ldcore.files import sha256


def names() -> list[str]:
    """The methods that lie in this folder."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def method(name: str):
    """The method's module; `name` is a file here or a dotted module path. UserError lists the known ones."""
    target = name if "." in name else f"{__name__}.{name}"
    try:
        found = importlib.import_module(target)
    except ModuleNotFoundError as error:
        if error.name and not target.startswith(error.name):
            raise
        raise UserError(f"Method {name!r} is unknown; use one of {', '.join(names())} or a dotted module path.") from None
    return found


def prepare(backbone, chosen, data: dict, options: dict, seed) -> dict:
    """The training data as the method wants it; a method without `prepare` takes it as it is."""
    return chosen.prepare(backbone, data, options, seed) if hasattr(chosen, "prepare") else data


def saved_weights(name: str, path, device) -> dict:
    """The tensors a fine-tuning job saved; UserError if the file is missing."""
    from safetensors.torch import load_file

    if not Path(path).exists():
        raise UserError(f"Fine-tuned weights {path} are missing; run the fine-tuning job of {name} again.")
    return load_file(path, device=str(device))


def load_weights(backbone, name: str, path) -> str:
    """Apply the method's saved weights to the backbone; returns the file's sha256, or 'untrained' for base.

    UserError if the file is missing.
    """
    chosen = method(name)
    if name == "base":
        return "untrained"
    chosen.apply(backbone, saved_weights(name, path, backbone.device))
    return sha256(path)


def export(backbone, name: str, path, folder) -> None:
    """Write what stock diffusers loads: folder/unet (UNet2DConditionModel.from_pretrained) or the method's own form."""
    chosen, tensors = method(name), saved_weights(name, path, backbone.device)
    if hasattr(chosen, "export"):
        return chosen.export(backbone, tensors, folder)
    chosen.apply(backbone, tensors)
    backbone.unet.save_pretrained(Path(folder) / "unet")
