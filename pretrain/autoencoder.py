"""Step 3: train the embedded AutoencoderKL (arXiv 2112.10752, section 3.1) on photographs: WORK/vae.

The loss is the squared error plus a light KL term; quality is measured on held-out photographs. Resumable.
"""

import math
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from diffusers import AutoencoderKL
from diffusers.training_utils import EMAModel
from tqdm import tqdm

from ldcore.model.flip import response, turn, turns
from ldcore.runtime import cli
from ldcore.runtime.device import prepare_cpu
from ldcore.runtime.files import atomic, write_json
from ldcore.runtime.seeds import numpy_rng, torch_generator
from pretrain import read_config
from pretrain.corpus import augment

KL_WEIGHT = 5e-5
# Signs of what each latent channel of SD 1.x does to brightness: of the published linear factors from latents to RGB.
BRIGHTNESS = [1, 1, 1, -1]


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


def reconstruction_loss(model, batch, generator) -> torch.Tensor:
    """Mean squared error of a sampled reconstruction, plus KL_WEIGHT times the mean KL to N(0, 1).

    batch: float32 [N, 3, H, W] in [-1, 1].
    """
    posterior = model.encode(batch).latent_dist
    noise = torch.randn(posterior.mean.shape, generator=generator)
    decoded = model.decode(posterior.mean + posterior.std * noise).sample
    kl = 0.5 * (posterior.mean**2 + posterior.var - 1 - posterior.logvar).mean()
    return F.mse_loss(decoded, batch) + KL_WEIGHT * kl


def cosine(step: int, steps: int, warmup: int = 200) -> float:
    """Learning-rate factor: linear warm-up, then half a cosine to 1 %."""
    if step < warmup:
        return (step + 1) / warmup
    return 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * (step - warmup) / max(1, steps - warmup)))


def cycle_rate(step: int, cycles) -> float:
    """Learning rate at `step` of successive cosine cycles [[steps, peak rate], ...]."""
    for steps, rate in cycles:
        if step < steps:
            return rate * cosine(step, steps)
        step -= steps
    raise ValueError("step beyond the last cycle")


def train_autoencoder(pictures, options: dict, seed: int, checkpoint: Path):
    """Train on pictures, uint8 [N, H, W, 3]; resumes from the file `checkpoint`, saved every 250 steps.

    options: `channels` (one number per resolution), `cycles` (steps and peak learning rate per cycle), `batch_size`.
    Returns the model with averaged weights and its losses [[step, mean since the last entry], ...].
    """
    cycles, batch_size = options["cycles"], options["batch_size"]
    steps = sum(length for length, _ in cycles)
    model = new_autoencoder(options["channels"], seed).to(memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(model.parameters(), lr=cycles[0][1], weight_decay=0.0, betas=(0.9, 0.99))
    ema = EMAModel(model.parameters(), decay=0.999, use_ema_warmup=True, power=0.75)
    start, log = 0, []
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        ema.load_state_dict(state["ema"])
        start, log = state["step"], state["log"]
    recent = []
    for step in tqdm(range(start, steps), desc="autoencoder", initial=start, total=steps, mininterval=5):
        rng = numpy_rng(seed, "autoencoder", step)
        batch = to_tensor(augment(pictures[rng.integers(len(pictures), size=batch_size)], rng))
        batch = batch.contiguous(memory_format=torch.channels_last)
        for group in optimizer.param_groups:
            group["lr"] = cycle_rate(step, cycles)
        loss = reconstruction_loss(model, batch, torch_generator(seed, "autoencoder", step))
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        ema.step(model.parameters())
        recent.append(loss.item())
        if (step + 1) % 250 == 0 or step + 1 == steps:
            log.append([step + 1, float(np.mean(recent))])
            recent = []
            with atomic(checkpoint) as temporary:
                torch.save(
                    {
                        "model": model.state_dict(),
                        "optimizer": optimizer.state_dict(),
                        "ema": ema.state_dict(),
                        "step": step + 1,
                        "log": log,
                    },
                    temporary,
                )
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


def main(config, threads, work):
    """Train, scale and orient the latents, measure, and write WORK/vae with its manifest."""
    prepare_cpu(threads)
    work, config = Path(work), read_config(config)
    options, seed = config["autoencoder"], config["seed"]
    arrays = np.load(work / "corpus.npz")
    pictures = arrays["train"]
    vae, losses = train_autoencoder(pictures, options, seed, work / "autoencoder.pt")
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
    cli.run(main, cli.parser(__doc__, config=str, threads=int, work=str))
