"""Sampling with drift: stock DDIM steps (arXiv 2010.02502), one seed an image, guidance as in the stock pipeline."""

import torch
from tqdm import tqdm

from ldcore.drift.latent_drift import Drift
from ldcore.runtime.chunks import chunk_size, in_chunks
from ldcore.runtime.seeds import torch_generator


def starting_noise(shape, *keys) -> torch.Tensor:
    """N(0, I) float32 [4, h, w] for one image, a function of `keys` (such as sampling seed and image number) alone."""
    return torch.randn(shape, generator=torch_generator("sample", *keys))


@torch.no_grad()
def sample(
    backbone,
    prompt_embeds,
    negative_embeds,
    noise,
    drift: Drift,
    steps: int,
    guidance_scale: float,
    batch_size: int = 16,
):
    """Latents [N, 4, h, w] and, per image, the channel means before each step and at the end [N, steps + 1, 4].

    prompt_embeds [N, 77, D]; negative_embeds [77, D]; noise [N, 4, h, w] ~ N(0, I). Equal to StableDiffusionPipeline given
    `latents=drift.shift(noise)` and `callback_on_step_end=drift.step_callback()`. guidance_scale 1 needs no negative pass.
    """
    size = chunk_size(backbone.device, batch_size)
    bar = tqdm(total=-(-len(noise) // size) * steps, desc="sample", mininterval=2)

    def run(embeds, rows):
        return sample_chunk(backbone, embeds, negative_embeds, rows, drift, steps, guidance_scale, bar)

    parts = list(in_chunks(run, prompt_embeds, noise, size=size))
    bar.close()
    return torch.cat([latents for latents, _ in parts]), torch.cat([trace for _, trace in parts])


def sample_chunk(backbone, embeds, negative, noise, drift, steps, guidance_scale, bar):
    """One chunk of `sample`."""
    scheduler, device = type(backbone.scheduler).from_config(backbone.scheduler.config), backbone.device
    scheduler.set_timesteps(steps)  # on the CPU: the step's arithmetic then never waits for the device
    latents = drift.shift(noise.to(device)) * scheduler.init_noise_sigma
    embeds = embeds.to(device)
    guided = guidance_scale != 1
    if guided:
        embeds = torch.cat([negative.to(device).expand_as(embeds), embeds])
    embeds, dtype, moments = embeds.to(backbone.unet.dtype), backbone.unet.dtype, scheduler.timesteps.to(device)
    after = drift.step_callback()
    trace = [latents.mean((2, 3))]
    for step, timestep in enumerate(scheduler.timesteps):
        entering = torch.cat([latents, latents]) if guided else latents
        entering = (
            scheduler.scale_model_input(entering, timestep).to(dtype).contiguous(memory_format=torch.channels_last)
        )
        predicted = backbone.unet(entering, moments[step], embeds).sample.float()
        if guided:
            without, given = predicted.chunk(2)
            predicted = without + guidance_scale * (given - without)
        latents = scheduler.step(predicted, timestep, latents).prev_sample
        if after:
            latents = after(None, step, timestep, {"latents": latents})["latents"]
        trace.append(latents.mean((2, 3)))
        bar.update()
    return latents.cpu().contiguous(), torch.stack(trace, 1).cpu()
