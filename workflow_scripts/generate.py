"""Sample every drift of one checkpoint, one model load: DRIFT.npz (images, features, trace) each, and index.json."""

from ldcore.datasets.records import load
from ldcore.drift import Drift
from ldcore.evaluation.cohort import balanced_rows
from ldcore.grid import Checkpoint, sampled_drifts
from ldcore.methods import load_weights
from ldcore.model.backbone import fingerprint, load_backbone
from ldcore.runtime import cli
from ldcore.runtime.device import prepare_cpu
from ldcore.runtime.precision import compiled, lowered
from ldcore.sampling.job import generate
from ldcore.store import opened


def main(config, **ids):
    prepare_cpu()
    config, store = opened(config)
    checkpoint = Checkpoint(**ids)
    dataset = config["datasets"][checkpoint.dataset]
    counts = sampled_drifts(config, checkpoint)
    drifts = {name: Drift.read(store.drift(checkpoint.dataset, name)) for name in counts}
    records = load(store.data(checkpoint.dataset), mmap=True)[0]
    rows = balanced_rows(records, "test", dataset["classes"], dataset["test_images"], config["seed"])
    backbone, sampling = load_backbone(config["model"]["path"]), config["sampling"]
    identity = fingerprint(config["model"]["path"])
    identity += load_weights(backbone, checkpoint.method, store.weights(checkpoint))
    for network in (backbone.unet, backbone.vae):
        lowered(network, sampling["precision"])
    with compiled(backbone.unet, sampling["compile"]):
        generate(
            backbone,
            identity,
            drifts,
            counts,
            (dataset["anatomy"], checkpoint.prompt),
            records,
            rows,
            len(dataset["classes"]),
            sampling,
            config["extractors"],
            store.samples(checkpoint),
        )


if __name__ == "__main__":
    cli.run(main, cli.parser(__doc__, config=str, dataset=str, method=str, training=str, prompt=str, run=str))
