"""Ours against diffusers' deprecated Pix2Pix-Zero pipeline, one image, where they overlap."""

import pytest
import torch

from ldcore import Drift, plugins
from ldcore.edit import Sources
from ldcore.edit.methods import pix2pix_zero
from ldcore.model.backbone import embed_prompts, load_backbone
from ldcore.runtime.device import prepare_cpu
from ldcore.sampling import inversion
from ldcore.sampling.ddim import classifier_free, denoise

MODEL = "resources/embedded_model"
STEPS = 4


@pytest.fixture(scope="module")
def stock():
    from diffusers import DDIMInverseScheduler, DDIMScheduler
    from diffusers.pipelines.deprecated.stable_diffusion_variants.pipeline_stable_diffusion_pix2pix_zero import (
        StableDiffusionPix2PixZeroPipeline as Pipeline,
    )

    prepare_cpu()
    backbone = load_backbone(MODEL)
    pipeline = Pipeline(
        vae=backbone.vae,
        text_encoder=backbone.text_encoder,
        tokenizer=backbone.tokenizer,
        unet=backbone.unet,
        scheduler=DDIMScheduler.from_config(backbone.scheduler.config),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
        caption_generator=None,
        caption_processor=None,
        inverse_scheduler=DDIMInverseScheduler.from_config(backbone.scheduler.config),
    )
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def test_edit_agrees_with_diffusers(stock):
    backbone = load_backbone(MODEL)
    embeds = embed_prompts(backbone, ["", "a brain MRI", "a red flower", "the sky", "the grass"])
    noise = torch.randn(1, 4, 16, 16, generator=torch.Generator().manual_seed(0))
    direction = (embeds[4] - embeds[3])[None]
    out = stock(
        prompt_embeds=embeds[1:2],
        negative_prompt_embeds=embeds[:1],
        source_embeds=embeds[3:4],
        target_embeds=embeds[4:5],
        latents=noise.clone(),
        num_inference_steps=STEPS,
        guidance_scale=3.0,
        cross_attention_guidance_amount=0.1,
        output_type="latent",
    ).images
    options = plugins.options("edit method", "pix2pix_zero", {"steps": STEPS}, literal="SAMPLING")
    plain, along = torch.cat([embeds[:1], embeds[1:2]]), torch.cat([embeds[:1], embeds[1:2] + direction])
    with pix2pix_zero.recorded(backbone.unet):
        _, maps = pix2pix_zero.sample_recorded(backbone, noise, plain, Drift(), options)
        ours, _ = pix2pix_zero.sample_recorded(backbone, noise, along, Drift(), options, maps)
    torch.testing.assert_close(ours, out, rtol=1e-4, atol=1e-4)


def test_regularisation_agrees_with_diffusers(stock):
    noise = torch.randn(1, 4, 16, 16, generator=torch.Generator().manual_seed(1)) * 1.3 + 0.2
    theirs = stock.auto_corr_loss(noise, generator=torch.Generator().manual_seed(2))
    ours = inversion.auto_correlation(noise, [torch.Generator().manual_seed(2)])
    torch.testing.assert_close(ours[0], theirs)
    torch.testing.assert_close(inversion.kl_divergence(noise)[0], stock.kl_divergence(noise))


RECORDS = [{"subject_id": "a", "session": 0, "age": 70.0, "sex": "F", "diagnosis": "CN", "findings": ""}]
GIVEN = {"steps": STEPS, "guidance_scale": 2.0, "negative": "source", "regularisation": {"reg_steps": 1}}
OPTIONS = plugins.options("edit method", "pix2pix_zero", GIVEN, literal="SAMPLING")
READINGS = ("edit", "both", "round_trip")


def texts(count):
    from ldcore.edit.requests.texts import edit_texts

    return edit_texts(RECORDS * count, [{**RECORDS[0], "diagnosis": "AD"}] * count, "brain_mr", "simple_info")


def sources(latents):
    return Sources(latents, texts(len(latents)), [(number,) for number in range(len(latents))])


@pytest.fixture(scope="module")
def images():
    """Latents [9, 4, 16, 16] of phantom brains."""
    from ldcore import datasets
    from ldcore.model.autoencoding import encode

    _, pictures = datasets.build("brain_phantom", {"subjects": 5, "image_size": 64}, 0)
    return torch.from_numpy(encode(load_backbone(MODEL), pictures[:9])[0])


def test_amount_0_is_the_unedited_image_and_batches_do_not_matter(images):
    backbone = load_backbone(MODEL)
    edited, unedited = pix2pix_zero.edit(backbone, sources(images), Drift(), OPTIONS, (0.0, 1.0))
    assert torch.equal(edited[0], unedited[0]) and not torch.equal(edited[1], unedited[1])
    alone, _ = pix2pix_zero.edit(backbone, sources(images).of([8]), Drift(), OPTIONS)
    assert torch.equal(alone[0, 0], edited[1, 8])
    assert not any(isinstance(processor, pix2pix_zero.Recorder) for processor in backbone.unet.attn_processors.values())


@pytest.mark.parametrize("drift", [Drift(), Drift(0.1, "prior"), Drift(0.01, "kernel")])
def test_an_inverted_unedited_image_comes_back(images, drift):
    backbone = load_backbone(MODEL)
    options = {**OPTIONS, "steps": 50, "regularisation": {"reg_steps": 0}, "drift_in": "round_trip"}
    _, unedited = pix2pix_zero.edit(backbone, sources(images[:2]), drift, options)
    lost = (unedited[0] - images[:2]).square().mean() / images[:2].var()
    assert lost < 0.1


