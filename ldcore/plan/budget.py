"""Parameters trained, weights files and disk of a whole grid, before anything runs.

The workflow prints it at a dry run, so it imports nothing heavy: a safetensors file of the model begins with the shapes
of its tensors, and which of them a method trains is its TRAINS (tested against what training saves).
"""

import math
from fnmatch import fnmatchcase
from pathlib import Path

from ldcore import plugins
from ldcore.grid import checkpoints, edit_runs, sampled_drifts, tasks
from ldcore.model.check import part_shapes
from ldcore.plan.weights import RECORD
from ldcore.prompts import condition, subject_words
from ldcore.runtime.files import read_json

BYTES = {"float32": 4, "bf16": 2}
# Stable Diffusion 1.x, summed up, for a model that is still to be fetched.
SD1 = {
    "unet": {
        "conv_in.weight": (320, 4, 3, 3),
        "attn2.to_k.weight": (12480, 768),
        "attn2.to_v.weight": (12480, 768),
        "all others": (840_340_164,),
    },
    "text_encoder": {"token_embedding.weight": (49408, 768)},
}
STATES = {"adamw": 8, "adamw_8bit": 2}  # bytes a parameter that an optimizer adds to a checkpoint


def there(folder) -> bool:
    """Whether a whole model lies there: the hub's client keeps a .cache while it brings one, or was cut short."""
    folder = Path(folder)
    return folder.is_dir() and (not Path(folder, ".cache").is_dir() or Path(folder, RECORD).is_file())


def shapes(folder, part: str) -> dict:
    """Tensor name -> shape of a part of a diffusers folder, from the heads of its files; SD1's without a folder.

    UserError where they are missing or not whole.
    """
    if not there(folder):
        return SD1[part]
    return part_shapes(folder, part)


def trained(folder, trains: dict, words: list[str]) -> int:
    """How many parameters a method trains whose TRAINS (ldcore/methods) is `trains`, on the model in `folder`.

    words: phrases of the prompts that a textual inversion learns. A phrase counts as many tokens as it has letters, the
    most it can have.
    """
    count = 0
    for part, patterns in trains.items():
        tensors = shapes(folder, part)
        if patterns == "words":
            width = next(shape[1] for name, shape in tensors.items() if name.endswith("token_embedding.weight"))
            count += width * sum(len(phrase.replace(" ", "")) for phrase in words)
        else:
            count += sum(
                math.prod(shape)
                for pattern in patterns
                for name, shape in tensors.items()
                if fnmatchcase(name, pattern)
            )
    return count


def row(config: dict, method: tuple[str, str], dataset: str, given: dict, runs: int) -> dict:
    """One line of the budget: parameters and bytes of a run, and of a checkpoint while one trains; None: unknown.

    method: kind and name of the plug-in; given: its options in the config.
    """
    declared, data = plugins.declared(*method), config["datasets"][dataset]
    if "TRAINS" not in declared:
        return {"method": method[1], "runs": runs, "parameters": None, "bytes": None, "checkpoint": None}
    options = plugins.options(*method, given)
    words = [subject_words(data["anatomy"]), *map(condition, data["classes"])]
    count = trained(config["model"]["path"], declared["TRAINS"], words)
    state = 4 + STATES[options["optimizer"]] + (4 if options["ema_decay"] else 0)
    return {
        "method": method[1],
        "runs": runs,
        "parameters": count,
        "bytes": count * BYTES[options["save_dtype"]],
        "checkpoint": count * state,
    }


def budget(config: dict) -> list[dict]:
    """A line a method (row): its parameters, its runs over the grid, their bytes; methods that train on pairs last."""
    counted: dict[str, list] = {}
    for dataset, method, *_ in checkpoints(config):
        if method != "base":
            counted.setdefault(method, []).append(dataset)
    rows = [
        row(
            config,
            ("method", method),
            max(datasets, key=lambda d: sum(map(len, config["datasets"][d]["classes"]))),
            config["methods"][method],
            len(datasets),
        )
        for method, datasets in counted.items()
    ]
    return rows + [
        row(config, ("edit method", task["method"]), task["dataset"], task["train"], len(edit_runs(config, name)))
        for name, task in tasks(config).items()
        if task.get("train")
    ]


def samples(config: dict) -> int:
    """Bytes of all sampled images before compression."""
    folder = Path(config["model"]["path"])
    if not there(folder):
        return sampled(config) * 512**2 * 3
    side = read_json(folder / "unet" / "config.json")["sample_size"]
    side *= 2 ** (len(read_json(folder / "vae" / "config.json")["block_out_channels"]) - 1)
    return sampled(config) * side**2 * 3


def sampled(config: dict) -> int:
    """Images sampled over the grid."""
    per_seed = sum(sum(sampled_drifts(config, checkpoint).values()) for checkpoint in checkpoints(config))
    return per_seed * len(config["sampling"]["seeds"])


def printed(config: dict) -> str:
    """The budget as text."""
    rows = budget(config)
    lines = [f"{'disk':<22}{'runs':>6}{'parameters':>14}{'MB a run':>11}{'GB in all':>11}   while one trains, GB"]
    for line in rows:
        numbers = ["?", "?", "?", "?"]
        if line["bytes"] is not None:
            numbers = [
                f"{line['parameters']:,}",
                f"{line['bytes'] / 1e6:.2f}",
                f"{line['bytes'] * line['runs'] / 1e9:.2f}",
                f"{line['checkpoint'] / 1e9:.2f}",
            ]
        parameters, each, together, checkpoint = numbers
        lines.append(f"{line['method']:<22}{line['runs']:>6}{parameters:>14}{each:>11}{together:>11}   {checkpoint}")
    known = sum(line["bytes"] * line["runs"] for line in rows if line["bytes"] is not None)
    fate = "kept" if config["keep_weights"] else "each removed once used (keep_weights: false)"
    if not there(config["model"]["path"]):
        lines.append(f"{config['model']['path']} is not there yet: counted as Stable Diffusion 1.x.")
    lines += [
        f"weights {known / 1e9:.2f} GB, {fate}; sampled images at most {samples(config) / 1e9:.2f} GB.",
        "Textual inversion from above; a method from outside: ?; images and latents of the data sets, and edits, "
        "are not counted.",
    ]
    return "\n".join(lines)
