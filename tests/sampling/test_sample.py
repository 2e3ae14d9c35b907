"""Sampling: agreement with diffusers' own pipeline, and independence of batch and companions."""

import numpy as np
import pytest
import torch

from ldcore import Drift
from ldcore.model import autoencoding as module
from ldcore.model.autoencoding import decode, encode
from ldcore.model.backbone import embed_prompts, load_backbone, rescheduled
from ldcore.runtime.errors import UserError
from ldcore.runtime.precision import compiled, set_precision
from ldcore.sampling.ddim import Sampling, denoise, sample, starting_noise

PROMPTS = ["a brain MRI", "a photograph of a red flower", "a brain MRI of a 70 year old female with normal cognition"]


def noise_of(count):
    return torch.stack([starting_noise((4, 8, 8), 0, i) for i in range(count)])


@pytest.fixture(scope="module")
def pipeline(tiny_model):
    from diffusers import DDIMScheduler, StableDiffusionPipeline

    pipeline = StableDiffusionPipeline.from_pretrained(tiny_model)
    pipeline.scheduler = DDIMScheduler.from_config(pipeline.scheduler.config)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


@pytest.mark.parametrize("guidance", [1.0, 3.0])
@pytest.mark.parametrize(
    "drift",
    [Drift(), Drift(0.1, "prior"), Drift([0.1, 0.0, -0.2, 0.3], "prior"), Drift(0.02, "kernel")],
    ids=["none", "prior", "channel", "kernel"],
)
def test_stock_pipeline_gives_the_same_latents(pipeline, backbone, drift, guidance):
    noise = noise_of(3)
    stock = pipeline(
        PROMPTS,
        latents=drift.shift(noise),
        num_inference_steps=6,
        guidance_scale=guidance,
        output_type="latent",
        callback_on_step_end=drift.step_callback(),
    ).images
    embeds = embed_prompts(backbone, ["", *PROMPTS])
    ours, trace = sample(backbone, embeds[1:], embeds[0], noise, drift, Sampling(6, guidance))
    assert (ours - stock).abs().max() < 1e-5
    assert torch.allclose(trace[:, 0], drift.shift(noise).mean((2, 3))) and torch.allclose(
        trace[:, -1], ours.mean((2, 3))
    )


def test_stock_pipeline_gives_the_same_latents_under_another_schedule(tiny_model):
    from diffusers import DDIMScheduler, StableDiffusionPipeline

    schedule = {"prediction_type": "v_prediction", "rescale_betas_zero_snr": True, "timestep_spacing": "trailing"}
    stock, ours = StableDiffusionPipeline.from_pretrained(tiny_model), load_backbone(tiny_model)
    stock.scheduler = DDIMScheduler.from_config(stock.scheduler.config, **schedule)
    stock.set_progress_bar_config(disable=True)
    ours.scheduler = rescheduled(ours.scheduler, schedule)
    noise, embeds = noise_of(3), embed_prompts(ours, ["", *PROMPTS])
    latents = stock(PROMPTS, latents=noise, num_inference_steps=6, guidance_scale=3.0, output_type="latent").images
    assert (sample(ours, embeds[1:], embeds[0], noise, Drift(), Sampling(6, 3.0))[0] - latents).abs().max() < 1e-5
    assert rescheduled(ours.scheduler, {}) is ours.scheduler


def test_stock_pipeline_draws_a_picture_from_text_alone(tiny_model):
    from diffusers import StableDiffusionPipeline

    pipeline = StableDiffusionPipeline.from_pretrained(tiny_model)
    image = pipeline(
        "a cat", num_inference_steps=2, output_type="np", generator=torch.Generator().manual_seed(0)
    ).images[0]
    assert image.shape == (32, 32, 3) and np.isfinite(image).all() and image.std() > 0


def test_latents_that_are_not_finite_are_refused(backbone):
    def lost(latents, timestep):
        return torch.full_like(latents, float("nan")), latents

    with pytest.raises(UserError, match="not finite"):
        denoise(backbone, noise_of(1), lost, Drift(), 2)


def test_delta_zero_is_plain_bit_for_bit(backbone):
    embeds, noise = embed_prompts(backbone, ["", *PROMPTS]), noise_of(3)
    plain = sample(backbone, embeds[1:], embeds[0], noise, Drift(), Sampling(4, 2.0))[0]
    for drift in (Drift(0.0, "prior"), Drift(0.0, "kernel"), Drift(0.5, "none")):
        assert torch.equal(sample(backbone, embeds[1:], embeds[0], noise, drift, Sampling(4, 2.0))[0], plain)
    assert not torch.equal(
        sample(backbone, embeds[1:], embeds[0], noise, Drift(0.1, "prior"), Sampling(4, 2.0))[0], plain
    )


