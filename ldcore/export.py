"""Turn a run's weights into what stock diffusers loads.

python -m ldcore.export --model DIR --method NAME --weights FILE --out DIR [--pipeline]

Without --pipeline: OUT/unet, or one OUT/NAME.safetensors a word for load_textual_inversion. With it: OUT is a whole pipeline folder,
whose untouched parts are hard links to the model's files where the disk allows, else copies.
"""

import argparse
import os
import shutil
from pathlib import Path

from ldcore import methods, plugins
from ldcore.model.backbone import load_backbone
from ldcore.runtime import cli
from ldcore.runtime.errors import UserError
from ldcore.runtime.files import apply_umask, read_json, write_json

PIPELINES = {False: "StableDiffusionPipeline", True: "StableDiffusionInstructPix2PixPipeline"}


def found(name: str) -> str:
    """The dotted or short name under which ldcore.methods finds a fine-tuning or trained editing method."""
    if name in plugins.names("edit method"):
        name = plugins.find("edit method", name).__name__
    if not hasattr(plugins.find("method", name), "apply"):
        raise UserError(f"Method {name!r} trains nothing, so there is nothing to export; give one with weights.")
    return name


def link(source, target) -> None:
    """A hard link where the file system has one, else a copy."""
    source = os.path.realpath(source)  # a model folder of a hub's cache holds symbolic links
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def changed_parts(backbone, name: str) -> list[str]:
    """The parts of the backbone in which the method's trained values lie."""
    chosen = plugins.find("method", name)
    inside = {id(parameter) for parameter in backbone.unet.parameters()}
    found = [id(one) in inside for one in chosen.trainable(backbone, plugins.options_of(chosen)).values()]
    return ["unet"] * any(found) + ["text_encoder", "tokenizer"] * (not all(found))


def pipeline(backbone, name: str, folder: Path) -> None:
    """A StableDiffusionPipeline (or InstructPix2Pix's) folder of a backbone with the method's weights, and the DDIM schedule our sampler
    uses."""
    model, changed = backbone.folder, changed_parts(backbone, name)
    for part in ("text_encoder", "tokenizer", "unet", "vae"):
        if part in changed:
            getattr(backbone, part).save_pretrained(folder / part)
        else:
            shutil.copytree(model / part, folder / part, copy_function=link)
    backbone.scheduler.save_pretrained(folder / "scheduler")
    edits = backbone.unet.config.in_channels != backbone.unet.config.out_channels
    write_json(
        folder / "model_index.json",
        {
            **read_json(model / "model_index.json"),
            "_class_name": PIPELINES[edits],
            "scheduler": ["diffusers", "DDIMScheduler"],
            "safety_checker": [None, None],
            "feature_extractor": [None, None],
            "requires_safety_checker": False,
        },
    )


def main(model, method, weights, out, whole) -> None:
    """See the module. The folder appears whole or not at all; UserError if it is there already."""
    out, name = Path(out), found(method)
    if out.exists():
        raise UserError(f"{out} exists already; remove it or give another --out.")
    backbone = load_backbone(model, ["unet", "text_encoder"])
    temporary = out.with_name(f".{os.getpid()}.part.{out.name}")
    temporary.mkdir(parents=True)
    try:
        methods.load_weights(backbone, name, weights)
        if whole:
            pipeline(backbone, name, temporary)
        else:
            methods.export(backbone, name, weights, temporary)
        for file in temporary.rglob("*"):
            if file.is_file() and file.stat().st_nlink == 1:  # else a link to a file of the model
                apply_umask(file)
        os.replace(temporary, out)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    for words, instead in backbone.placeholders.items():
        print(
            f"In prompts, in lower case, {words!r} is now {(instead.split()[0] if instead.startswith('<') else instead)!r}."
        )


if __name__ == "__main__":
    arguments = cli.parser(__doc__, model=str, method=str, weights=str, out=str)
    arguments.formatter_class = argparse.RawDescriptionHelpFormatter
    arguments.add_argument("--pipeline", action="store_true", dest="whole")
    cli.run(main, arguments)
