"""InstructPix2Pix against the stock pipeline, its widened network, and what its training batches hold."""

import numpy as np
import pandas as pd
import pytest
import torch

from ldcore import Drift, plugins
from ldcore.edit import Sources
from ldcore.edit.methods import instruct_pix2pix as ip
from ldcore.edit.requests.texts import edit_texts
from ldcore.model.backbone import load_backbone
from ldcore.runtime.device import prepare_cpu
from ldcore.runtime.errors import UserError
from ldcore.runtime.seeds import numpy_rng
from ldcore.sampling.ddim import starting_noise
from ldcore.training.batches import batch, draws
from ldcore.training.loop import TrainingRun, train

MODEL = "resources/embedded_model"
ROWS = [
    {"subject_id": "a", "session": n, "age": 70.0 + 6 * n, "sex": "F", "diagnosis": "AD", "findings": ""}
    for n in (0, 1)
]
GIVEN = {"steps": 3, "guidance_scale": 2.0, "image_guidance_scale": 1.5}
OPTIONS = plugins.options("edit method", "instruct_pix2pix", GIVEN, literal="SAMPLING")


@pytest.fixture(scope="module")
def backbone():
    prepare_cpu()
    backbone = load_backbone(MODEL)
    ip.widen(backbone.unet)
    with torch.no_grad():  # as if trained: the new channels act
        generator = torch.Generator().manual_seed(0)
        backbone.unet.conv_in.weight[:, 4:] = 0.1 * torch.randn(
            backbone.unet.conv_in.weight[:, 4:].shape, generator=generator
        )
    return backbone


def texts(count=1):
    return edit_texts(ROWS[:1] * count, ROWS[1:] * count, "brain_mr", "numerical")


def test_widening_changes_nothing_at_first_and_twice_is_once():
    plain, wide = load_backbone(MODEL), load_backbone(MODEL)
    ip.widen(wide.unet)
    first = wide.unet.conv_in
    ip.widen(wide.unet)
    assert wide.unet.conv_in is first and wide.unet.config.in_channels == 8
    x, embeds = torch.randn(1, 4, 16, 16), torch.randn(1, 77, plain.text_encoder.config.hidden_size)
    with torch.no_grad():
        torch.testing.assert_close(
            wide.unet(torch.cat([x, torch.randn_like(x)], 1), 5, embeds).sample, plain.unet(x, 5, embeds).sample
        )


@pytest.mark.parametrize("drift", [Drift(), Drift(0.1, "prior")])
def test_agrees_with_the_stock_pipeline(backbone, drift, tmp_path):
    from diffusers import DDIMScheduler, StableDiffusionInstructPix2PixPipeline, UNet2DConditionModel

    backbone.unet.save_pretrained(tmp_path / "unet")
    pipeline = StableDiffusionInstructPix2PixPipeline(
        vae=backbone.vae,
        text_encoder=backbone.text_encoder,
        tokenizer=backbone.tokenizer,
        safety_checker=None,
        feature_extractor=None,
        unet=UNet2DConditionModel.from_pretrained(tmp_path / "unet"),
        requires_safety_checker=False,
        scheduler=DDIMScheduler.from_config(backbone.scheduler.config),
    )
    pipeline.set_progress_bar_config(disable=True)
    image = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(1)) * 2 - 1
    with torch.no_grad():
        latents = backbone.vae.encode(image).latent_dist.mode() * backbone.vae.config.scaling_factor
    noise = starting_noise((4, 16, 16), "edit", "key")[None]
    stock = pipeline(
        texts().instruction,
        image=image,
        latents=drift.shift(noise),
        num_inference_steps=OPTIONS["steps"],
        output_type="latent",
        guidance_scale=OPTIONS["guidance_scale"],
        image_guidance_scale=OPTIONS["image_guidance_scale"],
    ).images
    ours, _ = ip.edit(backbone, Sources(latents, texts(), [("key",)]), drift, OPTIONS)
    torch.testing.assert_close(ours[0], stock, rtol=1e-4, atol=1e-4)


def test_amount_0_is_the_unedited_image_and_batches_do_not_matter(backbone):
    latents = torch.randn(9, 4, 16, 16, generator=torch.Generator().manual_seed(2))
    sources = Sources(latents, texts(9), [(number,) for number in range(9)])
    edited, unedited = ip.edit(backbone, sources, Drift(0.1, "prior"), OPTIONS, (0.0, 1.0))
    assert torch.equal(edited[0], unedited[0]) and not torch.equal(edited[1], unedited[1])
    alone, _ = ip.edit(backbone, sources.of([8]), Drift(0.1, "prior"), OPTIONS)
    assert torch.equal(alone[0, 0], edited[1, 8])