def test_an_image_depends_on_its_seed_not_on_its_batch(backbone):
    embeds = embed_prompts(backbone, ["", *PROMPTS])
    rows = torch.tensor([0, 1, 2] * 4)[:11]
    many = sample(backbone, embeds[1:][rows], embeds[0], noise_of(11), Drift(0.1, "prior"), Sampling(3, 2.0, 16))[0]
    order = torch.tensor([7, 2, 10])
    noise = noise_of(11)[order]
    few = sample(backbone, embeds[1:][rows][order], embeds[0], noise, Drift(0.1, "prior"), Sampling(3, 2.0, 2))[0]
    assert torch.equal(few, many[order])
    assert np.array_equal(decode(backbone, few), decode(backbone, many)[order])


def test_encoding_is_independent_of_companions_and_scaled(backbone):
    images = np.random.default_rng(0).integers(0, 256, (11, 32, 32), dtype=np.uint8)
    mean, std = encode(backbone, images)
    assert mean.shape == std.shape == (11, 4, 8, 8) and (std > 0).all()
    assert np.array_equal(encode(backbone, images[[9]])[0], mean[[9]])
    tensor = torch.from_numpy(images[:1]).float()[:, None].expand(1, 3, 32, 32) / 127.5 - 1
    with torch.no_grad():
        direct = backbone.vae.encode(tensor).latent_dist.mean * backbone.vae.config.scaling_factor
    assert np.allclose(mean[:1], direct, atol=1e-5)


def test_large_images_go_through_the_autoencoder_a_few_at_a_time(backbone, monkeypatch):
    calls, original = [], backbone.vae.decode
    monkeypatch.setattr(backbone.vae, "decode", lambda rows: calls.append(len(rows)) or original(rows))
    images, noise = np.zeros((5, 32, 32), np.uint8), noise_of(5)
    whole = decode(backbone, noise), encode(backbone, images)[0]
    monkeypatch.setattr(module, "PIXELS", 3 * 32 * 32)
    few = decode(backbone, noise), encode(backbone, images)[0]
    assert (
        calls == [8, 3, 3]
        and np.abs(few[0].astype(int) - whole[0]).max() <= 1
        and np.allclose(few[1], whole[1], atol=1e-5)
    )
    assert np.array_equal(
        encode(backbone, np.arange(5, dtype=np.uint8)[:, None, None] + images, rows=[4, 1])[0],
        encode(backbone, np.array([4, 1], np.uint8)[:, None, None] + images[:2])[0],
    )


def test_bf16_is_float32_up_to_rounding_and_leaves_latents_in_float32(backbone):
    embeds, noise = embed_prompts(backbone, ["", *PROMPTS]), noise_of(3)
    exact = sample(backbone, embeds[1:], embeds[0], noise, Drift(0.1, "kernel"), Sampling(4, 2.0))[0]
    set_precision(backbone.unet, "float32")
    assert torch.equal(sample(backbone, embeds[1:], embeds[0], noise, Drift(0.1, "kernel"), Sampling(4, 2.0))[0], exact)
    for network in (backbone.unet, backbone.vae):
        set_precision(network, "bf16")
    rounded = sample(backbone, embeds[1:], embeds[0], noise, Drift(0.1, "kernel"), Sampling(4, 2.0))[0]
    assert rounded.dtype == torch.float32 and 0 < (rounded - exact).abs().max() < 0.05
    assert not torch.equal(rounded.bfloat16().float(), rounded)
    assert decode(backbone, rounded).dtype == np.uint8
    with pytest.raises(UserError, match="fp16.*bf16"):
        set_precision(backbone.unet, "fp16")


def test_one_compilation_serves_every_drift_and_any_number_of_images(tiny_model, monkeypatch):
    backbone, graphs, original = load_backbone(tiny_model), [], torch.compile
    embeds, noise = embed_prompts(backbone, ["", *PROMPTS]), noise_of(11)
    rows = torch.tensor([0, 1, 2] * 4)[:11]
    drifts = [(Drift(), 11), (Drift(0.1, "prior"), 3), (Drift([0.1, 0.0, 0.0, 0.0], "kernel"), 9)]

    def run():
        return [
            sample(backbone, embeds[1:][rows[:count]], embeds[0], noise[:count], drift, Sampling(3, 2.0))[0]
            for drift, count in drifts
        ]

    plain = run()
    monkeypatch.setattr(
        torch,
        "compile",
        lambda *given, **options: original(*given, backend=lambda g, _: graphs.append(g) or g, **options),
    )
    with compiled(backbone.unet, True):
        compiled_latents = run()
    assert len(graphs) == 1 and all(torch.allclose(a, b, atol=1e-5) for a, b in zip(plain, compiled_latents))
