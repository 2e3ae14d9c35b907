"""Sampling with drift: stock DDIM steps (arXiv 2010.02502), one seed per image, guidance as in the stock pipeline."""

from dataclasses import dataclass, fields

import torch
from tqdm import tqdm

from ldcore.drift import Drift
from ldcore.model.schedule import check_steps
from ldcore.runtime.chunks import chunk_size, in_chunks
from ldcore.runtime.errors import UserError
from ldcore.runtime.seeds import torch_generator


@dataclass(frozen=True)
class Sampling:
    """How images are sampled. Only steps, guidance_scale and precision change them (beyond rounding)."""

    steps: int = 50  # DDIM steps
    guidance_scale: float = 1.0  # 1: the conditional model as trained, without a second network call
    batch_size: int = 16  # images per network call on an accelerator; a CPU takes CPU_CHUNK
    precision: str = "float32"  # or bf16: U-Net and decoder (ldcore.runtime.precision)
    compile: bool = False  # torch.compile, once for all drifts of a checkpoint

    @classmethod
    def of(cls, settings: dict) -> "Sampling":
        """The settings of these names in a mapping that may hold others too."""
        return cls(**{field.name: settings[field.name] for field in fields(cls)})


def starting_noise(shape, *keys) -> torch.Tensor:
    """N(0, I) float32 [4, h, w] for one image, a function of `keys` (such as sampling seed and image number) alone."""
    return torch.randn(shape, generator=torch_generator("sample", *keys))


@torch.no_grad()
def denoise(backbone, latents, predict, drift: Drift, steps: int, after_step=None):
    """The one DDIM loop: latents [N, 4, h, w] from the drifted z_T to the image's, on the model's device.

    latents: z_T ~ N(delta, I), that is drift.shift(noise). predict(latents, timestep): the predicted noise, guidance
    included, and the latents it was predicted from, which a method may have moved. after_step(latents) looks on.
    UserError: more steps than timesteps; the latents are not finite at the end, which would decode to black pictures.
    Equal to StableDiffusionPipeline given `latents=` and `callback_on_step_end=drift.step_callback()`.
    """
    scheduler = type(backbone.scheduler).from_config(backbone.scheduler.config)
    check_steps(scheduler.config, steps, backbone.folder)
    scheduler.set_timesteps(steps)  # on the CPU: the step's arithmetic then never waits for the device
    for timestep, timestep_on_device in zip(scheduler.timesteps, scheduler.timesteps.to(backbone.device)):
        noise, latents = predict(latents, timestep_on_device)
        latents = scheduler.step(noise, timestep, latents).prev_sample
        latents = drift.after_step(latents)
        if after_step is not None:
            after_step(latents)
    if not torch.isfinite(latents).all():
        raise UserError(
            "Sampling gave latents that are not finite numbers; look at the losses of these weights, the noise "
            "schedule and the drift."
        )
    return latents


def network(backbone, latents, timestep, embeds):
    """Predict float32 noise [N, 4, h, w] from latents [N, C, h, w] and embeds [N, 77, D] in the U-Net's dtype."""
    latents = latents.to(backbone.unet.dtype).contiguous(memory_format=torch.channels_last)
    return backbone.unet(latents, timestep, embeds).sample.float()


def classifier_free(backbone, embeds, negative, scale: float):
    """A `predict` for `denoise`: classifier-free guidance (arXiv 2207.12598). Scale 1 needs no negative pass.

    embeds [N, 77, D] and negative (of that shape, or [77, D]) on any device.
    """
    embeds = embeds.to(backbone.device, backbone.unet.dtype)
    if scale == 1:
        return lambda latents, timestep: (network(backbone, latents, timestep, embeds), latents)
    both = torch.cat([negative.to(embeds).expand_as(embeds), embeds])

    def predict(latents, timestep):
        without, given = network(backbone, torch.cat([latents, latents]), timestep, both).chunk(2)
        return without + scale * (given - without), latents

    return predict


@torch.no_grad()
def sample(backbone, prompt_embeds, negative_embeds, noise, drift: Drift, sampling: Sampling):
    """Latents [N, 4, h, w], and the channel means of each image before each step and at the end [N, steps + 1, 4].

    prompt_embeds [N, 77, D]; negative_embeds [77, D]; noise [N, 4, h, w] ~ N(0, I). An image depends neither on
    batch_size nor on its companions.
    """
    size = chunk_size(backbone.device, sampling.batch_size)
    bar = tqdm(total=-(-len(noise) // size) * sampling.steps, desc="sample", mininterval=2)

    def sample_chunk(embeds, starts):
        latents = drift.shift(starts.to(backbone.device))
        means = [latents.mean((2, 3))]

        def record(latents):
            means.append(latents.mean((2, 3)))
            bar.update()

        predict = classifier_free(backbone, embeds, negative_embeds, sampling.guidance_scale)
        latents = denoise(backbone, latents, predict, drift, sampling.steps, record)
        return latents.cpu().contiguous(), torch.stack(means, 1).cpu()

    chunks = list(in_chunks(sample_chunk, prompt_embeds, noise, size=size))
    bar.close()
    return torch.cat([latents for latents, _ in chunks]), torch.cat([means for _, means in chunks])
