"""Train the embedded U-Net and text encoder on cached latents (resumable): WORK/diffusion."""

from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL

from ldcore.model.backbone import prepare_cpu
from ldcore.runtime import cli
from ldcore.runtime.files import write_json
from pretrain.assemble import new_tokenizer
from pretrain.diffusion import encode_pictures, train_diffusion


def main(options, seed, threads, work):
    prepare_cpu(threads)
    work, arrays = Path(work), np.load(f"{work}/corpus.npz")
    vae = AutoencoderKL.from_pretrained(work / "vae").eval()
    latents = encode_pictures(vae, arrays["train"], work / "latents.npy") * vae.config.scaling_factor
    tokenizer = new_tokenizer()
    tokens = tokenizer(
        arrays["train_captions"].tolist(), padding="max_length", truncation=True, return_tensors="pt"
    ).input_ids
    empty = tokenizer([""], padding="max_length", return_tensors="pt").input_ids[0]
    unet, text_encoder, log = train_diffusion(
        latents,
        tokens,
        empty,
        len(tokenizer),
        options["channels"],
        options["steps"],
        options["batch_size"],
        options["learning_rate"],
        seed,
        work / "diffusion.pt",
    )
    unet.save_pretrained(work / "diffusion" / "unet")
    text_encoder.save_pretrained(work / "diffusion" / "text_encoder")
    write_json(
        work / "diffusion" / "manifest.json",
        {
            **options,
            "seed": seed,
            "threads": threads,
            "losses": log,
            "latents": list(latents.shape),
            "torch": torch.__version__,
        },
    )


if __name__ == "__main__":
    cli.run(main, cli.parser(__doc__, options=cli.structure, seed=int, threads=int, work=str))