def test_the_drift_is_part_of_the_edit_or_of_both_images(backbone):
    latents = torch.randn(2, 4, 16, 16, generator=torch.Generator().manual_seed(2))
    sources, drift = Sources(latents, texts(2), [(0,), (1,)]), Drift(0.1, "prior")
    plain = ip.unedited(backbone, sources, Drift(), OPTIONS)[0]
    alone, both = (
        ip.edit(backbone, sources, drift, {**OPTIONS, "drift_in": name}, (1.0,)) for name in ("edit", "both")
    )
    assert torch.equal(alone[1][0], plain) and not torch.equal(both[1][0], plain)
    assert torch.equal(alone[0], both[0])
    edited, unedited = ip.edit(backbone, sources, drift, {**OPTIONS, "drift_in": "both"}, (0.0, 1.0))
    assert torch.equal(edited[0], plain) and torch.equal(unedited[1], both[1][0])


@pytest.fixture(scope="module")
def data(backbone):
    """Training data of three pairs of random latents, told in three formats."""
    shape = (6, 4, 16, 16)
    latents = {
        "mean": np.random.default_rng(0).normal(size=shape).astype("float32"),
        "std": np.zeros(shape, "float32"),
        "rows": np.arange(6),
    }
    records = pd.DataFrame([{**row, "subject_id": f"s{i}"} for i in range(3) for row in ROWS])
    pairs = pd.DataFrame({"source": [0, 2, 4], "target": [1, 3, 5]})
    return ip.training_data(backbone, latents, pairs, records, "brain_mr")


def trained_with(**given):
    return plugins.options("edit method", "instruct_pix2pix", given)


@pytest.mark.parametrize("target", ["target", "source"])
def test_a_dropped_instruction_has_the_true_target_or_its_source(data, target):
    options = trained_with(
        batch_size=64, image_dropout=0.0, both_dropout=0.0, caption_dropout=0.5, dropped_instruction=target
    )
    assert len(data["mean"]) == 9
    values = batch(data, options, 0)
    dropped = (values["prompt_embeds"] == data["empty"]).all(-1).all(-1)
    assert 10 < dropped.sum() < 54
    same = torch.isclose(values["latents"], values["source"] * data["source_scale"], atol=1e-5).flatten(1).all(1)
    assert torch.equal(same, dropped) if target == "source" else not same.any()
    everything = trained_with(batch_size=64, image_dropout=1.0, caption_dropout=0.1, both_dropout=0.1)
    assert not batch(data, everything, 0)["source"].any()


def test_dropout_is_the_papers(data):
    """Shares of (instruction dropped, source dropped) against the masks of diffusers' train_instruct_pix2pix."""
    count, p = 40_000, 0.05
    small = {"mean": torch.zeros(1, 1, 1, 1), "source": data["source"], "timesteps": 1000}
    random = draws(small, trained_with(batch_size=count), "shares")
    u = torch.rand(count, generator=torch.Generator().manual_seed(0))
    theirs = u < 2 * p, ~(1 - (u >= p).float() * (u < 3 * p).float()).bool()
    ours = random["dropped"], ~random["source_kept"]
    for drop_text in (False, True):
        for drop_source in (False, True):
            share, reference = (
                ((text == drop_text) & (source == drop_source)).float().mean() for text, source in (ours, theirs)
            )
            assert abs(share - reference) < 0.005  # 3 standard errors
    assert not random["unchanged"].any()


def test_the_named_form_has_the_numbers_it_had(data):
    """dropped_instruction: source, drawn here as it was before it was an option."""
    named = {"caption_dropout": 0.15, "image_dropout": 0.05, "both_dropout": 0.0075, "dropped_instruction": "source"}
    random = draws(data, trained_with(batch_size=4096, **named), 0, "train", 3)
    rng = numpy_rng(0, "train", 3)
    rng.integers(9, size=4096)
    assert torch.equal(random["dropped"], torch.from_numpy(rng.random(4096) < 0.15))
    rng.integers(0, 1000, 4096)
    assert torch.equal(random["source_kept"], torch.from_numpy(rng.random(4096) >= 0.05))
    assert torch.equal(random["unchanged"], random["dropped"])


def test_shares_of_dropout_that_contradict_each_other_are_refused(data):
    for given in ({"both_dropout": 0.2}, {"caption_dropout": 0.9, "image_dropout": 0.9, "both_dropout": 0.0}):
        with pytest.raises(UserError, match="both_dropout"):
            batch(data, trained_with(**given), 0)


def test_training_moves_the_new_channels(backbone, tmp_path):
    fresh, shape = load_backbone(MODEL), (4, 4, 16, 16)
    latents = {"mean": np.ones(shape, "float32"), "std": np.zeros(shape, "float32"), "rows": np.arange(4)}
    records = pd.DataFrame([{**row, "subject_id": f"s{i}"} for i in range(2) for row in ROWS])
    data = ip.training_data(fresh, latents, pd.DataFrame({"source": [0, 2], "target": [1, 3]}), records, "brain_mr")
    train(fresh, TrainingRun(ip, {"steps": 1, "batch_size": 2, "warmup": 0}, seed="0/0"), data, tmp_path)
    from safetensors.torch import load_file

    assert load_file(tmp_path / "weights.safetensors")["conv_in.weight"][:, 4:].abs().sum() > 0
