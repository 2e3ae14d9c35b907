"""Trial samples: the sampler's own images from the same noise for every drift, and a network that gradients pass."""

import numpy as np
import pytest
import torch

from ldcore import Drift
from ldcore.drift.resolve import searched
from ldcore.model.autoencoding import encode
from ldcore.model.backbone import rescheduled
from ldcore.sampling.ddim import Sampling, sample
from ldcore.sampling.trial import Trial

REAL = np.random.default_rng(0).integers(0, 256, (4, 32, 32), dtype=np.uint8)
PROMPTS = ["a brain MRI", "a chest X-ray"] * 3


@pytest.fixture
def trial(backbone):
    return Trial(backbone, Sampling(steps=2, guidance_scale=2.0), PROMPTS, REAL, seed=5)


def test_every_drift_is_sampled_from_the_same_noise_as_the_sampler_would(trial):
    for value, kind in ((0.0, "none"), (0.1, "prior"), ([0.1, 0.0, 0.2, 0.0], "kernel")):
        drift, trial = Drift(value, kind), Trial(trial.backbone, trial.sampling, PROMPTS, REAL, kind, 5)
        expected, _ = sample(trial.backbone, trial.embeds[1:], trial.embeds[0], trial.noise, drift, trial.sampling)
        assert torch.equal(trial.latents(value), expected)
    assert trial.images(expected).shape == (6, 32, 32, 3)
    fewer = Trial(trial.backbone, trial.sampling, PROMPTS[:2], REAL, seed=5)
    assert torch.equal(fewer.noise, trial.noise[:2]) and torch.equal(
        fewer.latents(0.1), Trial(trial.backbone, trial.sampling, PROMPTS, REAL, seed=5).latents(0.1)[:2]
    )
    other = Trial(trial.backbone, trial.sampling, PROMPTS, REAL, seed=6)
    assert not torch.equal(other.noise, trial.noise)
    assert np.array_equal(trial.real_latents, encode(trial.backbone, REAL)[0])


def test_gradients_reach_what_the_network_sees(trial):
    start = trial.noise[:2].clone().requires_grad_(True)
    trial.predicted(start, trial.scheduler.timesteps[0], torch.tensor([0, 1])).sum().backward()
    assert start.grad.abs().max() > 0 and not any(p.requires_grad for p in trial.backbone.unet.parameters())


@pytest.mark.parametrize("source", ["grid_search", "learned"])
@pytest.mark.parametrize("prediction", ["epsilon", "v_prediction"])
def test_sources_search_on_a_real_network(trial, source, prediction):
    trial.backbone.scheduler = rescheduled(trial.backbone.scheduler, {"prediction_type": prediction})
    few = {"grid_search": {"points": 2, "refinements": 1}, "learned": {"steps": 2, "batch_size": 2}}[source]
    content = searched({"kind": "prior", "source": source, **few}, trial)
    assert Drift(content["value"], content["kind"]).like(trial.noise) is not None
    assert 0 <= content["l1"] <= 2 and content["images"] == {"grid_search": 18, "learned": 6}[source]
