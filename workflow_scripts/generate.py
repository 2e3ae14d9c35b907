"""Sample every drift of one checkpoint, one model load: DRIFT.npz (images, features, trace) each, and index.json."""

from ldcore.datasets.records import load
from ldcore.drift import Drift
from ldcore.evaluation.real_images import balanced_rows, labels, sampled_rows
from ldcore.grid import Checkpoint, drift_and_guidance, drift_origin, sampled_drifts
from ldcore.methods import load_weights
from ldcore.model.backbone import fingerprint, load_backbone, rescheduled
from ldcore.prompts import prompt
from ldcore.runtime import cli, code
from ldcore.runtime.device import prepare_cpu
from ldcore.runtime.errors import UserError
from ldcore.runtime.files import digest
from ldcore.sampling.ddim import Sampling
from ldcore.sampling.job import SampleRequest, generate
from ldcore.store import opened


def main(config, **ids):
    prepare_cpu()
    config, store = opened(config, **ids)
    checkpoint = Checkpoint(**ids)
    sampled = sampled_drifts(config, checkpoint)
    if not sampled:
        raise UserError(f"{store.config} samples nothing from {' '.join(checkpoint)}: no cell, study or sweep asks so.")
    dataset = config["datasets"][checkpoint.dataset]
    records = load(store.data(checkpoint.dataset), mmap=True)[0]
    # Of these records only age, sex and what they are a case of are used, for the prompts.
    split = config["sampling"]["prompts_from"]
    rows = balanced_rows(records, split, dataset["classes"], dataset["test_images"], config["seed"])
    requests, seeds = {}, config["sampling"]["seeds"]
    for name, count in sampled.items():
        drift_name, guidance_scale = drift_and_guidance(name)
        image_rows, image_seeds = sampled_rows(rows, seeds, count, len(dataset["classes"]))
        prompts = [prompt(records.iloc[row], dataset["anatomy"], checkpoint.prompt) for row in image_rows]
        drift = Drift.read(store.drift(drift_origin(config, checkpoint, drift_name), drift_name))
        of = labels(records.iloc[image_rows]).tolist()
        requests[name] = SampleRequest(drift, prompts, image_rows, image_seeds, checkpoint.run, guidance_scale, of)
    backbone, identity = load_backbone(config["model"]["path"]), fingerprint(config["model"]["path"])
    identity += load_weights(backbone, checkpoint.method, store.weights(checkpoint))
    if checkpoint.method != "base":
        scheduler = config["trainings"][checkpoint.training]["scheduler"]
        backbone.scheduler = rescheduled(backbone.scheduler, scheduler)
        identity += digest(scheduler)
    sampling = Sampling.of(config["sampling"])
    generate(backbone, requests, sampling, config["extractors"], identity, store.samples(checkpoint))
    code.record(store.made("generate", *checkpoint))


if __name__ == "__main__":
    cli.run(main, cli.parser(__doc__, config=str, dataset=str, method=str, training=str, prompt=str, run=str))
