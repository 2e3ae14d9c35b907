"""Fine-tuning methods, a file each. `base` trains nothing. A method declares, as plain literals (ldcore/plugins.py),

    TITLE
        what tables and figures call it
    EXTENDS = ("ldcore.training.options",)
        the options of every training run
    OPTIONS
        its own options, and its own defaults of those
    TRAINS
        what it trains, for the disk budget, which says "?" without it: {part of the model: [patterns of parameter
        names]}, all matches added up, or {"text_encoder": "words"} for new words in the phrases' place

and has

    trainable(backbone, options)
        name -> parameter to train; everything else stays frozen
    apply(backbone, tensors)
        put saved tensors (same names) into a freshly loaded backbone

and, where it needs them,

    prepare(backbone, data, options, seed)
        training data (training.batches.training_data) with what the method adds, before training; tensors under "saved"
        are written beside the weights, for apply
    export(backbone, tensors, folder)
        the stock diffusers form, where it is not a `unet` folder
"""

from pathlib import Path

from ldcore import plugins
from ldcore.runtime.errors import UserError
from ldcore.runtime.files import sha256
from ldcore.runtime.weight_files import check_whole


def prepare(backbone, method, data: dict, options: dict, seed) -> dict:
    """The training data as the method wants it; a method without `prepare` takes it as it is."""
    return method.prepare(backbone, data, options, seed) if hasattr(method, "prepare") else data


def saved_weights(name: str, path, device) -> dict:
    """The tensors a fine-tuning job saved; UserError if the file is missing or damaged."""
    from safetensors.torch import load_file

    if not Path(path).exists():
        raise UserError(f"Fine-tuned weights {path} are missing; run the fine-tuning job of {name} again.")
    check_whole(path)
    return load_file(path, device=str(device))


def load_weights(backbone, name: str, path) -> str:
    """Apply the method's saved weights to the backbone; returns the file's sha256, or 'untrained' for base.

    UserError if the file is missing.
    """
    method = plugins.find("method", name)
    if name == "base":
        return "untrained"
    method.apply(backbone, saved_weights(name, path, backbone.device))
    return sha256(path)


def export(backbone, name: str, path, folder) -> None:
    """Write what stock diffusers loads: folder/unet (UNet2DConditionModel.from_pretrained) or the method's own form."""
    method, tensors = plugins.find("method", name), saved_weights(name, path, backbone.device)
    if hasattr(method, "export"):
        return method.export(backbone, tensors, folder)
    method.apply(backbone, tensors)
    backbone.unet.save_pretrained(Path(folder) / "unet")
