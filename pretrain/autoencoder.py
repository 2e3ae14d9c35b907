"""Step 3: train the embedded AutoencoderKL (arXiv 2112.10752, section 3.1) on photographs: WORK/vae.

Quality is measured on held-out photographs. Resumable.
"""

import copy
import math
from pathlib import Path

import lpips
import numpy as np
import torch
import torch.nn.functional as F
from diffusers import AutoencoderKL
from diffusers.models.autoencoders.vae import DiagonalGaussianDistribution
from diffusers.training_utils import EMAModel

from ldcore.metrics._lpips import lpips_network
from ldcore.model.flip import response, turn, turns
from ldcore.runtime import cli
from ldcore.runtime.device import prepare_cpu
from ldcore.runtime.files import write_json
from ldcore.runtime.seeds import numpy_rng, torch_generator
from pretrain import read_config
from pretrain.corpus import load_photographs, load_stamps, load_textures, read_sources, varied_crop
from pretrain.progress import keep, resume

# Signs of what each latent channel of SD 1.x does to brightness: of the published linear factors from latents to RGB.
BRIGHTNESS = [1, 1, 1, -1]
KL_WEIGHT = 2e-4
SHORT_SIDE = 768  # pixels to which a photograph is scaled down, so that crops of 64 px are as sharp as any


def new_autoencoder(channels, seed: int) -> AutoencoderKL:
    """A fresh AutoencoderKL: 4 latent channels, downscaling by 2 ** (len(channels) - 1).

    Tried and dropped: one normalisation group with residual branches starting at zero (ahead after 500 steps,
    1.5 dB behind at the end).
    """
    torch.manual_seed(seed)
    blocks = len(channels)
    return AutoencoderKL(
        in_channels=3,
        out_channels=3,
        latent_channels=4,
        block_out_channels=tuple(channels),
        down_block_types=("DownEncoderBlock2D",) * blocks,
        up_block_types=("UpDecoderBlock2D",) * blocks,
        layers_per_block=1,
        norm_num_groups=8,
        mid_block_add_attention=False,
    )


def to_tensor(pictures: np.ndarray) -> torch.Tensor:
    """uint8 [N, H, W, 3] to float32 [N, 3, H, W] in [-1, 1]."""
    return torch.from_numpy(np.ascontiguousarray(pictures)).permute(0, 3, 1, 2).float() / 127.5 - 1


def reconstruction_loss(model, batch, generator, bf16: bool) -> tuple[torch.Tensor, torch.Tensor]:
    """(A sampled reconstruction [N, 3, H, W], the mean absolute error plus KL_WEIGHT times the mean KL to N(0, 1)).

    batch: float32 [N, 3, H, W] in [-1, 1]. bf16: the networks compute in bfloat16, the latents stay in float32.
    """
    with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
        features = model.encoder(batch)
    posterior = DiagonalGaussianDistribution(model.quant_conv(features.float()))
    noise = torch.randn(posterior.mean.shape, generator=generator)
    latents = model.post_quant_conv(posterior.mean + posterior.std * noise)
    with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
        decoded = model.decoder(latents).float()
    kl = 0.5 * (posterior.mean**2 + posterior.var - 1 - posterior.logvar).mean()
    return decoded, F.l1_loss(decoded, batch) + KL_WEIGHT * kl


def perceptual_loss(network, made, target) -> torch.Tensor:
    """Mean LPIPS (arXiv 1801.03924) of pictures [N, 3, H, W] in [-1, 1]; gradients reach `made` alone.

    network: lpips.LPIPS, whose convolutions (`net`) may be in bfloat16; their features are compared in float32.
    """
    precision = next(network.net.parameters()).dtype
    with torch.no_grad():
        wanted = network.net(network.scaling_layer(target).to(precision))
    features = network.net(network.scaling_layer(made).to(precision))
    gaps = [lpips.normalize_tensor(a.float()) - lpips.normalize_tensor(b.float()) for a, b in zip(features, wanted)]
    return sum(head.model(gap**2).mean() for head, gap in zip(network.lins, gaps))


def cosine(step: int, steps: int, warmup: int = 200) -> float:
    """Learning-rate factor: linear warm-up, then half a cosine to 1 %."""
    if step < warmup:
        return (step + 1) / warmup
    return 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * (step - warmup) / max(1, steps - warmup)))


def phase_at(step: int, phases) -> tuple[dict, float]:
    """(Phase, learning rate) at `step` of successive phases, each with a cosine of its own."""
    for phase in phases:
        if step < phase["steps"]:
            return phase, phase["learning_rate"] * cosine(step, phase["steps"])
        step -= phase["steps"]
    raise ValueError("step beyond the last phase")


def window(picture: np.ndarray, size: int, rng) -> np.ndarray:
    """A random part of a picture [H, W, 3], `size` pixels a side: a quarter of the work where it is half as wide."""
    top, left = (rng.integers(side - size + 1) for side in picture.shape[:2])
    return picture[top : top + size, left : left + size]


