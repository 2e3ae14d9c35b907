"""DDIM inversion: the latents of an image back to the noise that makes it (arXiv 2010.02502).

The predicted noise may be pushed towards what noise looks like (arXiv 2302.03027).
"""

import inspect
from dataclasses import dataclass

import torch
import torch.nn.functional as F

from ldcore.drift import Drift
from ldcore.model.schedule import check_steps
from ldcore.runtime.seeds import torch_generator


@dataclass(frozen=True)
class Inversion:
    """How latents are inverted; the defaults of the regularisation are Pix2Pix-Zero's own."""

    steps: int  # DDIM steps
    reg_steps: int = 5  # gradient steps on the predicted noise after each DDIM step; 0: none
    auto_corr: float = 20.0  # rate against correlated noise
    kl: float = 20.0  # rate towards unit Gaussian noise
    rolls: int = 5  # random rolls per gradient step


def invert(backbone, latents, prompt_embeds, drift: Drift, keys: list[tuple], inversion: Inversion):
    """z_T [N, 4, h, w] whose unguided DDIM sampling under `drift` gives back `latents` [N, 4, h, w], approximately.

    prompt_embeds [N, 77, D]; keys [N]: what the random rolls of each image follow from, so that a result does not
    depend on its batch. What a drift adds after each step of the sampling is taken away before each one here; z_T is
    where the image lies, so the sampling has to start there, undrifted.
    """
    scheduler = inverse_scheduler(backbone, inversion.steps)
    generators = [torch_generator("invert", *key) for key in keys]
    for timestep in scheduler.timesteps:
        latents = drift.before_inverse_step(latents)
        with torch.no_grad():
            predicted = backbone.unet(latents, timestep, prompt_embeds).sample
        noise = noise_of(backbone.scheduler, predicted, timestep, latents)
        noise = regularise(noise, generators, inversion)
        latents = scheduler.step(noise, timestep, latents).prev_sample
    return latents


def noise_of(scheduler, predicted, timestep, latents):
    """The noise in `latents` [N, 4, h, w] that the network's output at `timestep` stands for, of that shape.

    Of a velocity v (prediction_type v_prediction, arXiv 2202.00512) sqrt(alpha_bar) v + sqrt(1 - alpha_bar) z, at the
    network's own timestep: regularisation is of noise, and DDIMInverseScheduler would convert a velocity at the level
    that a step comes from, at which the network was not asked.
    """
    if scheduler.config.prediction_type != "v_prediction":
        return predicted
    alpha_bar = scheduler.alphas_cumprod[timestep].to(latents)
    return alpha_bar.sqrt() * predicted + (1 - alpha_bar).sqrt() * latents


def inverse_scheduler(backbone, steps: int):
    """The stock DDIMInverseScheduler on the backbone's noise schedule; its steps take the noise (`noise_of`)."""
    from diffusers import DDIMInverseScheduler

    check_steps(backbone.scheduler.config, steps, backbone.folder)
    known = inspect.signature(DDIMInverseScheduler).parameters
    schedule = {key: value for key, value in backbone.scheduler.config.items() if key in known}
    scheduler = DDIMInverseScheduler(**{**schedule, "prediction_type": "epsilon"})
    scheduler.set_timesteps(steps, device=backbone.device)
    return scheduler


def regularise(noise, generators, inversion: Inversion):
    """Push predicted noise [N, C, h, w] towards uncorrelated, unit Gaussian noise, image by image.

    arXiv 2302.03027, section 3.1. generators [N]: of the random rolls.
    """
    for _ in range(inversion.reg_steps):
        for _ in range(inversion.rolls if inversion.auto_corr else 0):
            rate = inversion.auto_corr / inversion.rolls
            noise = descend(noise, lambda noise: auto_correlation(noise, generators), rate)
        if inversion.kl:
            noise = descend(noise, kl_divergence, inversion.kl)
    return noise


def descend(noise, loss, rate: float):
    """One gradient step on the sum of the images' losses."""
    noise = noise.detach().requires_grad_(True)
    with torch.enable_grad():
        (gradient,) = torch.autograd.grad(loss(noise).sum(), noise)
    return (noise - rate * gradient).detach()


def auto_correlation(noise, generators):
    """Squared mean product with randomly rolled copies, summed over an image pyramid: one value per image, [N]."""
    losses = []
    for image, generator in zip(noise, generators):
        loss = 0.0
        for channel in image[:, None, None]:
            while True:
                roll = torch.randint(channel.shape[2] // 2, (1,), generator=generator).item()
                loss = (
                    loss + (channel * channel.roll(roll, 2)).mean() ** 2 + (channel * channel.roll(roll, 3)).mean() ** 2
                )
                if channel.shape[2] <= 8:
                    break
                channel = F.avg_pool2d(channel, 2)
        losses.append(loss)
    return torch.stack(losses)


def kl_divergence(noise):
    """KL divergence to N(0, 1) of the values of each image, up to a factor, [N]."""
    mean, variance = noise.mean((1, 2, 3)), noise.var((1, 2, 3))
    return variance + mean**2 - 1 - torch.log(variance + 1e-7)
