"""DDIM inversion: an image's latents back to the noise that makes it (arXiv 2010.02502; noise regularisation: arXiv 2302.03027)."""

import inspect

import torch
import torch.nn.functional as F

from ldcore.drift.latent_drift import Drift
from ldcore.runtime.seeds import torch_generator

REGULARISATION = {"auto_corr": 20.0, "kl": 20.0, "reg_steps": 5, "rolls": 5}  # Pix2Pix-Zero's own


def inverse_scheduler(backbone, steps: int):
    """The stock DDIMInverseScheduler on the backbone's noise schedule."""
    from diffusers import DDIMInverseScheduler

    known = inspect.signature(DDIMInverseScheduler).parameters
    scheduler = DDIMInverseScheduler(**{key: value for key, value in backbone.scheduler.config.items() if key in known})
    scheduler.set_timesteps(steps, device=backbone.device)
    return scheduler


def invert(backbone, latents, prompt_embeds, drift: Drift, steps: int, keys: list[tuple], regularisation: dict):
    """z_T [N, 4, h, w] whose undirected DDIM sampling under `drift` gives back `latents` [N, 4, h, w], approximately.

    prompt_embeds [N, 77, D]; keys: what each image's random rolls follow from, so that a result does not depend on its batch.
    `kernel` drift is taken away before each step, as sampling adds it after; `prior` needs nothing: z_T is where the image lies.
    """
    scheduler, options = inverse_scheduler(backbone, steps), {**REGULARISATION, **regularisation}
    generators = [torch_generator("invert", *key) for key in keys]
    step_drift = drift.like(latents) if drift.kind == "kernel" and drift.active else 0.0
    for timestep in scheduler.timesteps:
        latents = latents - step_drift
        with torch.no_grad():
            predicted = backbone.unet(latents, timestep, prompt_embeds).sample
        predicted = regularise(predicted, generators, options)
        latents = scheduler.step(predicted, timestep, latents).prev_sample
    return latents


def regularise(noise, generators, options: dict):
    """Push predicted noise [N, C, h, w] towards uncorrelated, unit Gaussian, image by image (arXiv 2302.03027, section 3.1)."""
    for _ in range(options["reg_steps"]):
        for _ in range(options["rolls"] if options["auto_corr"] else 0):
            noise = descend(noise, lambda n: auto_correlation(n, generators), options["auto_corr"] / options["rolls"])
        if options["kl"]:
            noise = descend(noise, kl_divergence, options["kl"])
    return noise


def descend(noise, loss, rate: float):
    """One gradient step on the sum of the images' losses."""
    noise = noise.detach().requires_grad_(True)
    with torch.enable_grad():
        (gradient,) = torch.autograd.grad(loss(noise).sum(), noise)
    return (noise - rate * gradient).detach()


def auto_correlation(noise, generators):
    """Squared mean product with randomly rolled copies over an image pyramid, a value an image [N]."""
    total = []
    for image, generator in zip(noise, generators):
        value = 0.0
        for channel in image[:, None, None]:
            while True:
                roll = torch.randint(channel.shape[2] // 2, (1,), generator=generator).item()
                value = (
                    value
                    + (channel * channel.roll(roll, 2)).mean() ** 2
                    + (channel * channel.roll(roll, 3)).mean() ** 2
                )
                if channel.shape[2] <= 8:
                    break
                channel = F.avg_pool2d(channel, 2)
        total.append(value)
    return torch.stack(total)


def kl_divergence(noise):
    """KL divergence to N(0, 1) of each image's values, up to a factor, [N]."""
    mean, variance = noise.mean((1, 2, 3)), noise.var((1, 2, 3))
    return variance + mean**2 - 1 - torch.log(variance + 1e-7)
