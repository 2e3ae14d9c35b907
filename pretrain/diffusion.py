"""Step 5: train the embedded U-Net (arXiv 2112.10752) on what the text encoder makes of captions: WORK/diffusion.

Latents and captions are encoded once: as in Stable Diffusion, both encoders stay as they are. Resumable.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from diffusers import AutoencoderKL, DDPMScheduler, UNet2DConditionModel
from diffusers.models.resnet import ResnetBlock2D
from diffusers.training_utils import EMAModel
from tqdm import tqdm
from transformers import CLIPTextModel

from ldcore.model.save import SCHEDULE, new_tokenizer
from ldcore.runtime import cli
from ldcore.runtime.device import prepare_cpu
from ldcore.runtime.files import atomic, write_json
from ldcore.runtime.seeds import numpy_rng, torch_generator
from pretrain import read_config
from pretrain.autoencoder import cosine, to_tensor
from pretrain.progress import keep, resume
from pretrain.text import TEXT_WIDTH

CAPTION_DROPOUT = 0.12  # share of captions replaced by the empty one, for classifier-free guidance


class Captions(NamedTuple):
    """The captions of all pictures as the text encoder's states."""

    states: torch.Tensor  # float32 [K, 77, width], the distinct captions; the first is the empty one
    rows: torch.Tensor  # int64 [N], the caption of each picture


@torch.no_grad()
def read_captions(text_encoder, tokenizer, captions: list[str], batch_size: int = 64) -> Captions:
    """Captions padded and cut to the tokenizer's length, each distinct one read once."""
    distinct = ["", *sorted(set(captions) - {""})]
    place = {caption: row for row, caption in enumerate(distinct)}
    ids = tokenizer(distinct, padding="max_length", truncation=True, return_tensors="pt").input_ids
    states = torch.cat([text_encoder(batch).last_hidden_state for batch in ids.split(batch_size)])
    return Captions(states, torch.tensor([place[caption] for caption in captions]))


def new_unet(channels, latent_size: int, seed: int) -> UNet2DConditionModel:
    """A small UNet2DConditionModel on 4-channel latents with cross-attention below the first resolution.

    Residual branches and the output start at zero, as in arXiv 2105.05233.
    """
    torch.manual_seed(seed)
    blocks = len(channels)
    unet = UNet2DConditionModel(
        sample_size=latent_size,
        in_channels=4,
        out_channels=4,
        block_out_channels=tuple(channels),
        layers_per_block=1,
        down_block_types=("DownBlock2D",) + ("CrossAttnDownBlock2D",) * (blocks - 1),
        up_block_types=("CrossAttnUpBlock2D",) * (blocks - 1) + ("UpBlock2D",),
        cross_attention_dim=TEXT_WIDTH,
        attention_head_dim=4,
        norm_num_groups=8,
    )
    for layer in [m.conv2 for m in unet.modules() if isinstance(m, ResnetBlock2D)] + [unet.conv_out]:
        torch.nn.init.zeros_(layer.weight)
        torch.nn.init.zeros_(layer.bias)
    return unet


@torch.no_grad()
def encode_pictures(autoencoder, pictures, cache: Path, batch_size: int = 32) -> torch.Tensor:
    """Latent means, float32 [N, 4, h, w], not yet scaled; pictures are uint8 [N, H, W, 3]. Kept in the file `cache`."""
    if not cache.exists():
        firsts = tqdm(range(0, len(pictures), batch_size), desc="encode", mininterval=5)
        means = [autoencoder.encode(to_tensor(pictures[i : i + batch_size])).latent_dist.mean for i in firsts]
        with atomic(cache) as temporary:
            np.save(temporary, torch.cat(means).numpy())
    return torch.from_numpy(np.load(cache))


def training_batch(latents, captions: Captions, batch_size: int, seed: int, step: int):
    """The (latents [B, 4, h, w], caption states [B, 77, width], noise, timesteps [B]) of one step, by (seed, step).

    A share CAPTION_DROPOUT of the captions becomes empty.
    """
    rng = numpy_rng(seed, "diffusion", step)
    rows = rng.integers(len(latents), size=batch_size)
    told = captions.rows[rows].clone()
    told[torch.from_numpy(rng.random(batch_size) < CAPTION_DROPOUT)] = 0
    clean = latents[rows].float()
    noise = torch.randn(clean.shape, generator=torch_generator(seed, "diffusion", step))
    timesteps = torch.from_numpy(rng.integers(0, SCHEDULE["num_train_timesteps"], batch_size))
    return clean, captions.states[told], noise, timesteps


def train_diffusion(latents, captions: Captions, options: dict, seed: int, checkpoint: Path):
    """Train on scaled latents [N, 4, h, w] and captions; resumes from the file `checkpoint`, saved every 500 steps.

    options: `channels` (one number per resolution), `steps`, `batch_size`, `learning_rate` (its peak). The loss is the
    mean squared error of the noise. Returns the U-Net with averaged weights and its losses
    [[step, mean since the last entry], ...].
    """
    steps, batch_size, rate = (options[key] for key in ("steps", "batch_size", "learning_rate"))
    unet = new_unet(options["channels"], latents.shape[-1], seed).to(memory_format=torch.channels_last)
    parameters = list(unet.parameters())
    optimizer = torch.optim.AdamW(parameters, lr=rate, weight_decay=0.0)
    ema = EMAModel(parameters, decay=0.9995, use_ema_warmup=True, power=0.75)
    scheduler = DDPMScheduler(**SCHEDULE)
    parts, recent = {"unet": unet, "optimizer": optimizer, "ema": ema}, []
    start, log = resume(parts, checkpoint)
    for step in tqdm(range(start, steps), desc="diffusion", initial=start, total=steps, mininterval=5):
        clean, states, noise, timesteps = training_batch(latents, captions, batch_size, seed, step)
        noisy = scheduler.add_noise(clean, noise, timesteps).contiguous(memory_format=torch.channels_last)
        for group in optimizer.param_groups:
            group["lr"] = rate * cosine(step, steps)
        predicted = unet(noisy, timesteps, states).sample
        loss = F.mse_loss(predicted, noise)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        ema.step(parameters)
        recent.append(loss.item())
        if (step + 1) % 500 == 0 or step + 1 == steps:
            log.append([step + 1, float(np.mean(recent))])
            recent = []
            keep(parts, step + 1, log, checkpoint)
    ema.copy_to(parameters)
    return unet.eval(), log


def main(config, threads, work):
    """Encode the pictures, train, and write WORK/diffusion with its manifest."""
    prepare_cpu(threads)
    work, config = Path(work), read_config(config)
    options, seed = config["diffusion"], config["seed"]
    arrays = np.load(work / "corpus.npz")
    vae = AutoencoderKL.from_pretrained(work / "vae").eval()
    latents = encode_pictures(vae, arrays["train"], work / "latents.npy") * vae.config.scaling_factor
    text_encoder = CLIPTextModel.from_pretrained(work / "text").eval()
    captions = read_captions(text_encoder, new_tokenizer(), arrays["train_captions"].tolist())
    unet, losses = train_diffusion(latents, captions, options, seed, work / "diffusion.pt")
    unet.save_pretrained(work / "diffusion" / "unet")
    write_json(
        work / "diffusion" / "manifest.json",
        {
            **options,
            "seed": seed,
            "threads": threads,
            "losses": losses,
            "latents": list(latents.shape),
            "torch": torch.__version__,
        },
    )


if __name__ == "__main__":
    cli.run(main, cli.parser(__doc__, config=str, threads=int, work=str))
