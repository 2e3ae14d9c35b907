"""Write a model as a Stable Diffusion folder: one of our own making, or one with trained weights."""

import gzip
import importlib.util
import json
import os
import shutil
from pathlib import Path

from ldcore.runtime.files import read_json, write_json

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


def save_pipeline(backbone, changed: list[str], folder) -> None:
    """Write a whole pipeline folder of a backbone with trained weights, and the DDIM schedule that our sampler uses.

    changed: the parts to write anew (unet, text_encoder, tokenizer); the others are the model's own files, linked where
    the disk allows. It is a StableDiffusionPipeline, or InstructPix2Pix's where the U-Net sees an image besides.
    """
    model, folder = backbone.folder, Path(folder)
    for part in ("text_encoder", "tokenizer", "unet", "vae"):
        if part in changed:
            getattr(backbone, part).save_pretrained(folder / part)
        else:
            shutil.copytree(model / part, folder / part, copy_function=link)
    backbone.scheduler.save_pretrained(folder / "scheduler")
    sees_image = backbone.unet.config.in_channels != backbone.unet.config.out_channels
    index = {
        **read_json(model / "model_index.json"),
        "_class_name": "StableDiffusionInstructPix2PixPipeline" if sees_image else "StableDiffusionPipeline",
        "scheduler": ["diffusers", "DDIMScheduler"],
        "safety_checker": [None, None],
        "feature_extractor": [None, None],
        "requires_safety_checker": False,
    }
    write_json(folder / "model_index.json", index)


def link(source, target) -> None:
    """A hard link where the file system has one, else a copy."""
    source = os.path.realpath(source)  # a model folder of a hub's cache holds symbolic links
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