def train_autoencoder(draw, network, options: dict, seed: int, checkpoint: Path):
    """Train as Stable Diffusion's was (arXiv 2112.10752, appendix G): L1 + LPIPS + a light KL, no adversary.

    draw: rng -> a picture, uint8 [H, W, 3]. network: lpips.LPIPS. options: `channels` (one number per resolution),
    `perceptual` (the share of a batch's pictures that LPIPS sees), `save_every` (steps) and `phases`, each with its
    `steps`, `window` (pixels a side of what is learned from of each picture), `batch_size`, `learning_rate` (its peak)
    and `bf16`. Every step is a function of (seed, step), so a run that goes on from the file
    `checkpoint` ends where one that was never stopped does. Returns the model with averaged weights and its losses
    [[step, mean L1 + KL since the last entry, mean LPIPS], ...].
    """
    steps = sum(phase["steps"] for phase in options["phases"])
    model = new_autoencoder(options["channels"], seed).to(memory_format=torch.channels_last)
    judges = {False: network.requires_grad_(False).to(memory_format=torch.channels_last), True: copy.deepcopy(network)}
    judges[True].net.bfloat16()
    optimizer = torch.optim.AdamW(model.parameters(), weight_decay=0.0, betas=(0.9, 0.99))
    ema = EMAModel(model.parameters(), decay=0.999, use_ema_warmup=True, power=0.75)
    parts, recent = {"model": model, "optimizer": optimizer, "ema": ema}, []
    start, log = resume(parts, checkpoint)
    for step in range(start, steps):
        # 1. The pictures of this step
        phase, rate = phase_at(step, options["phases"])
        rng = numpy_rng(seed, "autoencoder", step)
        batch = to_tensor(np.stack([window(draw(rng), phase["window"], rng) for _ in range(phase["batch_size"])]))
        batch = batch.contiguous(memory_format=torch.channels_last)
        # 2. Losses and gradients
        bf16, seen = phase["bf16"], math.ceil(options["perceptual"] * len(batch))
        decoded, loss = reconstruction_loss(model, batch, torch_generator(seed, "autoencoder", step), bf16)
        perceptual = perceptual_loss(judges[bf16], decoded[:seen], batch[:seen])
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.zero_grad()
        (loss + perceptual).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        ema.step(model.parameters())
        recent.append([loss.item(), perceptual.item()])
        # 3. What a run that was stopped goes on from
        if (step + 1) % options["save_every"] == 0 or step + 1 == steps:
            log.append([step + 1, *np.mean(recent, 0).tolist()])
            recent = []
            keep(parts, step + 1, log, checkpoint)
            print("step {} of {}: L1 + KL {:.4f}, LPIPS {:.4f}".format(step + 1, steps, *log[-1][1:]), flush=True)
    ema.copy_to(model.parameters())
    return model.eval(), log


@torch.no_grad()
def psnr(model, pictures, batch_size: int = 16) -> float:
    """Mean over pictures (uint8 [N, H, W, 3]) of the PSNR in dB of the mean reconstruction, on [0, 1]."""
    values = []
    for first in range(0, len(pictures), batch_size):
        batch = to_tensor(pictures[first : first + batch_size])
        decoded = model.decode(model.encode(batch).latent_dist.mean).sample.clamp(-1, 1)
        values.append(-10 * torch.log10(((decoded - batch) / 2).square().mean((1, 2, 3))))
    return torch.cat(values).mean().item()


@torch.no_grad()
def set_scale(model, pictures) -> None:
    """Store scaling_factor = 1 / standard deviation of all latents, as Stable Diffusion does, and the picture size."""
    means = torch.cat(
        [model.encode(to_tensor(pictures[i : i + 32])).latent_dist.mean for i in range(0, len(pictures), 32)]
    )
    model.register_to_config(scaling_factor=round(1 / means.std().item(), 5), sample_size=pictures.shape[1])


@torch.no_grad()
def orient(model) -> list[int]:
    """Turn latent channels so that each one's effect on brightness has the sign it has in Stable Diffusion 1.x.

    Returns the signs applied. The sign of a channel is arbitrary (the decoder undoes it exactly), yet a scalar drift is
    not symmetric in it; with these signs +0.1 on all channels brightens, as it does there.
    """
    signs = turns(model, model.config.sample_size // 2 ** (len(model.config.block_out_channels) - 1), BRIGHTNESS)
    turn(model.state_dict(), "vae", signs)
    return signs


def main(config, sources, threads, work):
    """Train, scale and orient the latents, measure, and write WORK/vae with its manifest."""
    prepare_cpu(threads)
    work, config = Path(work), read_config(config)
    options, seed, size = config["autoencoder"], config["seed"], config["image_size"]
    rows = [row for row in read_sources(sources) if row["split"] == "train"]
    photographs = load_photographs(rows, work / "extracted", SHORT_SIDE)
    textures, stamps = load_textures(work / "extracted"), load_stamps(work / "extracted")
    network = lpips_network("vgg", work / "vgg16.pth")

    def draw(rng):
        return varied_crop(photographs, textures, stamps, size, rng)

    vae, losses = train_autoencoder(draw, network, options, seed, work / "autoencoder.pt")
    arrays = np.load(work / "corpus.npz")
    pictures = arrays["train"]
    set_scale(vae, pictures[:1024])
    signs = orient(vae)
    vae.save_pretrained(work / "vae")
    write_json(
        work / "vae" / "manifest.json",
        {
            **options,
            "seed": seed,
            "threads": threads,
            "losses": losses,
            "channel_signs": signs,
            "brightness_response": response(vae, pictures.shape[1] // 2 ** (len(options["channels"]) - 1)),
            "psnr_held_out_photographs": psnr(vae, arrays["held_out"]),
            "psnr_training_photographs": psnr(vae, pictures[:256]),
        },
    )


if __name__ == "__main__":
    cli.run(main, cli.parser(__doc__, config=str, sources=str, threads=int, work=str))
