"""A latent diffusion model as one bundle, loaded from any Stable-Diffusion-shaped diffusers folder."""

import functools
import hashlib
import sys
from dataclasses import dataclass, field
from pathlib import Path

import torch

from ldcore.model.check import PARTS, check_folder, check_model
from ldcore.prompts import said_of_cut
from ldcore.runtime.chunks import in_chunks
from ldcore.runtime.device import pick_device
from ldcore.runtime.errors import UserError
from ldcore.runtime.files import model_files, read_json, sha256, staged
from ldcore.runtime.weight_files import check_numbers

# What a text encoder's file may have besides: CLIP's other half, and what leads from a text to it.
UNUSED = ("vision_model.", "_projection.", "logit_scale", "position_ids")


@dataclass
class Backbone:
    """A model's parts; those that were not asked for are None."""

    tokenizer: object  # CLIPTokenizer
    text_encoder: torch.nn.Module  # CLIPTextModel
    vae: torch.nn.Module  # AutoencoderKL
    unet: torch.nn.Module  # UNet2DConditionModel
    scheduler: object  # DDIMScheduler: the noise schedule
    folder: Path  # where it was loaded from
    device: torch.device
    placeholders: dict[str, str] = field(
        default_factory=dict
    )  # words of a prompt -> what a method writes in their place


def fingerprint(folder) -> str:
    """A sha256 over all of a model's files: weights, configs, tokenizer and schedule."""
    return hashlib.sha256("".join(sha256(path) for path in model_files(check_folder(folder))).encode()).hexdigest()


def load_backbone(folder, parts=PARTS, device=None) -> Backbone:
    """Load the named parts in float32, frozen, in evaluation mode, from safetensors only.

    The scheduler is always loaded: it is the noise schedule and costs nothing. device: by default pick_device's.
    UserError: no model that the suite can run (ldcore.model.check), or weights that are not those of a part.
    """
    from diffusers import AutoencoderKL, DDIMScheduler, UNet2DConditionModel

    check_model(folder)
    folder = staged(folder)
    device = device or pick_device()
    loaded = dict.fromkeys(PARTS)
    if "vae" in parts:
        loaded["vae"] = network_of(AutoencoderKL, folder / "vae", torch_dtype=torch.float32)
    if "unet" in parts:
        loaded["unet"] = network_of(UNet2DConditionModel, folder / "unet", torch_dtype=torch.float32)
    if "text_encoder" in parts:
        from transformers import CLIPTextModel, CLIPTokenizer

        loaded["text_encoder"] = network_of(CLIPTextModel, folder / "text_encoder", dtype=torch.float32)
        loaded["tokenizer"] = CLIPTokenizer.from_pretrained(folder / "tokenizer")
        tokens, places = len(loaded["tokenizer"]), loaded["text_encoder"].config.vocab_size
        if tokens > places:
            raise UserError(
                f"Model {folder}: its tokenizer has {tokens} tokens and its text encoder knows {places}; copy or fetch "
                "both again."
            )
    for part in ("vae", "unet", "text_encoder"):
        if loaded[part] is not None:
            loaded[part] = loaded[part].to(device).eval().requires_grad_(False)
    for part in ("vae", "unet"):
        if loaded[part] is not None:
            loaded[part] = loaded[part].to(memory_format=torch.channels_last)
    schedule = read_json(folder / "scheduler" / "scheduler_config.json")
    schedule = {name: value for name, value in schedule.items() if not name.startswith("_")}
    # Latents are not confined to [-1, 1]; DDIMScheduler would clip them by default.
    loaded["scheduler"] = DDIMScheduler.from_config(schedule, clip_sample=False)
    return Backbone(**loaded, folder=folder, device=device)


def network_of(kind, folder: Path, **dtype):
    """A part of the model with exactly its file's weights. UserError where these are not the part's own, or no numbers.

    The libraries would start what a file lacks at random and leave out what it has besides, with a warning alone.
    """
    try:
        network, found = kind.from_pretrained(folder, use_safetensors=True, output_loading_info=True, **dtype)
    except Exception as error:  # of whatever kind settings lead to that no such network can have
        reason = " ".join(str(error).split())[:200]
        raise UserError(f"Model weights: {folder} cannot be loaded ({reason}); copy or fetch it again.") from error
    for keys, unlike in (
        (("missing_keys", "mismatched_keys"), "less than its config.json says"),
        (("unexpected_keys",), "that its config.json does not say"),
    ):
        names = (name for key in keys for name in found[key] if not any(part in str(name) for part in UNUSED))
        if wrong := sorted(names, key=str):
            raise UserError(
                f"Model weights: the file in {folder} has {len(wrong)} tensors {unlike}, first {wrong[0]}; copy or "
                "fetch both again."
            )
    check_numbers(network.state_dict(), f"Model weights: {folder}")
    return network


def rescheduled(scheduler, changes: dict):
    """The DDIMScheduler with changes to its config: prediction_type, rescale_betas_zero_snr, timestep_spacing, ..."""
    # As keywords: in the config itself, diffusers would take those it had as defaults back to them.
    return type(scheduler).from_config(scheduler.config, **changes) if changes else scheduler


def tokenize(backbone: Backbone, prompts: list[str]) -> torch.Tensor:
    """Token ids [N, 77] of the prompts, with the method's placeholders in place of the words they stand for."""
    if backbone.placeholders:
        prompts = [prompt.lower() for prompt in prompts]  # as the tokenizer would
    longest_first = sorted(backbone.placeholders.items(), key=lambda item: -len(item[0]))  # "a and b" before "a"
    for words, replacement in longest_first:
        prompts = [prompt.replace(words, replacement) for prompt in prompts]
    most = backbone.tokenizer.model_max_length
    for prompt, ids in zip(prompts, token_ids(backbone, prompts)):
        if len(ids) > most:
            warn_of_cut(prompt, len(ids), most)
    return backbone.tokenizer(
        list(prompts),
        padding="max_length",
        truncation=True,
        return_tensors="pt",
        max_length=most,
    ).input_ids


def token_ids(backbone: Backbone, prompts: list[str]) -> list[list[int]]:
    """The tokens of each prompt as it is, not cut, with those of its start and end."""
    return backbone.tokenizer(list(prompts), verbose=False).input_ids if prompts else []


@functools.cache
def warn_of_cut(prompt: str, count: int, most: int) -> None:
    """Print, once a job, that a prompt is cut."""
    print(said_of_cut(prompt, count, most), file=sys.stderr, flush=True)


@torch.no_grad()
def embed_prompts(backbone: Backbone, prompts: list[str]) -> torch.Tensor:
    """The text encoder's last hidden states, float32 [N, 77, D] on the CPU: the stock pipeline's prompt_embeds."""

    def states(ids):
        return (backbone.text_encoder(ids.to(backbone.device)).last_hidden_state.float().cpu(),)

    return torch.cat([embeds for (embeds,) in in_chunks(states, tokenize(backbone, prompts))])
