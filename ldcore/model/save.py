"""Write networks of our own as a Stable Diffusion folder: noise schedule, tokenizer, weights."""

import gzip
import importlib.util
import json
import os
import shutil
from pathlib import Path

# Stable Diffusion's noise schedule.
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


def clip_vocabulary() -> tuple[dict, list[tuple[str, str]]]:
    """CLIP's byte-pair vocabulary (token -> id) and merges, from the file open_clip packages (49,408 entries)."""
    from transformers.convert_slow_tokenizer import bytes_to_unicode

    source = Path(importlib.util.find_spec("open_clip").origin).with_name("bpe_simple_vocab_16e6.txt.gz")
    lines = gzip.decompress(source.read_bytes()).decode().split("\n")
    merges = [tuple(line.split()) for line in lines[1 : 49152 - 256 - 2 + 1]]
    letters = list(bytes_to_unicode().values())
    tokens = letters + [letter + "</w>" for letter in letters] + ["".join(pair) for pair in merges]
    tokens += ["<|startoftext|>", "<|endoftext|>"]
    return {token: index for index, token in enumerate(tokens)}, merges


def new_tokenizer():
    """A CLIPTokenizer over CLIP's own vocabulary."""
    from transformers import CLIPTokenizer

    vocabulary, merges = clip_vocabulary()
    return CLIPTokenizer(vocab=vocabulary, merges=merges, model_max_length=77)


def save_model(folder, vae, unet, text_encoder, tokenizer, half: bool = True) -> None:
    """Write a StableDiffusionPipeline folder, in place of `folder` where there is one.

    Weights are float16 safetensors (float32 for half=False); the configs make them load as float32.
    """
    from diffusers import PNDMScheduler, StableDiffusionPipeline

    folder = Path(folder)
    temporary = folder.with_name(f".{os.getpid()}.part.{folder.name}")
    vae, unet, text_encoder = (network.half() if half else network for network in (vae, unet, text_encoder))
    schedule = {name: value for name, value in SCHEDULE.items() if name != "clip_sample"}
    pipeline = StableDiffusionPipeline(
        vae=vae,
        unet=unet,
        text_encoder=text_encoder,
        tokenizer=tokenizer,
        scheduler=PNDMScheduler(**schedule, skip_prk_steps=True, set_alpha_to_one=False),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    pipeline.save_pretrained(temporary, safe_serialization=True)
    for network in (vae, unet, text_encoder):
        network.float()
    # As Stable Diffusion's own: a DDIM schedule made from this one must not clip latents.
    change_json(temporary / "scheduler" / "scheduler_config.json", clip_sample=False)
    # transformers loads in the dtype written here, diffusers in float32: one dtype for the stock pipeline.
    change_json(temporary / "text_encoder" / "config.json", dtype="float32")
    words = temporary / "tokenizer" / "tokenizer.json"
    words.write_text(json.dumps(json.loads(words.read_text()), ensure_ascii=False, separators=(",", ":")))
    shutil.rmtree(folder, ignore_errors=True)
    os.replace(temporary, folder)


def change_json(path: Path, **changes) -> None:
    """Set some keys of a JSON object in a file."""
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}, indent=2) + "\n")
