"""Drift values by hand, sources from outside, and the moments against DDIM of the one model that is solved exactly."""

import json

import numpy as np
import pytest
import torch
from gaussian import MEAN, Gaussian, sample, scheduler_of

from ldcore import Drift, plugins
from ldcore.drift.resolve import resolve
from ldcore.drift.sources._moments import first_alpha_bar
from ldcore.model.save import SCHEDULE
from ldcore.runtime.errors import UserError

LATENTS = np.random.default_rng(0).normal([[[[1.0]], [[-2.0]], [[0.5]], [[0.0]]]], 0.1, (50, 4, 3, 3))
LABELS = np.array(["AD", "CN", ""] * 17)[:50]


def resolved(source, schedule=SCHEDULE, **options):
    return resolve({"kind": "prior", "source": source, **options}, LATENTS, schedule, LABELS)["value"]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"beta_schedule": "linear", "beta_end": 0.02},
        {"beta_schedule": "squaredcos_cap_v2"},
        {"timestep_spacing": "trailing", "rescale_betas_zero_snr": True},
        {"timestep_spacing": "linspace"},
        {"trained_betas": [0.001] * 1000},
    ],
)
@pytest.mark.parametrize("steps", [8, 12, 50])
def test_the_first_timestep_is_the_samplers_own(changes, steps):
    scheduler = scheduler_of(steps, **changes)
    found = first_alpha_bar({**SCHEDULE, **changes, "_class_name": "PNDMScheduler"}, steps)
    assert found == scheduler.alphas_cumprod[scheduler.timesteps[0]].item()
    assert first_alpha_bar({**SCHEDULE, **changes, "num_inference_steps": steps}) == found


def test_sampling_starts_before_the_end_of_the_schedule():
    signals = {steps: first_alpha_bar(SCHEDULE, steps) ** 0.5 for steps in (8, 12, 50)}
    assert signals == pytest.approx({8: 0.1344, 12: 0.1105, 50: 0.0760}, abs=1e-4)
    assert scheduler_of().alphas_cumprod[-1].sqrt().item() == pytest.approx(0.068, abs=5e-4)
    assert first_alpha_bar({**SCHEDULE, "timestep_spacing": "trailing", "rescale_betas_zero_snr": True}) < 1e-7
    with pytest.raises(UserError, match="no first timestep in 1000 DDIM steps"):
        first_alpha_bar(SCHEDULE, 1000)  # leading with offset 1: timestep 1000, which training does not have


def test_moments_by_hand():
    signal = first_alpha_bar(SCHEDULE, 12) ** 0.5
    schedule = {**SCHEDULE, "num_inference_steps": 12}
    by_channel = resolved("moment_channel", schedule)
    assert by_channel == pytest.approx((signal * LATENTS.mean((0, 2, 3))).tolist(), abs=1e-8)
    assert resolved("moment_channel", steps=12) == by_channel != resolved("moment_channel")
    assert resolved("moment_scalar", schedule) == pytest.approx(signal * LATENTS.mean(), abs=1e-8)
    whole = np.array(resolved("moment_map", schedule))
    assert np.allclose(whole, signal * LATENTS.mean(0), atol=1e-8)
    assert np.allclose(resolved("moment_map", schedule, resolution=9), whole, atol=1e-8)
    flat = np.array(resolved("moment_map", schedule, resolution=1))
    assert np.allclose(flat, np.array(by_channel)[:, None, None].repeat(3, 1).repeat(3, 2), atol=1e-8)
    smooth = np.array(resolved("moment_map", schedule, resolution=2))
    assert (np.ptp(flat, (1, 2)) < np.ptp(smooth, (1, 2))).all() and (smooth.std() < whole.std())


@pytest.mark.parametrize("source", ["moment_scalar", "moment_channel", "moment_map"])
def test_a_label_has_the_moment_of_its_own_images(source):
    content = resolve({"kind": "prior", "source": source, "by": "label", "variance": True}, LATENTS, SCHEDULE, LABELS)
    assert list(content["by_label"]) == ["AD", "CN"]
    for label, numbers in content["by_label"].items():
        alone = resolve({"kind": "prior", "source": source, "variance": True}, LATENTS[label == LABELS], SCHEDULE)
        assert numbers == {"value": alone["value"], "scale": alone["scale"]}
    assert content["value"] == resolved(source)
    with pytest.raises(UserError, match="no training image has one"):
        resolve({"kind": "prior", "source": source, "by": "label"}, LATENTS, SCHEDULE, [""] * 50)


