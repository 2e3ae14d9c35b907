"""Step 5: put the trained parts together as an ordinary diffusers folder, with a manifest and a contact sheet."""

import gzip
import json
import os
import shutil
from pathlib import Path

import torch

from ldcore.model.backbone import prepare_cpu
from ldcore.runtime import cli
from ldcore.runtime.files import read_json, sha256, write_json
from pretrain.diffusion import SCHEDULE
from pretrain.sheet import contact_sheet


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
    """Write a StableDiffusionPipeline folder, in place of `folder` where there is one.

    Weights are float16 safetensors (float32 for half=False); the configs make them load as float32.
    """
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
        made_by="make pretrain (pretrain/Snakefile, pretrain/config.yaml)",
        medical_images="none",
        photographs="resources/pretrain/photographs.csv",
        packages=read_json(work / "packages.json"),
        python_packages={"scikit-image": "BSD-3-Clause", "scikit-learn": "BSD-3-Clause"},
        vocabulary={"open_clip_torch": "MIT"},
        autoencoder=read_json(work / "vae" / "manifest.json"),
        diffusion=read_json(work / "diffusion" / "manifest.json"),
    )


def write_manifest(folder, **facts) -> None:
    """Write manifest.json beside the weights: the given facts, and the sha256 of every other file of the folder."""
    folder = Path(folder)
    files = {
        str(path.relative_to(folder)): sha256(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "manifest.json"
    }
    write_json(folder / "manifest.json", {**facts, "files_sha256": files, "torch": torch.__version__})


def main(work, out, sheet):
    """Assemble the folder OUT and draw its contact sheet SHEET (PNG)."""
    prepare_cpu(2)
    assemble(work, out)
    contact_sheet(out, work, sheet)


if __name__ == "__main__":
    cli.run(main, cli.parser(__doc__, work=str, out=str, sheet=str))
