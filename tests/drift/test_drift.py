"""Drift: validation, broadcasting, and the algebra of every training reading."""

import json

import pytest
import torch
from diffusers import DDPMScheduler

from ldcore import Drift
from ldcore.drift.latent_drift import TARGETS, training_pair
from ldcore.model.save import SCHEDULE
from ldcore.runtime.errors import UserError

LATENTS = torch.arange(2 * 4 * 3 * 3, dtype=torch.float32).view(2, 4, 3, 3) / 50


@pytest.mark.parametrize("value", ["0.1", True, float("nan"), float("inf"), [[0.1, 0.2]], ["a"], None])
def test_bad_values_are_named(value):
    with pytest.raises(UserError, match="Drift value"):
        Drift(value, "prior")


def test_unknown_kind_is_named():
    with pytest.raises(UserError, match="sideways"):
        Drift(0.1, "sideways")


def test_wrong_shapes_are_refused_when_used():
    with pytest.raises(UserError, match="3 channels"):
        Drift([0.1, 0.2, 0.3], "prior").shift(LATENTS)
    with pytest.raises(UserError, match="map"):
        Drift(torch.zeros(4, 2, 2).add(1).tolist(), "prior").shift(LATENTS)


@pytest.mark.parametrize("drift", [Drift(), Drift(0.0, "prior"), Drift([0.0] * 4, "kernel"), Drift(0.3, "none")])
def test_no_drift_returns_the_very_tensor(drift):
    assert drift.shift(LATENTS) is LATENTS
    assert drift.step_callback() is None


def test_scalar_channel_and_map_agree_where_they_should():
    by_scalar = Drift(0.1, "prior").shift(LATENTS)
    assert torch.equal(by_scalar, LATENTS + 0.1)
    assert torch.equal(Drift([0.1] * 4, "prior").shift(LATENTS), by_scalar)
    assert torch.equal(Drift(torch.full((4, 3, 3), 0.1).tolist(), "prior").shift(LATENTS), by_scalar)
    channels = Drift([0.0, 1.0, 2.0, 3.0], "kernel").shift(LATENTS) - LATENTS
    assert torch.allclose(channels.mean((0, 2, 3)), torch.arange(4.0), atol=1e-6)


def test_only_kernel_acts_on_every_step():
    assert Drift(0.1, "prior").step_callback() is None
    changed = Drift(0.1, "kernel").step_callback()(None, 0, 0, {"latents": LATENTS})["latents"]
    assert torch.equal(changed, LATENTS + 0.1)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("kind", ["prior", "kernel"])
def test_training_readings_by_hand(target, kind):
    scheduler, noise, t = DDPMScheduler(**SCHEDULE), torch.randn_like(LATENTS), torch.tensor([10, 900])
    noisy, predicted = training_pair(Drift(0.1, kind), target, LATENTS, noise, t, scheduler)
    bar = scheduler.alphas_cumprod[t].view(-1, 1, 1, 1)
    shift = 0.1 if target == "drifted_state" else 0.1 * (1 - bar).sqrt()
    assert torch.allclose(noisy, bar.sqrt() * LATENTS + (1 - bar).sqrt() * noise + shift, atol=1e-6)
    assert torch.equal(predicted, noise + 0.1 if target == "drifted_noise" else noise)


def test_delta_zero_trains_as_plain_diffusion_for_every_target():
    scheduler, noise, t = DDPMScheduler(**SCHEDULE), torch.randn_like(LATENTS), torch.tensor([10, 900])
    for target in TARGETS:
        for drift in (Drift(0.0, "prior"), Drift(0.1, "step")):  # a drift of the steps alone leaves training as it is
            noisy, predicted = training_pair(drift, target, LATENTS, noise, t, scheduler)
            assert torch.equal(noisy, scheduler.add_noise(LATENTS, noise, t)) and predicted is noise
    with pytest.raises(UserError, match="nowhere"):
        training_pair(Drift(), "nowhere", LATENTS, noise, t, scheduler)


def test_the_target_is_the_velocity_where_the_model_predicts_it():
    noise, t = torch.randn_like(LATENTS), torch.tensor([10, 900])
    scheduler = DDPMScheduler(**{**SCHEDULE, "prediction_type": "v_prediction"})
    bar = scheduler.alphas_cumprod[t].view(-1, 1, 1, 1)
    for target, wanted in (("plain_noise", noise), ("drifted_noise", noise + 0.1)):
        _, predicted = training_pair(Drift(0.1, "prior"), target, LATENTS, noise, t, scheduler)
        assert torch.allclose(predicted, bar.sqrt() * wanted - (1 - bar).sqrt() * LATENTS, atol=1e-6)


def test_a_step_drift_leaves_z_T_alone():
    step = Drift(0.1, "step")
    assert step.shift(LATENTS) is LATENTS and torch.equal(step.after_step(LATENTS), LATENTS + 0.1)
    assert torch.allclose(step.before_inverse_step(step.after_step(LATENTS)), LATENTS)


def test_a_kernel_drift_acts_after_each_step_and_its_inverse_takes_it_away():
    latents = torch.randn(2, 4, 8, 8)
    kernel, prior = Drift(0.1, "kernel"), Drift(0.1, "prior")
    assert torch.equal(kernel.after_step(latents), latents + 0.1)
    assert torch.allclose(kernel.before_inverse_step(kernel.after_step(latents)), latents)
    assert kernel.step_callback()(None, 0, 0, {"latents": latents})["latents"].equal(kernel.after_step(latents))
    assert prior.after_step(latents) is latents and prior.before_inverse_step(latents) is latents


def test_a_scale_widens_the_noise_and_goes_with_the_amount():
    drift = Drift([0.1, 0.0, 0.2, 0.0], "prior", [0.5, 1.0, 2.0, 1.0])
    shifted = drift.shift(LATENTS)
    assert torch.allclose(shifted[:, 2], 2 * LATENTS[:, 2] + 0.2) and torch.equal(shifted[:, 1], LATENTS[:, 1])
    assert drift.times(1) == drift and drift.times(0).shift(LATENTS) is LATENTS
    assert drift.times(0.5) == Drift([0.05, 0.0, 0.1, 0.0], "prior", [0.75, 1.0, 1.5, 1.0])
    only = Drift(0.0, "kernel", 0.9)
    assert only.active and not only.each_step and torch.equal(only.after_step(LATENTS), LATENTS)
    assert Drift(0.0, "step", 0.9).shift(LATENTS) is LATENTS
    with pytest.raises(UserError, match="Drift scale"):
        Drift(0.1, "prior", "wide")


def test_a_drift_by_label_is_read_and_told_apart(tmp_path):
    numbers = {"kind": "prior", "value": 0.1, "by_label": {"AD": {"value": 0.2}, "CN": {"value": 0.0, "scale": 0.9}}}
    (tmp_path / "drift.json").write_text(json.dumps(numbers))
    drift = Drift.read(tmp_path / "drift.json")
    assert drift.of("AD") == Drift(0.2, "prior") and drift.of("CN") == Drift(0.0, "prior", 0.9)
    assert drift.of("MCI") is drift and drift.times(2).of("AD") == Drift(0.4, "prior")
    assert Drift(0.1, "prior").key == ["prior", 0.1]
    keys = [drift.key, Drift(0.1, "prior", 0.9).key, Drift(0.1, "prior").key]
    assert len({json.dumps(key) for key in keys}) == 3
