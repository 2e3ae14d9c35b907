"""Arguments that several commands share, and what becomes of them."""

import argparse
from dataclasses import replace
from pathlib import Path

from ldcore.plugins import FOLDERS
from ldcore.runtime.errors import UserError


def whole(least: int = 0, most: float = float("inf")):
    """The type of an argument: a whole number from `least` to `most`."""

    def read(text: str) -> int:
        value = int(text) if text.lstrip("-").isdecimal() else None
        if value is None or not least <= value <= most:
            limits = f"from {least} to {most}" if most < float("inf") else f"of at least {least}"
            raise argparse.ArgumentTypeError(f"{text!r} is no whole number {limits}")
        return value

    return read


def number(least: float = float("-inf")):
    """The type of an argument: a finite number of at least `least`."""

    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not least <= value < float("inf"):
            limits = f" of at least {least:g}" if least > float("-inf") else ""
            raise argparse.ArgumentTypeError(f"{text!r} is no finite number{limits}")
        return value

    return read


def assignment(text: str) -> tuple[str, object]:
    """KEY=VALUE as (key, value); the value is read as the config reads it: 5, 0.1, true, [1, 2] or text."""
    import yaml

    key, sign, value = text.partition("=")
    if not sign or not key.strip():
        raise argparse.ArgumentTypeError(f"{text!r} is not KEY=VALUE")
    try:
        return key.strip(), yaml.safe_load(value)
    except yaml.YAMLError:
        raise argparse.ArgumentTypeError(f"the value of {text!r} cannot be read; put it in quotes") from None


def add_options(parser, help: str) -> None:
    """--option KEY=VALUE, as often as is wanted; `dict(arguments.option)` has them."""
    parser.add_argument("--option", type=assignment, action="append", default=[], metavar="KEY=VALUE", help=help)


def add_model(parser) -> None:
    """The model, and fine-tuned weights on top of it (ldcore.commands._model.opened)."""
    parser.add_argument("--model", required=True, metavar="DIR", help="diffusers folder of a Stable Diffusion model")
    parser.add_argument("--weights", metavar="FILE", help="fine-tuned weights.safetensors; without, the model as it is")
    parser.add_argument(
        "--weights-method",
        metavar="NAME",
        help="the method that trained them; not needed of what `python -m ldcore finetune` wrote",
    )


def add_drift(parser) -> None:
    """The drift: --delta and --kind (`drift_of`)."""
    parser.add_argument(
        "--delta",
        default="0",
        metavar="X",
        help="drift: a number, one a latent channel (as --delta=-0.1,0,0,0), or a file of `python -m ldcore drift`",
    )
    parser.add_argument(
        "--kind",
        choices=("prior", "kernel", "step"),
        default="prior",
        help="what is done with a delta in numbers (ldcore/drift/latent_drift.py)",
    )


def drift_of(arguments):
    """The ldcore.Drift of --delta and --kind; of a file that has a value a label, the common one.

    UserError: neither numbers nor a drift file.
    """
    from ldcore.drift import Drift

    text = arguments.delta
    if Path(text).is_file():
        try:
            return replace(Drift.read(text), by_label={})
        except (ValueError, KeyError, TypeError, AttributeError):
            raise UserError(f"--delta {text} is no drift file; make one with `python -m ldcore drift`.") from None
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        raise UserError(f"--delta {text!r} is no number, no numbers joined by commas, and no file.") from None
    drift = Drift(numbers[0] if len(numbers) == 1 else numbers, arguments.kind)
    return drift if drift.moves else Drift()


def add_kind(parser) -> None:
    """KIND: a kind of plug-in, as ldcore.plugins names it."""
    known = ", ".join(kind.removesuffix(" adapter").replace(" ", "-") for kind in FOLDERS)
    parser.add_argument("kind", type=kind_of, metavar="KIND", help=known)


def kind_of(text: str) -> str:
    """A kind of plug-in, whether its words are joined by hyphens, underscores or spaces."""
    words = text.replace("-", " ").replace("_", " ").lower()
    kind = "dataset adapter" if words in ("dataset", "adapter") else words
    if kind not in FOLDERS:
        known = ", ".join(kind.removesuffix(" adapter").replace(" ", "-") for kind in FOLDERS)
        raise argparse.ArgumentTypeError(f"{text!r} is no kind of plug-in; use one of {known}")
    return kind
