"""Draw pictures with a model, with or without drift and fine-tuned weights.

Writes OUT/0000.png, 0001.png, ... and OUT/sample.json, everything that made them. The n-th picture of a seed starts
from the same noise whatever else is given, as in the workflow, so that pictures of two deltas can be laid side by side.
"""

from ldcore.commands._arguments import add_drift, add_model, drift_of, number, whole

EXAMPLE = """
python -m ldcore sample --model resources/embedded_model --prompt "a photo of the sky" --count 2 --delta 0.1 \\
    --steps 4 --out made/sky
"""


def add_arguments(parser) -> None:
    """See ldcore.commands."""
    add_model(parser)
    parser.add_argument("--prompt", required=True, metavar="TEXT", help="what to draw")
    parser.add_argument("--count", type=whole(1), default=4, metavar="N", help="how many pictures")
    add_drift(parser)
    parser.add_argument("--steps", type=whole(1, 1000), default=50, metavar="N", help="DDIM steps")
    parser.add_argument(
        "--guidance-scale", type=number(1), default=1.0, metavar="X", help="towards the prompt; 1: no guidance"
    )
    parser.add_argument("--seed", type=whole(), default=0, metavar="N", help="the starting noise follows from it")
    parser.add_argument("--out", required=True, metavar="DIR", help="the folder to write; it must not exist")


def run(arguments) -> None:
    """See ldcore.commands."""
    import numpy as np

    from ldcore.commands._model import opened
    from ldcore.commands._pictures import save
    from ldcore.runtime import code
    from ldcore.runtime.device import prepare_cpu
    from ldcore.runtime.files import new_folder, write_json
    from ldcore.sampling.ddim import Sampling
    from ldcore.sampling.job import SampleRequest, sample_request

    prepare_cpu()
    drift, count = drift_of(arguments), arguments.count
    with new_folder(arguments.out) as folder:
        backbone, facts = opened(arguments.model, arguments.weights, arguments.weights_method)
        request = SampleRequest(drift, [arguments.prompt] * count, np.zeros(count, int), np.full(count, arguments.seed))
        sampling = Sampling(arguments.steps, arguments.guidance_scale)
        for place, image in enumerate(sample_request(backbone, request, sampling)["images"]):
            save(image, folder / f"{place:04d}.png")
        settings = {name: vars(arguments)[name] for name in ("prompt", "count", "steps", "guidance_scale", "seed")}
        drift = {"kind": drift.kind, "value": drift.value, "scale": drift.scale}
        write_json(folder / "sample.json", {**facts, **settings, "drift": drift, "code": code.loaded()})
    print(f"{count} pictures are in {arguments.out}.")
