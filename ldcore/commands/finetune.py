"""One fine-tuning: weights.safetensors of one method on one data set, as the workflow trains it.

--data is what `prepare` wrote, or a folder of images with one CSV (docs/data.md, Your own images), which is then
prepared in OUT/data. OUT gets weights.safetensors, log.json and finetune.json, everything that they follow from. A
command that was stopped goes on from its last checkpoint when it is given again, to the same weights.
"""

import re
from pathlib import Path

from ldcore import plugins
from ldcore.commands._arguments import add_drift, add_options, assignment, drift_of, whole
from ldcore.runtime.errors import UserError

EXAMPLE = """
python -m ldcore prepare --adapter brain_phantom --options '{"subjects": 8}' --out made/brain
python -m ldcore finetune --data made/brain --model resources/embedded_model --method basic_ft --anatomy brain_mr \\
    --option steps=2 --option batch_size=2 --training noise=offset,scale=0.3 --out made/tuned
python -m ldcore sample --model resources/embedded_model --weights made/tuned/weights.safetensors --delta 0.1 \\
    --prompt "a brain MRI of a 71 year old female with normal cognition" --steps 2 --out made/brains
"""


def add_arguments(parser) -> None:
    """See ldcore.commands."""
    parser.add_argument("--data", required=True, metavar="DIR", help="what `prepare` wrote, or images and a CSV")
    parser.add_argument("--csv", metavar="FILE", help="the table of a folder of images; without, its only CSV")
    parser.add_argument("--model", required=True, metavar="DIR", help="diffusers folder of a Stable Diffusion model")
    known = ", ".join(name for name in plugins.names("method") if plugins.declared("method", name).get("TRAINS") != {})
    parser.add_argument("--method", required=True, metavar="NAME", help=f"{known}, or a dotted name")
    add_options(parser, "an option of the method (docs/plugins.md), such as steps=300; as often as wanted")
    parser.add_argument(
        "--training",
        type=settings,
        default={},
        metavar="KEY=VALUE,...",
        help="what a training of the config has: noise, scale, each, target, budget, scheduler.prediction_type, ...; "
        "noise=offset,scale=0.3 is the default Latent Drifting; without, plain training",
    )
    add_drift(parser)
    parser.add_argument(
        "--anatomy",
        default="medical image",
        metavar="WORDS",
        help="what prompts call one image: brain_mr, chest_xray, or words of your own",
    )
    parser.add_argument(
        "--prompts",
        choices=("simple", "simple_info", "diverse", "diverse_info"),
        default="simple_info",
        help="style of the prompts; info: with age, sex and label",
    )
    parser.add_argument("--seed", type=whole(), default=0, metavar="N", help="all random numbers follow from it")
    parser.add_argument("--out", required=True, metavar="DIR", help="the folder to write, or to go on in")


def settings(text: str) -> dict:
    """KEY=VALUE,... as a mapping; a.b=c is a mapping in it."""
    found = {}
    for part in text.split(","):
        key, value = assignment(part)
        *outer, last = key.split(".")
        inside = found
        for name in outer:
            inside = inside.setdefault(name, {})
        inside[last] = value
    return found


def entries_of(section: str) -> dict:
    """The schemas of what an entry of a section of the config may have."""
    import yaml

    schema = yaml.safe_load((plugins.ROOT / "schemas" / "config.schema.yaml").read_text())
    return schema["properties"][section]["additionalProperties"]["properties"]


def check_anatomy(words: str) -> None:
    """UserError where a config could not call images so."""
    if not re.search(entries_of("datasets")["anatomy"]["pattern"], words):
        raise UserError(
            f"--anatomy {words!r} is none; give brain_mr, chest_xray, or words of letters, digits, hyphens."
        )


def training_of(given: dict) -> dict:
    """A whole training of the config from the settings that are given. UserError: one that does not fit."""
    from ldcore.plan.config import check_trainings

    known = entries_of("trainings")
    training = plugins.filled({key: known[key] for key in known if key != "drift"}, given, "--training")
    try:
        check_trainings({"trainings": {"given": {**training, "drift": "none"}}, "drifts": {"none": {}}})
    except UserError as error:
        raise UserError(str(error).replace("Config trainings.given", "--training")) from None
    return training


