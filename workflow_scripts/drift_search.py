"""Find one drift on samples of one checkpoint, such as the delta of the smallest L1 to real images."""

from ldcore.datasets.records import load, selection_records
from ldcore.drift.resolve import options_of, searched
from ldcore.evaluation.real_images import balanced_rows
from ldcore.grid import Checkpoint
from ldcore.methods import load_weights
from ldcore.model.backbone import load_backbone, rescheduled
from ldcore.prompts import prompt
from ldcore.runtime import cli, code
from ldcore.runtime.device import prepare_cpu
from ldcore.runtime.errors import UserError
from ldcore.runtime.files import write_json
from ldcore.runtime.precision import compiled, set_precision
from ldcore.sampling.ddim import Sampling
from ldcore.sampling.trial import Trial
from ldcore.store import opened


def main(config, drift, **ids):
    prepare_cpu()
    config, store = opened(config, drift=drift, **ids)
    checkpoint, entry = Checkpoint(**ids), config["drifts"][drift]
    options, dataset = options_of(entry), config["datasets"][checkpoint.dataset]
    records, images = load(store.data(checkpoint.dataset), mmap=True)
    records = selection_records(records)  # without the test split
    rows = balanced_rows(records, options["target"], dataset["classes"], options["target_images"], config["seed"])
    if not len(rows):
        raise UserError(f"Config drifts.{drift}.target_images: {options['target_images']} is less than one a class.")
    described = [records.iloc[rows[number % len(rows)]] for number in range(options["images"])]
    backbone, sampling = load_backbone(config["model"]["path"]), Sampling.of(config["sampling"])
    load_weights(backbone, checkpoint.method, store.weights(checkpoint))
    if checkpoint.method != "base":
        backbone.scheduler = rescheduled(backbone.scheduler, config["trainings"][checkpoint.training]["scheduler"])
    for part in (backbone.unet, backbone.vae):
        set_precision(part, sampling.precision)
    trial = Trial(
        backbone,
        sampling,
        [prompt(record, dataset["anatomy"], checkpoint.prompt) for record in described],
        images[records["image_index"].to_numpy()[rows]],
        entry["kind"],
        config["seed"],
    )
    with compiled(backbone.unet, sampling.compile):
        write_json(store.drift(checkpoint, drift), searched(entry, trial))
    code.record(store.made("drift_search", *checkpoint, drift))


if __name__ == "__main__":
    arguments = dict.fromkeys(("config", *Checkpoint._fields, "drift"), str)
    cli.run(main, cli.parser(__doc__, **arguments))