def sampled(drift, spread, steps, **changes):
    """What DDIM makes of three values of z_T each one standard deviation apart, and where they should end: their mean.

    DDIM's own last timestep keeps some noise, hence only that share of the mean.
    """
    scheduler, noise = scheduler_of(steps, **changes), torch.tensor([-1.0, 0, 1]).view(3, 1, 1, 1)
    start = drift.shift(noise.expand(3, 4, 2, 2).double())
    ends = sample(start, drift, Gaussian(MEAN.double(), spread, scheduler), steps)
    last = scheduler.timesteps[-1] - 1000 // steps
    bar = scheduler.alphas_cumprod[last] if last >= 0 else scheduler.final_alpha_cumprod
    return ends, bar.sqrt() * MEAN


def moment_of(steps, spread, factor=1.0, **changes):
    """The drift that moment_channel finds in exact latents; factor: another one than it should be."""
    latents = MEAN + spread * torch.tensor([-1.0, 1.0]).view(2, 1, 1, 1).expand(2, 4, 2, 2)
    schedule = {**SCHEDULE, **changes, "num_inference_steps": steps}
    content = resolve({"kind": "prior", "source": "moment_channel"}, latents.numpy(), schedule)
    return Drift((factor * np.array(content["value"])).tolist(), "prior")


EXACT = [({}, steps) for steps in (8, 12, 50)] + [({"beta_schedule": "linear"}, 12)]
# Where the steps do not divide the schedule, diffusers' trailing steps do not meet (0.3 % of the mean at 12).
EXACT += [({"timestep_spacing": "trailing"}, steps) for steps in (8, 50)]


@pytest.mark.parametrize("changes, steps", EXACT)
@pytest.mark.parametrize("spread", [0.2, 1.0])
def test_ddim_from_the_moment_ends_at_the_datas_mean(changes, steps, spread):
    ends, mean = sampled(moment_of(steps, spread, **changes), spread, steps, **changes)
    assert (ends.mean(0) - mean).abs().max() < 1e-5


@pytest.mark.parametrize("steps", [8, 12, 50])
def test_no_other_drift_ends_there(steps):
    bar = first_alpha_bar(SCHEDULE, steps)
    last = scheduler_of().alphas_cumprod[-1].item()  # what the closed form used before: the end of the schedule
    factors = {"none": 0.0, "end of the schedule": (last / bar) ** 0.5, "over the noise's spread": (1 - bar) ** -0.5}
    misses = {}
    for name, factor in factors.items():
        ends, mean = sampled(moment_of(steps, 1.0, factor), 1.0, steps)
        misses[name] = (ends.mean(0) - mean).abs().max().item()
    assert misses["none"] > misses["end of the schedule"] > 0.01 and misses["over the noise's spread"] > 2e-4


def test_a_fixed_drift_is_what_the_config_says():
    assert resolved("fixed", value=0.1) == 0.1
    assert resolved("fixed", value=[0.1, 0.2, 0.3, 0.4]) == [0.1, 0.2, 0.3, 0.4]
    assert resolve({"kind": "none"}) == {"kind": "none", "source": "fixed", "value": 0.0}
    assert resolve({"kind": "prior", "value": 0.1})["value"] == 0.1  # without latents


def of_datasets():
    """The sources that search on no checkpoint."""
    names = plugins.names("drift source")
    return [name for name in names if plugins.declared("drift source", name).get("NEEDS") != "checkpoint"]


@pytest.mark.parametrize("source", of_datasets())
def test_every_source_gives_a_drift_that_its_file_keeps(source, tmp_path):
    options = {"value": 0.25} if source == "fixed" else {}
    content = resolve({"kind": "kernel", "source": source, **options}, LATENTS, SCHEDULE)
    (tmp_path / "drift.json").write_text(json.dumps(content))
    assert Drift.read(tmp_path / "drift.json") == Drift(content["value"], "kernel")
    assert plugins.title("drift source", source) != ""


def test_a_source_from_outside(tmp_path, monkeypatch):
    (tmp_path / "drift_toys").mkdir()
    (tmp_path / "drift_toys" / "largest.py").write_text(
        "OPTIONS = {'factor': {'type': 'number', 'default': 2.0}}\n"
        "def value(latents, schedule, options):\n    return float(latents.max()) * options['factor']\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    assert resolved("drift_toys.largest") == 2 * LATENTS.max()
    assert resolved("drift_toys.largest", factor=0.5) == LATENTS.max() / 2


def test_refusals():
    with pytest.raises(UserError, match="guess.*moment_map"):
        resolved("guess")
    with pytest.raises(UserError, match="'value' is not set"):
        resolved("fixed")
    with pytest.raises(UserError, match="'value' is unknown"):
        resolved("moment_map", value=0.1)
    with pytest.raises(UserError, match="no first timestep.*guessed"):
        first_alpha_bar({**SCHEDULE, "beta_schedule": "guessed"})
