"""Data ~ N(mean, spread^2), whose optimal network is known in closed form, as a model to sample from."""

from types import SimpleNamespace

import numpy as np
import torch
from diffusers import DDIMScheduler

from ldcore import Drift
from ldcore.model.save import SCHEDULE
from ldcore.sampling.ddim import denoise

MEAN = torch.tensor([1.5, -0.7, 0.3, 0.0]).view(4, 1, 1)  # of each latent channel


def scheduler_of(steps=50, **changes):
    """A DDIMScheduler at its timesteps."""
    scheduler = DDIMScheduler.from_config({**SCHEDULE, **changes}, clip_sample=False)
    scheduler.set_timesteps(steps)
    return scheduler


class Gaussian:
    """A `predict` of ldcore.sampling.ddim.denoise: E[noise | z_t] of data ~ N(mean, spread^2)."""

    def __init__(self, mean, spread, scheduler):
        self.mean, self.variance, self.scheduler = mean, spread**2, scheduler

    def noise(self, latents, timesteps):
        bar = self.scheduler.alphas_cumprod[timesteps].view(-1, 1, 1, 1)
        pull = bar.sqrt() * self.variance / (bar * self.variance + 1 - bar)
        clean = self.mean + pull * (latents - bar.sqrt() * self.mean)
        return (latents - bar.sqrt() * clean) / (1 - bar).sqrt()

    def __call__(self, latents, timestep):
        return self.noise(latents, timestep), latents


def sample(start, drift, model, steps):
    """Where DDIM ends from z_T = `start` [N, 4, h, w]."""
    backbone = SimpleNamespace(scheduler=model.scheduler, device=torch.device("cpu"))
    return denoise(backbone, start, model, drift, steps)


class Trial:
    """What drift sources ask of ldcore.sampling.trial.Trial, sampling from a Gaussian; gray levels are 128 + 40 z.

    Noise and real latents come as pairs of opposite deviations, so that their means are exact.
    """

    def __init__(self, mean, spread=0.5, steps=12, images=24, real=60):
        self.model, self.steps = Gaussian(mean, spread, scheduler_of(steps)), steps
        generator = torch.Generator().manual_seed(0)
        half = torch.randn((images // 2, 4, 8, 8), generator=generator)
        self.noise = torch.cat([half, -half])
        half = spread * torch.randn((real // 2, 4, 8, 8), generator=generator)
        self.real_latents = (mean + torch.cat([half, -half])).numpy()
        self.real = self.images(torch.from_numpy(self.real_latents)).mean(-1).round().astype(np.uint8)
        self.prompts, self.kind, self.seed = [""] * images, "prior", 0
        self.backbone = SimpleNamespace(device=torch.device("cpu"))
        self.asked = []  # values sampled, in order

    @property
    def scheduler(self):
        return self.model.scheduler

    def latents(self, value):
        self.asked.append(value)
        drift = Drift(value, self.kind)
        return sample(drift.shift(self.noise), drift, self.model, self.steps)

    def images(self, latents):
        """Colours from the first channel alone, so that gray real images have the same."""
        gray = (128 + 40 * latents[:, 0]).clamp(0, 255).round().to(torch.uint8)
        return gray[..., None].expand(*gray.shape, 3).numpy()

    def predicted(self, latents, timesteps, rows):
        return self.model.noise(latents, timesteps)
