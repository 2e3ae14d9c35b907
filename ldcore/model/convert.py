"""Stable Diffusion 1.x as one .safetensors file in CompVis's own layout, made an ordinary diffusers folder. No network."""

from pathlib import Path

import torch

from ldcore.model.save import new_tokenizer, save_model
from ldcore.runtime.errors import UserError

# Stable Diffusion 1.1 to 1.5 (their published config.json files): what their shapes alone do not say.
UNET = dict(
    sample_size=64,
    in_channels=4,
    out_channels=4,
    block_out_channels=(320, 640, 1280, 1280),
    layers_per_block=2,
    cross_attention_dim=768,
    attention_head_dim=8,
)
VAE = dict(
    sample_size=512,
    latent_channels=4,
    block_out_channels=(128, 256, 512, 512),
    layers_per_block=2,
    scaling_factor=0.18215,
    down_block_types=("DownEncoderBlock2D",) * 4,
    up_block_types=("UpDecoderBlock2D",) * 4,
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
)


def convert(file, out, unet: dict = UNET, vae: dict = VAE, text: dict = TEXT) -> None:
    """Write the diffusers folder `out`, float32, with CLIP's own tokenizer and SD's noise schedule.

    file: keys model.diffusion_model.*, first_stage_model.* and cond_stage_model.transformer.*, of any float type; other keys (a
    safety checker, averaged weights) are left out. unet, vae, text: the networks' configs. UserError: not such a file.
    """
    from diffusers import AutoencoderKL, UNet2DConditionModel
    from diffusers.loaders.single_file_utils import (
        convert_ldm_clip_checkpoint,
        convert_ldm_unet_checkpoint,
        convert_ldm_vae_checkpoint,
    )
    from transformers import CLIPTextConfig, CLIPTextModel

    state, tokenizer = read(file), new_tokenizer()
    with torch.device("meta"):
        parts = [
            AutoencoderKL(**vae),
            UNet2DConditionModel(**unet),
            CLIPTextModel(
                CLIPTextConfig(
                    **text,
                    bos_token_id=tokenizer.bos_token_id,
                    eos_token_id=tokenizer.eos_token_id,
                    pad_token_id=tokenizer.pad_token_id,
                )
            ),
        ]
    try:
        found = [
            convert_ldm_vae_checkpoint(state, parts[0].config),
            convert_ldm_unet_checkpoint(state, parts[1].config),
            {key.removeprefix("text_model."): value for key, value in convert_ldm_clip_checkpoint(state).items()},
        ]
    except (KeyError, AttributeError) as error:
        raise UserError(unfit(file, f"it has no {error}")) from error
    for part, tensors in zip(parts, found):
        fill(file, part, tensors)
    save_model(out, *parts, tokenizer, half=False)


def read(file) -> dict:
    """The tensors of a .safetensors file, float32. UserError: missing, damaged, or another kind of file."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    if not Path(file).is_file():
        raise UserError(f"Model weights {file} are missing; give model.path a .safetensors file or a diffusers folder.")
    try:
        state = load_file(file)
    except SafetensorError as error:
        raise UserError(unfit(file, str(error))) from error
    return {key: tensor.float() if tensor.is_floating_point() else tensor for key, tensor in state.items()}


def fill(file, part, tensors: dict) -> None:
    """Give a network on the meta device exactly these weights; UserError names the first that is missing, left over or misshapen."""
    own = part.state_dict()
    tensors = {
        key: tensor for key, tensor in tensors.items() if not key.endswith("position_ids")
    }  # a constant of older CLIPs
    different = sorted(own.keys() ^ tensors.keys()) or [
        key for key in sorted(own) if own[key].shape != tensors[key].shape
    ]
    if different:
        raise UserError(unfit(file, f"{type(part).__name__} differs first in {different[0]}"))
    part.load_state_dict(tensors, assign=True)
    for name, buffer in part.named_buffers():
        if buffer.is_meta:  # CLIP's positions, in no file
            module, _, last = name.rpartition(".")
            part.get_submodule(module).register_buffer(
                last, torch.arange(buffer.shape[-1]).expand(buffer.shape), persistent=False
            )


def unfit(file, why: str) -> str:
    """What to say of a file that is no such model."""
    return f"{file} is no Stable Diffusion 1.x model in the original layout ({why}); give such a .safetensors file or a diffusers folder."