def test_a_kernel_drift_left_out_of_the_inversion_does_not_come_back(images):
    backbone, drift = load_backbone(MODEL), Drift(0.02, "kernel")
    embeds = embed_prompts(backbone, texts(1).source)
    lost = []
    for inverted in (drift, Drift()):
        noise = inversion.invert(backbone, images[:1], embeds, inverted, [(0,)], inversion.Inversion(50, reg_steps=0))
        back = denoise(backbone, noise, classifier_free(backbone, embeds, embeds, 1), drift, 50)
        lost.append((back - images[:1]).square().mean().item())
    assert lost[0] < lost[1] / 4


@pytest.fixture(scope="module")
def small(tiny_model):
    """A function of a drift and its reading: edited and unedited latents [A, 2, 4, 8, 8] on a tiny random model."""
    latents = torch.randn(2, 4, 8, 8, generator=torch.Generator().manual_seed(0))

    def edited(drift, reading, amounts=(0.0, 1.0, 2.0)):
        options = {**OPTIONS, "drift_in": reading}
        return pix2pix_zero.edit(load_backbone(tiny_model), sources(latents), drift, options, amounts)

    return edited


@pytest.fixture(scope="module")
def undrifted(small):
    return small(Drift(), "edit")


@pytest.mark.parametrize("drift", [Drift(0.1, "prior"), Drift([0.1, -0.1, 0.0, 0.2], "prior"), Drift(0.02, "kernel")])
def test_the_edit_starts_at_the_inverted_noise_plus_lambda_times_the_drift(tiny_model, small, undrifted, drift):
    backbone = load_backbone(tiny_model)
    two = sources(torch.randn(2, 4, 8, 8, generator=torch.Generator().manual_seed(0)))
    edited, unedited = small(drift, "edit")
    assert all(torch.equal(unedited[amount], undrifted[1][0]) for amount in range(3))
    before, after = (embed_prompts(backbone, two.texts.sets["edit"][side]).mean(0, keepdim=True) for side in (0, 1))
    prompts = embed_prompts(backbone, two.texts.source)
    noise = inversion.invert(backbone, two.latents, prompts, Drift(), two.keys, inversion.Inversion(STEPS, reg_steps=1))
    with pix2pix_zero.recorded(backbone.unet):
        back, maps = pix2pix_zero.sample_recorded(backbone, noise, torch.cat([prompts, prompts]), Drift(), OPTIONS)
        context = torch.cat([prompts, prompts + 2 * (after - before)])
        start = noise + 2 * torch.tensor(drift.value).view(-1, 1, 1)
        there, _ = pix2pix_zero.sample_recorded(backbone, start, context, drift.times(2), OPTIONS, maps)
    torch.testing.assert_close(unedited[2], back, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(edited[2], there, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize("kind", ["prior", "kernel"])
def test_lambda_0_is_unedited_and_undrifted_in_every_reading(small, undrifted, reading, kind):
    edited, unedited = small(Drift(0.1, kind), reading, (0.0,))
    assert torch.equal(edited, unedited) and torch.equal(unedited[0], undrifted[1][0])


def test_a_drift_on_both_ways_moves_the_unedited_image_too(small, undrifted):
    edited, unedited = small(Drift(0.1, "prior"), "both")
    assert not torch.equal(unedited[1], undrifted[1][1]) and not torch.equal(unedited[1], unedited[2])
    assert not torch.equal(edited[1], undrifted[0][1])


def test_a_prior_drift_cancels_in_the_round_trip_and_another_does_not(small, undrifted):
    edited, unedited = small(Drift(5.0, "prior"), "round_trip")
    assert torch.equal(edited, undrifted[0]) and torch.equal(unedited, undrifted[1])
    edited, _ = small(Drift(0.02, "kernel"), "round_trip")
    assert not torch.equal(edited[1], undrifted[0][1])


def test_a_velocity_is_regularised_as_the_noise_it_stands_for(tiny_model):
    """A network whose velocity says what another's noise says is inverted as that one is."""
    backbone, velocity = load_backbone(tiny_model), load_backbone(tiny_model)
    latents = torch.randn(2, 4, 8, 8, generator=torch.Generator().manual_seed(0))
    velocity.scheduler.register_to_config(prediction_type="v_prediction")
    forward, alphas = velocity.unet.forward, velocity.scheduler.alphas_cumprod

    def as_velocity(latents, timestep, embeds):
        out, alpha = forward(latents, timestep, embeds), alphas[timestep]
        out.sample = (out.sample - (1 - alpha) ** 0.5 * latents) / alpha**0.5
        return out

    velocity.unet.forward = as_velocity
    embeds, how = embed_prompts(backbone, texts(2).source), inversion.Inversion(STEPS, reg_steps=2)
    noise, same = (
        inversion.invert(model, latents, embeds, Drift(0.01, "kernel"), [(0,), (1,)], how)
        for model in (backbone, velocity)
    )
    torch.testing.assert_close(same, noise, rtol=1e-3, atol=1e-3)
    unlike = inversion.invert(backbone, latents, embeds, Drift(), [(0,), (1,)], how)
    assert (unlike - noise).abs().max() > 0.01
