"""InstructPix2Pix (arXiv 2211.09800): the source's latents as extra input channels, an instruction as the prompt.

Here a dropped instruction means "no change": its target is the source itself. So guidance goes from the unchanged image to
the changed one, and amount = 0 is trained to give the source back.
"""

import torch

from ldcore.drift.latent_drift import Drift
from ldcore.edit.requests.texts import FORMATS, instruction
from ldcore.model.backbone import embed_prompts
from ldcore.runtime.chunks import chunk_size, in_chunks
from ldcore.sampling.ddim import starting_noise

TITLE = "InstructPix2Pix"
EXTENDS = ("ldcore.training.options",)
OPTIONS = {  # of training
    "steps": {"type": "integer", "minimum": 1, "default": 200, "description": "updates of the weights"},
    "caption_dropout": {"type": "number", "minimum": 0, "maximum": 1, "default": 0.15, "description": "texts dropped"},
    "image_dropout": {"type": "number", "minimum": 0, "maximum": 1, "default": 0.05, "description": "sources dropped"},
}
SAMPLING = {  # of an edit
    "steps": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 10, "description": "DDIM steps"},
    "guidance_scale": {"type": "number", "minimum": 0, "default": 1.5, "description": "towards the instruction"},
    "image_guidance_scale": {"type": "number", "minimum": 0, "default": 1.0, "description": "to the source; 1: none"},
    "precision": {"enum": ["float32", "bf16"], "default": "float32", "description": "of the U-Net"},
}
TRAINS = {"unet": ["*", "conv_in.weight"]}  # the first convolution takes as many input channels again


def widen(unet) -> None:
    """Give a text-to-image U-Net's first convolution as many input channels again, of weight zero; twice is once."""
    old, channels = unet.conv_in, unet.config.out_channels
    if old.in_channels == 2 * channels:
        return
    new = torch.nn.Conv2d(2 * channels, old.out_channels, old.kernel_size, old.stride, old.padding).to(
        old.weight.device
    )
    with torch.no_grad():
        new.weight.zero_()
        new.weight[:, :channels] = old.weight
        new.bias.copy_(old.bias)
    unet.conv_in = new.to(memory_format=torch.channels_last).requires_grad_(False)
    unet.register_to_config(in_channels=2 * channels)


def trainable(backbone, options) -> dict:
    """The whole widened U-Net."""
    widen(backbone.unet)
    return dict(backbone.unet.named_parameters())


def apply(backbone, tensors) -> None:
    """Put a trained U-Net into the backbone."""
    widen(backbone.unet)
    backbone.unet.load_state_dict(tensors)


def unscaled(backbone, latents):
    """Latents as the network sees a source: the stock pipeline conditions on the autoencoder's mode without its scaling factor."""
    return latents / backbone.vae.config.scaling_factor


def training_data(backbone, latents: dict, found, records, anatomy: str) -> dict:
    """What batches.batch draws from: every pair in every format. latents: mean, std [N, 4, h, w] and rows [N] of the training images;
    found: pairs.pairs of the train split."""
    place = {row: index for index, row in enumerate(latents["rows"])}
    source = torch.tensor([place[row] for row in found["source"]])
    target = torch.tensor([place[row] for row in found["target"]])
    rows = records.to_dict("records")
    texts = [
        instruction(rows[a], rows[b], anatomy, style)
        for style in FORMATS
        for a, b in zip(found["source"], found["target"])
    ]
    unique = sorted(set(texts))
    order = {text: index for index, text in enumerate(unique)}
    embeds = embed_prompts(backbone, ["", *unique])
    mean, std, times = torch.from_numpy(latents["mean"]), torch.from_numpy(latents["std"]), len(FORMATS)
    return {
        "mean": mean[target].repeat(times, 1, 1, 1),
        "std": std[target].repeat(times, 1, 1, 1),
        "source": mean[source].repeat(times, 1, 1, 1),
        "source_std": std[source].repeat(times, 1, 1, 1),
        "source_scale": backbone.vae.config.scaling_factor,
        "prompt_embeds": embeds[1:],
        "empty": embeds[0],
        "prompt_rows": torch.tensor([order[text] for text in texts]),
        "timesteps": backbone.scheduler.config.num_train_timesteps,
    }