def run(arguments) -> None:
    """See ldcore.commands."""
    from ldcore.commands._model import RECORD, side_of
    from ldcore.datasets.records import load
    from ldcore.edit.changed_image import check_size
    from ldcore.model.backbone import fingerprint, load_backbone
    from ldcore.runtime import code
    from ldcore.runtime.device import prepare_cpu
    from ldcore.runtime.files import check_writable, digest, read_json, sha256, write_json
    from ldcore.training import posteriors
    from ldcore.training.batches import training_data
    from ldcore.training.loop import train, training_run

    # 1. What is asked, looked at before anything is written.
    prepare_cpu()
    code.loaded()  # as it is now, whatever is edited while it trains
    name, out = arguments.method, Path(arguments.out)
    plugins.check("method", name)
    if plugins.declared("method", name).get("TRAINS") == {}:
        raise UserError(f"--method {name} trains nothing; give another.")
    options = plugins.options("method", name, dict(arguments.option), f"--method {name}")
    training, drift, seed = training_of(arguments.training), drift_of(arguments), f"{arguments.seed}/0"
    check_anatomy(arguments.anatomy)
    side = side_of(arguments.model)
    check_writable(out)

    # 2. The data, and whether the folder is of this very fine-tuning.
    data = prepared(arguments, side)
    records, images = load(data, mmap=True)
    facts = {
        "method": name,
        "model": arguments.model,
        "data": str(data),
        "anatomy": arguments.anatomy,
        "prompts": arguments.prompts,
        "options": options,
        "training": training,
        "drift": {"kind": drift.kind, "value": drift.value, "scale": drift.scale},
        "seed": arguments.seed,
    }
    told = {key: value for key, value in facts.items() if key not in ("model", "data")}
    contents = [fingerprint(arguments.model), *(sha256(data / file) for file in ("records.csv", "images.npy"))]
    facts |= {"key": digest(told, contents), "code": code.loaded()}
    if (out / RECORD).is_file() and read_json(out / RECORD)["key"] != facts["key"]:
        raise UserError(f"{out} holds another fine-tuning, as its {RECORD} says; give another --out.")
    weights = out / "weights.safetensors"
    if weights.is_file() and not (out / RECORD).is_file():
        raise UserError(f"{out} holds weights of another command; give another --out.")
    if weights.is_file():
        print(f"{weights} is finished already.")
        return

    # 3. Encode, train.
    backbone = load_backbone(arguments.model)
    check_size(backbone, images)
    write_json(out / RECORD, facts)
    latents = out / "latents.npz"
    posteriors.write(backbone, records, images, latents)
    drawn = training_data(backbone, latents, records, arguments.anatomy, arguments.prompts)
    print(f"Prompts such as {drawn['texts'][0]!r}.")
    train(backbone, training_run(plugins.find("method", name), options, training, drift, seed), drawn, out)
    latents.unlink(missing_ok=True)  # another process of this training may have been first
    print(f"{weights} is finished.")


def prepared(arguments, side: int) -> Path:
    """The folder of records.csv and images.npy; of a folder of images, made in OUT/data, `side` pixels a side.

    UserError: neither, or several tables.
    """
    from ldcore.prepare import prepare

    folder = Path(arguments.data)
    if not folder.is_dir():
        raise UserError(f"--data {folder} is no folder; give what `prepare` wrote, or a folder of images and a CSV.")
    if arguments.csv is None and all((folder / name).is_file() for name in ("records.csv", "images.npy")):
        return folder
    tables = sorted(folder.glob("*.csv"))
    if arguments.csv is None and len(tables) != 1:
        found = ", ".join(path.name for path in tables) or "none"
        raise UserError(
            f"--data {folder} is nothing that `prepare` wrote, and has not one CSV ({found}); name its table by --csv."
        )
    table = arguments.csv or tables[0].name
    options = {"root": str(folder), "csv": table, "image_size": side}
    prepare("folder", options, arguments.seed, Path(arguments.out, "data"))
    return Path(arguments.out, "data")
