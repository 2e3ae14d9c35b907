"""Pix2Pix-Zero (arXiv 2302.03027): invert, then sample along an edit direction while the cross-attention maps stay put."""

import torch

from ldcore.drift.latent_drift import Drift
from ldcore.model.backbone import embed_prompts
from ldcore.runtime.chunks import chunk_size
from ldcore.sampling.inversion import invert

CHUNK = 2  # images at once on a GPU: at 512 px the attention maps of 50 steps take 7 GB an image
TITLE = "Pix2Pix-Zero"
SAMPLING = {  # of an edit
    "steps": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 12, "description": "DDIM steps, each way"},
    "guidance_scale": {"type": "number", "minimum": 0, "default": 3.0, "description": "away from `negative`; 1: none"},
    # empty: the empty prompt, as in the paper. source: the source's own prompt, which leaves the inversion undistorted, so
    # that the scale acts on the edit alone.
    "negative": {
        "enum": ["empty", "source"],
        "default": "empty",
        "description": "prompt that guidance leads away from",
    },
    "cross_attention_guidance_amount": {"type": "number", "minimum": 0, "default": 0.1, "description": "step length"},
    "regularisation": {
        "type": "object",
        "additionalProperties": False,
        "properties": {  # defaults: ldcore.sampling.inversion.REGULARISATION
            "reg_steps": {"type": "integer", "minimum": 0, "description": "gradient steps after each inversion step"},
            "auto_corr": {"type": "number", "minimum": 0, "description": "rate against correlated noise"},
            "kl": {"type": "number", "minimum": 0, "description": "rate towards unit Gaussian noise"},
            "rolls": {"type": "integer", "minimum": 1, "description": "random rolls per gradient step"},
        },
        "default": {},
        "description": "of the noise while inverting",
    },
}


class Recorder:
    """An attention processor that keeps its probabilities [N, heads, queries, keys] in `maps`."""

    def __init__(self):
        self.maps = None

    def __call__(self, attention, hidden_states, encoder_hidden_states=None, attention_mask=None, **_):
        context = hidden_states if encoder_hidden_states is None else encoder_hidden_states
        query, key, value = (
            attention.head_to_batch_dim(part)
            for part in (attention.to_q(hidden_states), attention.to_k(context), attention.to_v(context))
        )
        self.maps = attention.get_attention_scores(query, key, attention_mask)
        return attention.to_out[0](attention.batch_to_head_dim(self.maps @ value))


def recorders(unet) -> tuple[list[Recorder], dict]:
    """Put a Recorder into every cross-attention of the U-Net; returns them and the processors that were there."""
    before = dict(unet.attn_processors)
    processors = {name: Recorder() if "attn2" in name else old for name, old in unet.attn_processors.items()}
    kept = [one for one in processors.values() if isinstance(one, Recorder)]
    unet.set_attn_processor(processors)  # empties the dict
    return kept, before


def edit(backbone, sources, drift: Drift, options: dict, amounts=(1.0,)):
    """See ldcore.edit.methods. Unedited is the inversion sampled back without a direction.

    The direction is the difference of the mean embeddings of the edit's two sets of prompts, times the amount. A `prior` drift is
    where the inverted image's z_T already lies, so it acts through the weights trained with it; a `kernel` drift is subtracted in
    the inversion and added in the sampling.
    """
    latents, texts, keys = sources.latents, sources.texts, sources.keys
    embeds = embed_prompts(backbone, ["", *texts.source])
    directions = {
        name: embed_prompts(backbone, after).mean(0) - embed_prompts(backbone, before).mean(0)
        for name, (before, after) in texts.sets.items()
        if name in texts.edit
    }
    direction = torch.stack([directions[name] for name in texts.edit])
    negative = embeds[1:] if options["negative"] == "source" else embeds[:1].expand_as(direction)
    kept, before = recorders(backbone.unet)
    tensors, found, size = (latents, embeds[1:], negative, direction), [], chunk_size(backbone.device, CHUNK)
    for first in range(0, len(latents), size):
        rows = slice(first, first + size)
        parts = (part[rows].to(backbone.device) for part in tensors)
        found.append(edit_chunk(backbone, *parts, drift, options, keys[rows], amounts, kept, size))
    backbone.unet.set_attn_processor(before)
    return tuple(torch.cat([part[side] for part in found], 1) for side in (0, 1))


def edit_chunk(backbone, latents, embeds, negative, direction, drift, options, keys, amounts, kept, size):
    """One chunk of `edit`, filled up to `size` images: kernels round by batch size."""
    count = len(latents)
    latents, embeds, negative, direction = (
        torch.cat([part, part[-1:].expand(size - count, *part.shape[1:])])
        for part in (latents, embeds, negative, direction)
    )
    keys, pairs, last = [*keys, *keys[-1:] * (size - count)], [], None
    for amount in amounts:
        under = drift.times(amount)
        if last is None or drift.kind == "kernel":
            noise = invert(backbone, latents, embeds, under, options["steps"], keys, options["regularisation"])
            last = denoise(backbone, noise, embeds, negative, under, options, kept)
        edited = last[0]
        if amount:
            edited, _ = denoise(backbone, noise, embeds + amount * direction, negative, under, options, kept, last[1])
        pairs.append((edited[:count].cpu(), last[0][:count].cpu()))
    return tuple(torch.stack(side) for side in zip(*pairs))


def denoise(backbone, latents, embeds, negative, drift, options, kept, references=None):
    """DDIM sampling (latents, attention maps of every step); with `references`, each step first moves towards their maps."""
    scheduler = type(backbone.scheduler).from_config(backbone.scheduler.config)
    scheduler.set_timesteps(options["steps"], device=backbone.device)
    context = torch.cat([negative.expand_as(embeds), embeds])
    after, seen, scale = drift.step_callback(), [], options["guidance_scale"]
    for step, timestep in enumerate(scheduler.timesteps):
        entering = torch.cat([latents, latents])
        if references is not None:
            entering = towards(
                backbone,
                entering,
                timestep,
                context,
                kept,
                references[step],
                options["cross_attention_guidance_amount"],
            )
            latents = entering.chunk(2)[0]  # as the reference implementation: the unconditional half moves on
        with torch.no_grad():
            predicted = backbone.unet(entering, timestep, context).sample
        seen.append([one.maps for one in kept])
        without, given = predicted.chunk(2)
        latents = scheduler.step(without + scale * (given - without), timestep, latents).prev_sample
        if after:
            latents = after(None, step, timestep, {"latents": latents})["latents"]
    return latents, seen


def towards(backbone, entering, timestep, context, kept, maps, amount: float):
    """One gradient step of the network's input on the squared distance of its attention maps to `maps`."""
    entering = entering.detach().requires_grad_(True)
    with torch.enable_grad():
        backbone.unet(entering, timestep, context)
        # mean over heads and both halves, an image at a time, as the reference does for one image
        loss = sum(
            (one.maps - before).square().sum((1, 2)).sum() / (len(one.maps) / (len(entering) / 2))
            for one, before in zip(kept, maps)
        )
        (gradient,) = torch.autograd.grad(loss, entering)
    return (entering - amount * gradient).detach()
