"""Fine-tuning methods. Each module NAME.py has

    DEFAULTS                          options and their defaults, overlaid on train.DEFAULTS
    trainable(backbone, options)      dict name -> parameter to train; everything else stays frozen
    apply(backbone, tensors)          put saved tensors (same names) into a freshly loaded backbone

A module of that shape placed in this folder, or any importable module, is a method; `base` trains nothing.
"""

import importlib
import pkgutil

from ldcore.errors import UserError


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


def load_weights(backbone, name: str, path: str) -> str:
    """Apply the method's saved weights to the backbone; returns the file's sha256, or 'untrained' for base.

    UserError if the file is missing.
    """
    import hashlib
    from pathlib import Path

    from safetensors.torch import load_file

    chosen = method(name)
    if name == "base":
        return "untrained"
    if not Path(path).exists():
        raise UserError(f"Fine-tuned weights {path} are missing; run the fine-tuning job of {name} again.")
    chosen.apply(backbone, load_file(path, device=str(backbone.device)))
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()
