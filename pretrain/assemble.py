"""Put the trained parts together as an ordinary diffusers folder, small enough to commit, and describe how it was made."""

import gzip
import hashlib
import json
import os
import shutil
from pathlib import Path

import torch

from ldcore.runtime.files import read_json, write_json
from pretrain.diffusion import SCHEDULE


def clip_vocabulary() -> tuple[dict, list[tuple[str, str]]]:
    """CLIP's byte-pair vocabulary (token -> id) and merges, from the file open_clip packages (49,408 entries)."""
    import importlib.util

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
    """Write a StableDiffusionPipeline folder: weights as float16 safetensors (float32 for half=False), configs that load as float32;
    replaces `folder`."""
    from diffusers import PNDMScheduler, StableDiffusionPipeline

    folder = Path(folder)
    temporary = folder.with_name(f".{os.getpid()}.part.{folder.name}")
    vae, unet, text_encoder = (part.half() if half else part for part in (vae, unet, text_encoder))
    pipeline = StableDiffusionPipeline(
        vae=vae,
        unet=unet,
        text_encoder=text_encoder,
        tokenizer=tokenizer,
        scheduler=PNDMScheduler(
            **{k: v for k, v in SCHEDULE.items() if k != "clip_sample"}, skip_prk_steps=True, set_alpha_to_one=False
        ),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    pipeline.save_pretrained(temporary, safe_serialization=True)
    for part in (vae, unet, text_encoder):
        part.float()
    schedule = (
        temporary / "scheduler" / "scheduler_config.json"
    )  # as Stable Diffusion's: DDIM made from it must not clip latents
    schedule.write_text(json.dumps({**json.loads(schedule.read_text()), "clip_sample": False}, indent=2) + "\n")
    words = temporary / "tokenizer" / "tokenizer.json"
    words.write_text(json.dumps(json.loads(words.read_text()), ensure_ascii=False, separators=(",", ":")))
    config = temporary / "text_encoder" / "config.json"
    # transformers loads in the dtype written here, diffusers in float32: one dtype for the stock pipeline.
    config.write_text(json.dumps({**json.loads(config.read_text()), "dtype": "float32"}, indent=2) + "\n")
    shutil.rmtree(folder, ignore_errors=True)
    os.replace(temporary, folder)


def assemble(work, out) -> None:
    """Gather the trained parts in `work` into the folder `out` with its manifest."""
    from diffusers import AutoencoderKL, UNet2DConditionModel
    from transformers import CLIPTextModel

    work, tokenizer = Path(work), new_tokenizer()
    save_model(
        out,
        AutoencoderKL.from_pretrained(work / "vae"),
        UNet2DConditionModel.from_pretrained(work / "diffusion" / "unet"),
        CLIPTextModel.from_pretrained(work / "diffusion" / "text_encoder"),
        tokenizer,
    )
    write_manifest(
        out,
        made_by="make pretrain (rules/pretrain.smk, configs/pretrain.yaml)",
        medical_images="none",
        photographs="resources/pretrain/photographs.csv",
        packages=read_json(work / "packages.json"),
        python_packages={"scikit-image": "BSD-3-Clause", "scikit-learn": "BSD-3-Clause"},
        vocabulary={"open_clip_torch": "MIT"},
        autoencoder=read_json(work / "vae" / "manifest.json"),
        diffusion=read_json(work / "diffusion" / "manifest.json"),
    )


def write_manifest(folder, **facts) -> None:
    """manifest.json beside the weights: the given facts and the sha256 of every file."""
    folder = Path(folder)
    files = {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "manifest.json"
    }
    write_json(folder / "manifest.json", {**facts, "files_sha256": files, "torch": torch.__version__})
