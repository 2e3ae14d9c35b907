"""Turn one image into another: what its prompt says now, and what it is to say.

Pix2Pix-Zero needs no training; a method that does takes its own weights by --edit-weights (of the workflow: those in
results/NAME/edits). The image is read as `prepare --adapter folder` reads it, gray. Writes OUT/source.png; decoded.png,
the model's own picture of the edit; changed.png, the source plus what the edit changed in it; and edit.json, everything
that made them.
"""

from pathlib import Path

from ldcore import plugins
from ldcore.commands._arguments import add_drift, add_model, add_options, drift_of, number, whole
from ldcore.runtime.errors import UserError

EXAMPLE = """
python -m ldcore sample --model resources/embedded_model --prompt "a photo of the sky" --count 1 --steps 4 --out made/in
python -m ldcore edit --image made/in/0000.png --model resources/embedded_model --from "a photo of the sky" \\
    --to "a photo of the sky at night" --option steps=4 --option "regularisation={reg_steps: 1}" --out made/night
"""


def add_arguments(parser) -> None:
    """See ldcore.commands."""
    parser.add_argument("--image", required=True, metavar="FILE", help="PNG, JPEG, NIfTI or DICOM")
    add_model(parser)
    known = ", ".join(plugins.names("edit method"))
    parser.add_argument("--method", default="pix2pix_zero", metavar="NAME", help=f"{known}, or a dotted name")
    parser.add_argument("--edit-weights", metavar="FILE", help="the edit method's own weights, where it is trained")
    parser.add_argument(
        "--from",
        dest="before",
        required=True,
        nargs="+",
        metavar="TEXT",
        help="what the image is; the edit direction is the mean of several, the image's prompt is the first",
    )
    parser.add_argument(
        "--to",
        dest="after",
        required=True,
        nargs="+",
        metavar="TEXT",
        help="what it is to be; for a method that takes an instruction, that",
    )
    parser.add_argument("--amount", type=number(0), default=1.0, metavar="X", help="lambda: 0 changes nothing")
    add_drift(parser)
    add_options(parser, "an option of the method's editing (docs/plugins.md), such as steps=12")
    parser.add_argument("--seed", type=whole(), default=0, metavar="N", help="all random numbers follow from it")
    parser.add_argument("--out", required=True, metavar="DIR", help="the folder to write; it must not exist")


def run(arguments) -> None:
    """See ldcore.commands."""
    import numpy as np
    import torch

    from ldcore.commands._model import opened, side_of
    from ldcore.commands._pictures import save
    from ldcore.datasets.pictures import prepared
    from ldcore.edit import EditTexts, Sources
    from ldcore.edit.changed_image import changed
    from ldcore.edit.job import Editor, edited_images
    from ldcore.methods import saved_weights
    from ldcore.model.autoencoding import encode
    from ldcore.runtime import code
    from ldcore.runtime.device import prepare_cpu
    from ldcore.runtime.files import new_folder, sha256, write_json
    from ldcore.runtime.precision import set_precision

    # 1. What is asked.
    prepare_cpu()
    name, own = arguments.method, arguments.edit_weights
    plugins.check("edit method", name)
    options = plugins.options("edit method", name, dict(arguments.option), f"--method {name}", "SAMPLING")
    method, drift = plugins.find("edit method", name), drift_of(arguments)
    if hasattr(method, "trainable") != bool(own):
        needs = "is trained; give its weights by" if own is None else "trains nothing; leave out"
        raise UserError(f"--method {name} {needs} --edit-weights.")
    source = prepared([Path(arguments.image)], side_of(arguments.model))

    # 2. The edit.
    with new_folder(arguments.out) as folder:
        backbone, facts = opened(arguments.model, arguments.weights, arguments.weights_method)
        if own:
            method.apply(backbone, saved_weights(name, own, backbone.device))
            facts |= {"edit_weights": own, "edit_weights_sha256": sha256(own)}
        set_precision(backbone.unet, options.get("precision", "float32"))
        before, after = arguments.before, arguments.after
        texts = EditTexts([before[0]], [after[0]], [after[0]], ["edit"], {"edit": (before, after)})
        sources = Sources(torch.from_numpy(encode(backbone, source)[0]), texts, [(arguments.seed, "image", 0)])
        editor = Editor(backbone, method, options, drift, np.array([arguments.amount]))
        decoded, unedited = (images[0] for images in edited_images(editor, sources, np.arange(1), (1.0,)))

        # 3. The pictures, and everything that made them.
        pictures = {"source": source, "decoded": decoded, "changed": changed(source, decoded, unedited)}
        for title, images in pictures.items():
            save(images[0], folder / f"{title}.png")
        facts |= {"image": arguments.image, "image_sha256": sha256(arguments.image), "edit_method": name}
        facts |= {"from": before, "to": after, "amount": arguments.amount, "options": options, "seed": arguments.seed}
        facts["drift"] = {"kind": drift.kind, "value": drift.value, "scale": drift.scale}
        write_json(folder / "edit.json", {**facts, "code": code.loaded()})
    print(f"source.png, decoded.png and changed.png are in {arguments.out}.")
