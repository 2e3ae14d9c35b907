"""The committed model is what its manifest says, small, loadable by diffusers, fit for brains and led by captions."""

import hashlib
from pathlib import Path

import numpy as np
import pytest

from ldcore.runtime.files import read_json

FOLDER = Path(__file__).parents[1] / "resources" / "embedded_model"


def test_files_are_those_of_the_manifest_and_small():
    manifest = read_json(FOLDER / "manifest.json")
    files = {str(p.relative_to(FOLDER)): p for p in FOLDER.rglob("*") if p.is_file() and p.name != "manifest.json"}
    assert {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in files.items()} == manifest[
        "files_sha256"
    ]
    assert sum(path.stat().st_size for path in files.values()) < 25e6
    assert manifest["medical_images"] == "none" and manifest["autoencoder"]["psnr_held_out_photographs"] > 27
    assert all(package["licences"] for package in manifest["packages"].values())


@pytest.fixture(scope="module")
def embedded(one_thread):
    from ldcore.model.backbone import load_backbone

    return load_backbone(FOLDER)


def test_brains_come_back_through_the_autoencoder(embedded):
    import torch

    from ldcore.datasets import build
    from ldcore.model.autoencoding import decode, encode

    images = build("brain_phantom", {"subjects": 12}, 5)[1]
    back = decode(embedded, torch.from_numpy(encode(embedded, images)[0])).astype(float)
    error = ((back - images[..., None]) ** 2).mean((1, 2, 3))
    assert (10 * np.log10(255**2 / error)).mean() >= 24


def test_captions_lead_the_samples(embedded):
    from pretrain.sheet import guided_samples

    captions = ["a photograph of green grass", "a photograph of a pink sky over the sea at dusk"]
    grass, sky = guided_samples(embedded, captions, 4).astype(float)
    across = [np.abs(np.diff(images.mean(-1), axis=2)).mean() for images in (grass, sky)]
    assert across[0] > 3 * across[1]  # blades against a smooth sky
    assert (grass[..., 1] - grass[..., 2]).mean() > (sky[..., 1] - sky[..., 2]).mean() + 10  # greener


def test_the_stock_pipeline_draws_with_it():
    import torch
    from diffusers import StableDiffusionPipeline

    pipeline = StableDiffusionPipeline.from_pretrained(FOLDER)
    assert {p.dtype for part in (pipeline.unet, pipeline.vae, pipeline.text_encoder) for p in part.parameters()} == {
        torch.float32
    }
    image = pipeline(
        "a photograph of green grass", num_inference_steps=2, generator=torch.Generator().manual_seed(0)
    ).images[0]
    assert image.size == (64, 64)
