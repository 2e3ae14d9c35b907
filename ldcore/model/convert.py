"""Stable Diffusion 1.x as one .safetensors file in CompVis's own layout, made an ordinary diffusers folder, offline."""

from pathlib import Path

import torch

from ldcore.model.check import no_single_file
from ldcore.model.save import new_tokenizer, save_model
from ldcore.runtime.errors import UserError
from ldcore.runtime.weight_files import check_numbers

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
    """Write the diffusers folder `out`, float32, with CLIP's own tokenizer and Stable Diffusion's noise schedule.

    file: keys model.diffusion_model.*, first_stage_model.* and cond_stage_model.transformer.*, of any float type;
    other keys (a safety checker, averaged weights) are left out. unet, vae, text: the networks' configs. UserError: not
    such a file.
    """
    from diffusers import AutoencoderKL, UNet2DConditionModel
    from diffusers.loaders.single_file_utils import (
        convert_ldm_clip_checkpoint,
        convert_ldm_unet_checkpoint,
        convert_ldm_vae_checkpoint,
    )
    from transformers import CLIPTextConfig, CLIPTextModel

    # 1. Networks without weights.
    state, tokenizer = read(file), new_tokenizer()
    ends = {name: getattr(tokenizer, name) for name in ("bos_token_id", "eos_token_id", "pad_token_id")}
    with torch.device("meta"):
        networks = AutoencoderKL(**vae), UNet2DConditionModel(**unet), CLIPTextModel(CLIPTextConfig(**text, **ends))

    # 2. The file's tensors by the names that these networks give them.
    try:
        weights = [
            convert_ldm_vae_checkpoint(state, networks[0].config),
            convert_ldm_unet_checkpoint(state, networks[1].config),
            {key.removeprefix("text_model."): value for key, value in convert_ldm_clip_checkpoint(state).items()},
        ]
    except (KeyError, AttributeError) as error:
        raise UserError(no_single_file(file, f"it has no {error}")) from error

    # 3. Exactly these.
    for network, tensors in zip(networks, weights):
        fill(file, network, tensors)
    save_model(out, *networks, tokenizer, half=False)


def read(file) -> dict:
    """The tensors of a .safetensors file, float32. UserError: missing, damaged, or another kind of file."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    if not Path(file).is_file():
        raise UserError(f"Model weights {file} are missing; give model.path a .safetensors file or a diffusers folder.")
    try:
        state = load_file(file)
    except SafetensorError as error:
        raise UserError(no_single_file(file, str(error))) from error
    return {key: tensor.float() if tensor.is_floating_point() else tensor for key, tensor in state.items()}


def fill(file, network, tensors: dict) -> None:
    """Give a network on the meta device exactly these weights.

    UserError names the first that is missing, left over, misshapen or not finite.
    """
    own = network.state_dict()
    # position_ids: a constant of older CLIPs
    tensors = {key: tensor for key, tensor in tensors.items() if not key.endswith("position_ids")}
    different = sorted(own.keys() ^ tensors.keys())
    different = different or [key for key in sorted(own) if own[key].shape != tensors[key].shape]
    if different:
        raise UserError(no_single_file(file, f"{type(network).__name__} differs first in {different[0]}"))
    check_numbers(tensors, file)
    network.load_state_dict(tensors, assign=True)
    for name, buffer in network.named_buffers():
        if buffer.is_meta:  # CLIP's positions, in no file
            owner, _, last = name.rpartition(".")
            positions = torch.arange(buffer.shape[-1]).expand(buffer.shape)
            network.get_submodule(owner).register_buffer(last, positions, persistent=False)
