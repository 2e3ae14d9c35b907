"""Fine-tune one method on one dataset under one training reading, from one training seed (run)."""

from ldcore import plugins
from ldcore.datasets.records import load
from ldcore.drift import Drift
from ldcore.grid import Checkpoint, drift_origin
from ldcore.model.backbone import load_backbone
from ldcore.runtime import cli, code
from ldcore.runtime.device import prepare_cpu
from ldcore.store import opened
from ldcore.training.batches import training_data
from ldcore.training.loop import train, training_run


def main(config, **ids):
    prepare_cpu()
    config, store = opened(config, **ids)
    checkpoint = Checkpoint(**ids)
    dataset, training = checkpoint.dataset, config["trainings"][checkpoint.training]
    run = training_run(
        plugins.find("method", checkpoint.method),
        config["methods"][checkpoint.method],
        training,
        Drift.read(store.drift(drift_origin(config, checkpoint, training["drift"]), training["drift"])),
        seed=f"{config['seed']}/{checkpoint.run}",
    )
    backbone = load_backbone(config["model"]["path"], ["unet", "text_encoder"])
    records = load(store.data(dataset), mmap=True)[0]
    anatomy = config["datasets"][dataset]["anatomy"]
    data = training_data(backbone, store.latents(dataset), records, anatomy, checkpoint.prompt)
    train(backbone, run, data, store.training(checkpoint))
    code.record(store.made("finetune", *checkpoint))


if __name__ == "__main__":
    cli.run(main, cli.parser(__doc__, config=str, dataset=str, method=str, training=str, prompt=str, run=str))
