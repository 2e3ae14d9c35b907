"""Estimate a drift from a folder of images, as the workflow does from its training images.

Images are read as `prepare --adapter folder` reads them (gray, the percentiles 0.5 and 99.5 become black and white,
padded to a square of the model's size), encoded, and their mean latent gives delta = sqrt(alpha_bar) x mean, at the
first timestep of the sampler (docs/drift.md). Prints the value; --out writes a drift file, which `sample`, `edit` and
`finetune` take as their --delta.
"""

from pathlib import Path

from ldcore import plugins
from ldcore.commands._arguments import add_options, whole
from ldcore.runtime.errors import UserError

EXAMPLE = """
python -m ldcore sample --model resources/embedded_model --prompt "a dark sky" --count 4 --steps 4 --out made/dark
python -m ldcore drift made/dark --model resources/embedded_model --source moment_channel --steps 4 --out made/d.json
python -m ldcore sample --model resources/embedded_model --prompt "the sky" --steps 4 --delta made/d.json --out made/sky
"""


def add_arguments(parser) -> None:
    """See ldcore.commands."""
    parser.add_argument("folder", metavar="FOLDER", help="images, in it or below")
    parser.add_argument("--model", required=True, metavar="DIR", help="diffusers folder of a Stable Diffusion model")
    known = [name for name in plugins.names("drift source") if needs_latents(name)]
    parser.add_argument(
        "--source", default="moment_scalar", metavar="NAME", help=f"{', '.join(known)}, or a dotted name"
    )
    parser.add_argument(
        "--steps", type=whole(1, 1000), default=50, metavar="N", help="DDIM steps that sampling will take"
    )
    parser.add_argument(
        "--kind", choices=("prior", "kernel", "step"), default="prior", help="what sampling does with the value"
    )
    add_options(parser, "an option of the source, such as variance=true or resolution=4")
    parser.add_argument("--out", metavar="FILE", help="the drift file (JSON) to write")


def needs_latents(source: str) -> bool:
    """Whether a drift source looks at images alone."""
    return plugins.declared("drift source", source).get("NEEDS", "latents") == "latents"


def run(arguments) -> None:
    """See ldcore.commands."""
    import numpy as np

    from ldcore.commands._model import side_of
    from ldcore.datasets.pictures import files_of, prepared
    from ldcore.drift.resolve import resolve
    from ldcore.model.autoencoding import encode
    from ldcore.model.backbone import load_backbone
    from ldcore.runtime.device import prepare_cpu
    from ldcore.runtime.files import read_json, write_json

    prepare_cpu()
    source, files = arguments.source, files_of(arguments.folder)
    if not needs_latents(source):
        raise UserError(f"--source {source} does not follow from images alone; docs/drift.md says what it needs.")
    options = plugins.options("drift source", source, dict(arguments.option), f"--source {source}")
    backbone = load_backbone(arguments.model, ["vae"])
    latents = encode(backbone, prepared(files, side_of(arguments.model)))[0]
    schedule = read_json(Path(arguments.model, "scheduler", "scheduler_config.json"))
    schedule["num_inference_steps"] = arguments.steps
    content = resolve({"kind": arguments.kind, "source": source, **options}, latents, schedule)
    value = np.asarray(content["value"])
    if value.ndim == 3:
        print(f"a map {value.shape}: mean {value.mean():+.6g}, from {value.min():+.6g} to {value.max():+.6g}")
    else:
        print(", ".join(f"{number:+.6g}" for number in value.reshape(-1)))
    if arguments.out:
        write_json(arguments.out, {**content, "images": len(files), "options": options, "steps": arguments.steps})
        print(f"{arguments.out} is a drift file, from {len(files)} images.")
