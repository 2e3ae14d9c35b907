"""Train the embedded autoencoder (resumable) and measure it on held-out photographs: WORK/vae."""

from pathlib import Path

import numpy as np

from ldcore.model.backbone import prepare_cpu
from ldcore.runtime import cli
from ldcore.runtime.files import write_json
from pretrain.autoencoder import orient, psnr, set_scale, train_autoencoder


def main(options, seed, threads, work):
    prepare_cpu(threads)
    arrays, work = np.load(f"{work}/corpus.npz"), Path(work)
    pictures, held_out = arrays["train"], arrays["held_out"]
    vae, log = train_autoencoder(
        pictures, options["channels"], options["cycles"], options["batch_size"], seed, work / "autoencoder.pt"
    )
    set_scale(vae, pictures[:1024])
    signs = orient(vae)
    vae.save_pretrained(work / "vae")
    write_json(
        work / "vae" / "manifest.json",
        {
            **options,
            "seed": seed,
            "threads": threads,
            "losses": log,
            "channel_signs": signs,
            "psnr_held_out_photographs": psnr(vae, held_out),
            "psnr_training_photographs": psnr(vae, pictures[:256]),
        },
    )


if __name__ == "__main__":
    cli.run(main, cli.parser(__doc__, options=cli.structure, seed=int, threads=int, work=str))
