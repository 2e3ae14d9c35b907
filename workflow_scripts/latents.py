"""Encode a dataset's training images once: latent mean and std, and the row of each in the records table."""

from ldcore.datasets.records import load
from ldcore.model.backbone import load_backbone
from ldcore.runtime import cli, code
from ldcore.runtime.device import prepare_cpu
from ldcore.store import opened
from ldcore.training import posteriors


def main(config, dataset):
    prepare_cpu()
    config, store = opened(config, dataset=dataset)
    records, images = load(store.data(dataset), mmap=True)
    backbone = load_backbone(config["model"]["path"], ["vae"])
    posteriors.write(backbone, records, images, store.latents(dataset))
    code.record(store.made("latents", dataset))


if __name__ == "__main__":
    cli.run(main, cli.parser(__doc__, config=str, dataset=str))
