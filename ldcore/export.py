"""Turn a run's weights into what stock diffusers loads.

python -m ldcore.export --model DIR --method NAME --weights FILE --out DIR [--pipeline]

Without --pipeline: OUT/unet, or one OUT/NAME.safetensors per word for load_textual_inversion. With it: OUT is a whole
pipeline folder, whose untouched parts are hard links to the model's files where the disk allows, else copies.
"""

import argparse
import os
import shutil
from pathlib import Path

from ldcore import methods, plugins
from ldcore.model.backbone import load_backbone, rescheduled
from ldcore.model.save import save_pipeline
from ldcore.runtime import cli
from ldcore.runtime.errors import UserError
from ldcore.runtime.files import apply_umask, read_json


def trained_method(name: str) -> str:
    """The name by which ldcore.methods finds a fine-tuning method or a trained edit method.

    UserError: an edit method that trains nothing, or no such method.
    """
    if name in plugins.names("edit method"):
        name = plugins.find("edit method", name).__name__
    if not hasattr(plugins.find("method", name), "apply"):
        raise UserError(f"Method {name!r} trains nothing, so there is nothing to export; give one with weights.")
    return name


def changed_parts(backbone, name: str) -> list[str]:
    """The parts of the backbone in which the method's trained values lie."""
    method = plugins.find("method", name)
    inside = {id(parameter) for parameter in backbone.unet.parameters()}
    trained = [id(parameter) in inside for parameter in method.trainable(backbone, plugins.options_of(method)).values()]
    parts = ["unet"] if any(trained) else []
    return parts if all(trained) else [*parts, "text_encoder", "tokenizer"]


def scheduler_of(weights) -> dict:
    """What the run that made the weights had otherwise in its noise schedule, by the log.json beside them."""
    log = Path(weights).with_name("log.json")
    return read_json(log).get("scheduler", {}) if log.is_file() else {}


def main(model, method, weights, out, whole) -> None:
    """See the module. The folder appears whole or not at all. UserError if it is there already."""
    out, name = Path(out), trained_method(method)
    if out.exists():
        raise UserError(f"{out} exists already; remove it or give another --out.")
    backbone = load_backbone(model, ["unet", "text_encoder"])
    temporary = out.with_name(f".{os.getpid()}.part.{out.name}")
    temporary.mkdir(parents=True)
    try:
        methods.load_weights(backbone, name, weights)
        changes = scheduler_of(weights)
        backbone.scheduler = rescheduled(backbone.scheduler, changes)
        if whole:
            save_pipeline(backbone, changed_parts(backbone, name), temporary)
        else:
            methods.export(backbone, name, weights, temporary)
        for file in temporary.rglob("*"):
            if file.is_file() and file.stat().st_nlink == 1:  # else a link to a file of the model
                apply_umask(file)
        os.replace(temporary, out)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    if changes:
        print(f"Trained with another noise schedule: sample with a scheduler that has {changes}.")
    for words, replacement in backbone.placeholders.items():
        first, *others = replacement.split()  # of a word of several vectors, a stock pipeline adds "<a>_1", ... itself
        written = " ".join([first, *(word for word in others if not word.startswith(f"{first}_"))])
        print(f"In prompts, in lower case, {words!r} is now {written!r}.")


if __name__ == "__main__":
    arguments = cli.parser(__doc__, model=str, method=str, weights=str, out=str)
    arguments.formatter_class = argparse.RawDescriptionHelpFormatter
    arguments.add_argument("--pipeline", action="store_true", dest="whole")
    cli.run(main, arguments)
