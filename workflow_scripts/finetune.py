"""Fine-tune one method on one dataset under one training reading, from one training seed (run); writes OUT/weights.safetensors and OUT/log.json."""

from ldcore import plugins
from ldcore.datasets.records import load
from ldcore.drift.latent_drift import Drift
from ldcore.model.backbone import load_backbone, prepare_cpu
from ldcore.runtime import cli
from ldcore.runtime.files import read_json
from ldcore.training.batches import training_data
from ldcore.training.loop import train


def main(model, method, options, data, latents, anatomy, prompt, drift, target, seed, run, out):
    prepare_cpu()
    backbone, drift = load_backbone(model, ["unet", "text_encoder"]), read_json(drift)
    prepared = training_data(backbone, latents, load(data, mmap=True)[0], anatomy, prompt)
    train(
        backbone,
        plugins.find("method", method),
        prepared,
        Drift(drift["value"], drift["kind"]),
        target,
        options,
        f"{seed}/{run}",
        out,
    )


if __name__ == "__main__":
    cli.run(
        main,
        cli.parser(
            __doc__,
            model=str,
            method=str,
            options=cli.structure,
            data=str,
            latents=str,
            anatomy=str,
            prompt=str,
            drift=str,
            target=str,
            seed=int,
            run=int,
            out=str,
        ),
    )