@torch.no_grad()
def edit(backbone, sources, drift: Drift, options: dict, amounts=(1.0,), known=None):
    """See ldcore.edit.methods. The unedited image comes from the same noise and drift, with the instruction left out.

    At amount 1 equal to StableDiffusionInstructPix2PixPipeline given `latents=drift.shift(noise)`.
    """
    latents, keys = sources.latents, sources.keys
    embeds = embed_prompts(backbone, sources.texts.instruction)
    known = unedited(backbone, sources, drift, options, amounts) if known is None else known
    edited = [
        pass_of(backbone, latents, embeds, drift.times(amount), options, keys, amount) if amount else same
        for amount, same in zip(amounts, known)
    ]
    return torch.stack(edited), known


@torch.no_grad()
def unedited(backbone, sources, drift: Drift, options: dict, amounts=(1.0,)):
    """[A, N, 4, h, w]: what comes without an instruction; only the drift follows the amount."""
    latents, keys = sources.latents, sources.keys
    nothing = embed_prompts(backbone, [""]).expand(len(latents), -1, -1)
    return torch.stack(
        [pass_of(backbone, latents, nothing, drift.times(amount), options, keys, 0.0) for amount in amounts]
    )


def pass_of(backbone, latents, embeds, drift, options, keys, amount):
    """One pass over all images, in chunks, from the noise of their keys."""
    empty = embed_prompts(backbone, [""])[0]
    noise = torch.stack([starting_noise(latents.shape[1:], "edit", *key) for key in keys])

    def part(told, sources, starts):
        return (denoise(backbone, told, empty, sources, drift.shift(starts), drift, options, amount),)

    size = chunk_size(backbone.device, 16)
    return torch.cat([made for (made,) in in_chunks(part, embeds, unscaled(backbone, latents), noise, size=size)])


def denoise(backbone, embeds, empty, sources, latents, drift, options, amount):
    """DDIM with the three-way guidance of arXiv 2211.09800, eq. 3; a guidance that has no effect costs no network call."""
    scheduler = type(backbone.scheduler).from_config(backbone.scheduler.config)
    scheduler.set_timesteps(options["steps"])
    text, image = options["guidance_scale"] * amount, options["image_guidance_scale"]
    empty, nothing = empty.expand_as(embeds), torch.zeros_like(sources)
    # weights of the three predictions: (instruction, source), (none, source), (none, none)
    parts = [(text, embeds, sources), (image - text, empty, sources), (1 - image, empty, nothing)]
    parts = [part for part in parts if part[0] != 0]
    latents = latents.to(backbone.device)
    weights = torch.tensor([part[0] for part in parts], device=latents.device).view(-1, 1, 1, 1, 1)
    told, seen = (torch.cat([part[i] for part in parts]).to(backbone.device) for i in (1, 2))
    told, dtype, moments = told.to(backbone.unet.dtype), backbone.unet.dtype, scheduler.timesteps.to(backbone.device)
    after = drift.step_callback()
    for step, timestep in enumerate(scheduler.timesteps):
        entering = torch.cat([latents] * len(parts))
        entering = torch.cat([scheduler.scale_model_input(entering, timestep), seen], 1)
        entering = entering.to(dtype).contiguous(memory_format=torch.channels_last)
        predicted = backbone.unet(entering, moments[step], told).sample.float()
        predicted = (weights * predicted.view(len(parts), *latents.shape)).sum(0)
        latents = scheduler.step(predicted, timestep, latents).prev_sample
        if after:
            latents = after(None, step, timestep, {"latents": latents})["latents"]
    return latents.cpu().contiguous()
