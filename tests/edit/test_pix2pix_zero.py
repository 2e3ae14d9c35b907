"""Ours against diffusers' deprecated Pix2Pix-Zero pipeline, one image, where they overlap."""

import pytest
import torch

from ldcore.backbone import embed_prompts, load_backbone, prepare_cpu
from ldcore.drift import Drift
from ldcore.edit import inversion, pix2pix_zero

MODEL = "resources/embedded_model"
STEPS = 4


@pytest.fixture(scope="module")
def stock():
    from diffusers import DDIMInverseScheduler, DDIMScheduler
    from diffusers.pipelines.deprecated.stable_diffusion_variants.pipeline_stable_diffusion_pix2pix_zero import (
        StableDiffusionPix2PixZeroPipeline as Pipeline)

    prepare_cpu()
    backbone = load_backbone(MODEL)
    pipeline = Pipeline(vae=backbone.vae, text_encoder=backbone.text_encoder, tokenizer=backbone.tokenizer, unet=backbone.unet,
                        scheduler=DDIMScheduler.from_config(backbone.scheduler.config), safety_checker=None,
                        feature_extractor=None, requires_safety_checker=False, caption_generator=None, caption_processor=None,
                        inverse_scheduler=DDIMInverseScheduler.from_config(backbone.scheduler.config))
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def test_edit_agrees_with_diffusers(stock):
    backbone = load_backbone(MODEL)
    embeds = embed_prompts(backbone, ["", "a brain MRI", "a red flower", "the sky", "the grass"])
    noise = torch.randn(1, 4, 16, 16, generator=torch.Generator().manual_seed(0))
    direction = (embeds[4] - embeds[3])[None]
    out = stock(prompt_embeds=embeds[1:2], negative_prompt_embeds=embeds[:1], source_embeds=embeds[3:4], target_embeds=embeds[4:5],
                latents=noise.clone(), num_inference_steps=STEPS, guidance_scale=3.0, cross_attention_guidance_amount=0.1,
                output_type="latent").images
    options = {**pix2pix_zero.SAMPLING, "steps": STEPS}
    kept, _ = pix2pix_zero.recorders(backbone.unet)
    _, seen = pix2pix_zero.denoise(backbone, noise, embeds[1:2], embeds[:1], Drift(), options, kept)
    ours, _ = pix2pix_zero.denoise(backbone, noise, embeds[1:2] + direction, embeds[:1], Drift(), options, kept, seen)
    torch.testing.assert_close(ours, out, rtol=1e-4, atol=1e-4)


def test_regularisation_agrees_with_diffusers(stock):
    noise = torch.randn(1, 4, 16, 16, generator=torch.Generator().manual_seed(1)) * 1.3 + 0.2
    theirs = stock.auto_corr_loss(noise, generator=torch.Generator().manual_seed(2))
    ours = inversion.auto_correlation(noise, [torch.Generator().manual_seed(2)])
    torch.testing.assert_close(ours[0], theirs)
    torch.testing.assert_close(inversion.kl_divergence(noise)[0], stock.kl_divergence(noise))
