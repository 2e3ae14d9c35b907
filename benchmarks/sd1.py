"""Stable Diffusion 1.x as its published config files describe it, with random weights: its sizes without its licence or download."""

import json
from pathlib import Path

UNET = dict(
    sample_size=64,
    in_channels=4,
    out_channels=4,
    layers_per_block=2,
    block_out_channels=(320, 640, 1280, 1280),
    down_block_types=("CrossAttnDownBlock2D",) * 3 + ("DownBlock2D",),
    up_block_types=("UpBlock2D",) + ("CrossAttnUpBlock2D",) * 3,
    cross_attention_dim=768,
    attention_head_dim=8,
    norm_num_groups=32,
    flip_sin_to_cos=True,
    freq_shift=0,
)
VAE = dict(
    sample_size=512,
    in_channels=3,
    out_channels=3,
    latent_channels=4,
    layers_per_block=2,
    block_out_channels=(128, 256, 512, 512),
    down_block_types=("DownEncoderBlock2D",) * 4,
    up_block_types=("UpDecoderBlock2D",) * 4,
    norm_num_groups=32,
    scaling_factor=0.18215,
)
TEXT = dict(
    vocab_size=49408,
    hidden_size=768,
    intermediate_size=3072,
    num_hidden_layers=12,
    num_attention_heads=12,
    max_position_embeddings=77,
    hidden_act="quick_gelu",
    projection_dim=768,
    bos_token_id=49406,
    eos_token_id=49407,
    pad_token_id=1,
)
SCHEDULE = dict(
    num_train_timesteps=1000,
    beta_start=0.00085,
    beta_end=0.012,
    beta_schedule="scaled_linear",
    steps_offset=1,
    set_alpha_to_one=False,
    skip_prk_steps=True,
)
PARAMETERS = {"unet": 859_520_964, "vae": 83_653_863, "text_encoder": 123_060_480}  # of the published weights


def parts() -> dict:
    """U-Net, autoencoder and text encoder, made on torch's current default device (torch.device("meta") costs nothing)."""
    from diffusers import AutoencoderKL, UNet2DConditionModel
    from transformers import CLIPTextConfig, CLIPTextModel

    return {
        "unet": UNet2DConditionModel(**UNET),
        "vae": AutoencoderKL(**VAE),
        "text_encoder": CLIPTextModel(CLIPTextConfig(**TEXT)),
    }


def save(folder) -> Path:
    """A diffusers folder of them, float32 (4.3 GB), with CLIP's vocabulary and Stable Diffusion's PNDM schedule; returns its path."""
    import torch
    from diffusers import PNDMScheduler, StableDiffusionPipeline

    from pretrain.assemble import new_tokenizer

    torch.manual_seed(0)
    made = parts()
    for module in made["unet"].modules():  # else every output is 0 and nothing downstream of it is tried
        if isinstance(module, torch.nn.Conv2d) and not module.weight.any():
            torch.nn.init.normal_(module.weight, std=0.02)
    StableDiffusionPipeline(
        **made,
        tokenizer=new_tokenizer(),
        scheduler=PNDMScheduler(**SCHEDULE),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    ).save_pretrained(folder)
    return without_clipping(Path(folder))


def without_clipping(folder: Path) -> Path:
    """The folder, its schedule saying as Stable Diffusion's own that DDIM shall not clip latents."""
    schedule = folder / "scheduler" / "scheduler_config.json"
    schedule.write_text(json.dumps({**json.loads(schedule.read_text()), "clip_sample": False}, indent=2) + "\n")
    return folder
