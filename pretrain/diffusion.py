"""Train the embedded text-conditioned U-Net and its CLIP text encoder together (arXiv 2112.10752) on cached latents."""

import numpy as np
import torch
import torch.nn.functional as F
from diffusers import DDPMScheduler, UNet2DConditionModel
from diffusers.models.resnet import ResnetBlock2D
from diffusers.training_utils import EMAModel
from tqdm import tqdm
from transformers import CLIPTextConfig, CLIPTextModel

from ldcore.runtime.files import atomic
from ldcore.runtime.seeds import numpy_rng, torch_generator
from pretrain.autoencoder import cosine, to_tensor

TEXT_WIDTH = 64
CAPTION_DROPOUT = 0.12
SCHEDULE = dict(
    num_train_timesteps=1000,
    beta_start=0.00085,
    beta_end=0.012,
    beta_schedule="scaled_linear",
    prediction_type="epsilon",
    clip_sample=False,
    steps_offset=1,
    timestep_spacing="leading",
)


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


def new_text_encoder(vocabulary: int, end_token: int, seed: int) -> CLIPTextModel:
    """A two-layer CLIPTextModel over CLIP's own vocabulary."""
    torch.manual_seed(seed)
    return CLIPTextModel(
        CLIPTextConfig(
            vocab_size=vocabulary,
            hidden_size=TEXT_WIDTH,
            intermediate_size=4 * TEXT_WIDTH,
            num_hidden_layers=2,
            num_attention_heads=4,
            max_position_embeddings=77,
            projection_dim=TEXT_WIDTH,
            bos_token_id=end_token - 1,
            eos_token_id=end_token,
            pad_token_id=end_token,
        )
    )


@torch.no_grad()
def encode_pictures(autoencoder, pictures, cache, batch_size: int = 32) -> torch.Tensor:
    """Latent means, float32 [N, 4, h, w], not yet scaled; pictures are uint8 [N, H, W, 3]. Kept in the file `cache`."""
    if not cache.exists():
        firsts = tqdm(range(0, len(pictures), batch_size), desc="encode", mininterval=5)
        means = [autoencoder.encode(to_tensor(pictures[i : i + batch_size])).latent_dist.mean for i in firsts]
        with atomic(cache) as temporary:
            np.save(temporary, torch.cat(means).numpy())
    return torch.from_numpy(np.load(cache))


def training_batch(latents, tokens, empty, batch_size, seed, step):
    """The (latents, token ids, noise, timesteps) of one step: a function of (seed, step); some captions become empty."""
    rng = numpy_rng(seed, "diffusion", step)
    rows = rng.integers(len(latents), size=batch_size)
    ids = tokens[rows].clone()
    ids[torch.from_numpy(rng.random(batch_size) < CAPTION_DROPOUT)] = empty
    clean = latents[rows].float()
    noise = torch.randn(clean.shape, generator=torch_generator(seed, "diffusion", step))
    timesteps = torch.from_numpy(rng.integers(0, SCHEDULE["num_train_timesteps"], batch_size))
    return clean, ids, noise, timesteps


def train_diffusion(
    latents, tokens, empty, vocabulary: int, channels, steps: int, batch_size: int, rate: float, seed: int, checkpoint
):
    """Train on scaled latents [N, 4, h, w] and token ids [N, 77], resuming from `checkpoint`.

    Returns (unet, text_encoder) with averaged weights and the log of losses. Loss: mean squared error of the noise.
    """
    unet = new_unet(channels, latents.shape[-1], seed).to(memory_format=torch.channels_last)
    text_encoder = new_text_encoder(vocabulary, int(empty[1]), seed)
    parameters = [*unet.parameters(), *text_encoder.parameters()]
    optimizer = torch.optim.AdamW(parameters, lr=rate, weight_decay=0.0)
    ema = EMAModel(parameters, decay=0.9995, use_ema_warmup=True, power=0.75)
    scheduler = DDPMScheduler(**SCHEDULE)
    start, log, running = 0, [], []
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        unet.load_state_dict(state["unet"])
        text_encoder.load_state_dict(state["text_encoder"])
        optimizer.load_state_dict(state["optimizer"])
        ema.load_state_dict(state["ema"])
        start, log = state["step"], state["log"]
    for step in tqdm(range(start, steps), desc="diffusion", initial=start, total=steps, mininterval=5):
        clean, ids, noise, timesteps = training_batch(latents, tokens, empty, batch_size, seed, step)
        noisy = scheduler.add_noise(clean, noise, timesteps).contiguous(memory_format=torch.channels_last)
        for group in optimizer.param_groups:
            group["lr"] = rate * cosine(step, steps)
        predicted = unet(noisy, timesteps, text_encoder(ids).last_hidden_state).sample
        loss = F.mse_loss(predicted, noise)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        ema.step(parameters)
        running.append(loss.item())
        if (step + 1) % 500 == 0 or step + 1 == steps:
            log.append([step + 1, float(np.mean(running))])
            running = []
            with atomic(checkpoint) as temporary:
                torch.save(
                    {
                        "unet": unet.state_dict(),
                        "text_encoder": text_encoder.state_dict(),
                        "ema": ema.state_dict(),
                        "optimizer": optimizer.state_dict(),
                        "step": step + 1,
                        "log": log,
                    },
                    temporary,
                )
    ema.copy_to(parameters)
    return unet.eval(), text_encoder.eval(), log
