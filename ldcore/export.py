"""Turn a run's weights into what stock diffusers loads.

python -m ldcore.export --model DIR --method NAME --weights FILE --out DIR [--pipeline]

Without --pipeline: OUT/unet, or one OUT/NAME.safetensors per word for load_textual_inversion. With it: OUT is a whole
pipeline folder, whose untouched parts are hard links to the model's files where the disk allows, else copies.
"""

import argparse
from pathlib import Path

from ldcore import methods, plugins
from ldcore.runtime import cli
from ldcore.runtime.errors import UserError
from ldcore.runtime.files import new_folder, read_json


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
    from ldcore.model.backbone import load_backbone, rescheduled  # here, since --help is not to wait for torch
    from ldcore.model.save import save_pipeline

    name = trained_method(method)
    with new_folder(out) as temporary:
        backbone = load_backbone(model, ["unet", "text_encoder"])
        methods.load_weights(backbone, name, weights)
        changes = scheduler_of(weights)
        backbone.scheduler = rescheduled(backbone.scheduler, changes)
        if whole:
            save_pipeline(backbone, changed_parts(backbone, name), temporary)
        else:
            methods.export(backbone, name, weights, temporary)
    if changes:
        print(f"Trained with another noise schedule: sample with a scheduler that has {changes}.")
    for words, replacement in backbone.placeholders.items():
        first, *others = replacement.split()  # of a word of several vectors, a stock pipeline adds "<a>_1", ... itself
        written = " ".join([first, *(word for word in others if not word.startswith(f"{first}_"))])
        print(f"In prompts, in lower case, {words!r} is now {written!r}.")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `main`."""
    parser.add_argument("--model", required=True, help="the diffusers folder that the weights were trained on")
    parser.add_argument("--method", required=True, help="the fine-tuning method, or edit method, of the weights")
    parser.add_argument("--weights", required=True, help="a run's weights.safetensors")
    parser.add_argument("--out", required=True, help="the folder to write; it must not exist")
    parser.add_argument("--pipeline", action="store_true", dest="whole", help="write a whole pipeline folder")


if __name__ == "__main__":
    arguments = cli.parser(__doc__)
    add_arguments(arguments)
    cli.run(main, arguments)
