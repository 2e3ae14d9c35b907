"""Stable Diffusion 1.x with random weights: its sizes without its licence or download."""

from pathlib import Path

from ldcore.model.convert import TEXT, UNET, VAE

PARAMETERS = {"unet": 859_520_964, "vae": 83_653_863, "text_encoder": 123_060_480}  # of the published weights


def parts() -> dict:
    """U-Net, autoencoder and text encoder on torch's current default device; torch.device("meta") costs nothing."""
    from diffusers import AutoencoderKL, UNet2DConditionModel
    from transformers import CLIPTextConfig, CLIPTextModel

    return {
        "unet": UNet2DConditionModel(**UNET),
        "vae": AutoencoderKL(**VAE),
        "text_encoder": CLIPTextModel(CLIPTextConfig(**TEXT)),
    }


def save(folder) -> Path:
    """Write a diffusers folder of them, float32 (4.3 GB), with CLIP's vocabulary; returns its path."""
    import torch

    from ldcore.model.save import new_tokenizer, save_model

    torch.manual_seed(0)
    networks = parts()
    for module in networks["unet"].modules():  # else every output is 0 and nothing downstream of it is tried
        if isinstance(module, torch.nn.Conv2d) and not module.weight.any():
            torch.nn.init.normal_(module.weight, std=0.02)
    save_model(folder, **networks, tokenizer=new_tokenizer(), half=False)
    return Path(folder)
