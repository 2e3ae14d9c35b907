"""A latent diffusion model as one bundle, loaded from any Stable-Diffusion-shaped diffusers folder."""

import hashlib
from pathlib import Path
from types import SimpleNamespace

import torch

from ldcore.runtime.chunks import in_chunks
from ldcore.runtime.device import pick_device
from ldcore.runtime.errors import UserError
from ldcore.runtime.files import read_json, sha256, staged

PARTS = ("tokenizer", "text_encoder", "vae", "unet", "scheduler")


def check_folder(folder) -> Path:
    """Return the folder as a Path; UserError names the part that is missing. Imports nothing heavy."""
    folder = Path(folder)
    for name in ("model_index.json", *(f"{part}" for part in PARTS)):
        if not (folder / name).exists():
            raise UserError(
                f"Model weights: {folder} lacks {name!r}; give `model.path` a diffusers folder of a Stable "
                "Diffusion model."
            )
    return folder


def fingerprint(folder) -> str:
    """sha256 over the model's weight files and schedule: what samples depend on besides their settings."""
    found = hashlib.sha256()
    for path in sorted(
        p for p in check_folder(folder).rglob("*") if p.suffix == ".safetensors" or p.name == "scheduler_config.json"
    ):
        found.update(bytes.fromhex(sha256(path)))
    return found.hexdigest()


def load_backbone(folder, parts=PARTS, device=None) -> SimpleNamespace:
    """Load the named parts in float32, frozen, in evaluation mode; the others are None.

    The scheduler is always loaded: it is the noise schedule and costs nothing. Weights are read from safetensors only.
    """
    from diffusers import AutoencoderKL, DDIMScheduler, UNet2DConditionModel

    folder = staged(check_folder(folder))
    device = device or pick_device()
    loaded = dict.fromkeys(PARTS)
    options = dict(torch_dtype=torch.float32, use_safetensors=True)
    if "vae" in parts:
        loaded["vae"] = AutoencoderKL.from_pretrained(folder, subfolder="vae", **options)
    if "unet" in parts:
        loaded["unet"] = UNet2DConditionModel.from_pretrained(folder, subfolder="unet", **options)
    if "text_encoder" in parts:
        from transformers import CLIPTextModel, CLIPTokenizer

        loaded["text_encoder"] = CLIPTextModel.from_pretrained(
            folder / "text_encoder", dtype=torch.float32, use_safetensors=True
        )
        loaded["tokenizer"] = CLIPTokenizer.from_pretrained(folder / "tokenizer")
    for part in ("vae", "unet", "text_encoder"):
        if loaded[part] is not None:
            loaded[part] = loaded[part].to(device).eval().requires_grad_(False)
    for part in ("vae", "unet"):
        if loaded[part] is not None:
            loaded[part] = loaded[part].to(memory_format=torch.channels_last)
    schedule = {k: v for k, v in read_json(folder / "scheduler" / "scheduler_config.json").items() if k[0] != "_"}
    # Latents are not confined to [-1, 1]; DDIMScheduler would clip them by default.
    loaded["scheduler"] = DDIMScheduler.from_config(schedule, clip_sample=False)
    # placeholders: words of a prompt -> what a method writes in their place.
    return SimpleNamespace(**loaded, folder=folder, device=device, placeholders={})


def tokenize(backbone, prompts: list[str]) -> torch.Tensor:
    """Token ids [N, 77] of the prompts, the method's placeholders put in."""
    if backbone.placeholders:
        prompts = [text.lower() for text in prompts]  # as the tokenizer would
    for words, instead in sorted(backbone.placeholders.items(), key=lambda item: -len(item[0])):  # "a and b" before "a"
        prompts = [text.replace(words, instead) for text in prompts]
    return backbone.tokenizer(
        list(prompts),
        padding="max_length",
        truncation=True,
        return_tensors="pt",
        max_length=backbone.tokenizer.model_max_length,
    ).input_ids


@torch.no_grad()
def embed_prompts(backbone, prompts: list[str]) -> torch.Tensor:
    """Text encoder's last hidden states, float32 [N, 77, D] on the CPU, as the stock pipeline computes prompt_embeds."""
    tokens = tokenize(backbone, prompts)

    def states(ids):
        return (backbone.text_encoder(ids.to(backbone.device)).last_hidden_state.float().cpu(),)

    return torch.cat([part for (part,) in in_chunks(states, tokens)])


def gray_to_tensor(images) -> torch.Tensor:
    """uint8 [N, H, W] or [N, H, W, 3] to float32 [N, 3, H, W] in [-1, 1]."""
    tensor = torch.as_tensor(images).float() / 127.5 - 1
    if tensor.ndim == 3:
        tensor = tensor[..., None].expand(*tensor.shape, 3)
    return tensor.permute(0, 3, 1, 2)


def to_uint8(decoded: torch.Tensor):
    """Decoder output [N, 3, H, W] in [-1, 1] to uint8 [N, H, W, 3], clipped and rounded as diffusers does."""
    return ((decoded / 2 + 0.5).clamp(0, 1) * 255).round().to(torch.uint8).permute(0, 2, 3, 1).cpu().numpy()
