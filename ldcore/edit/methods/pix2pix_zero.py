"""Pix2Pix-Zero (arXiv 2302.03027): invert, then sample along an edit direction while the attention maps stay put.

Lambda scales the direction, which stands for the outcome's term of the unified objective (arXiv 2412.20651), and the
drift: z' = z + lambda * delta, z the inverted image's z_T. Where the drift acts is an option, `drift_in`:

    edit        on the way to the edit alone: z' is sampled along the direction, and every reverse step has its part of
                a drift that has one. Unedited is z sampled back with neither, so that the drift is part of the edit
    both        on the way back as well: edited and unedited both start from z', and differ by the direction alone
    round_trip  the inversion takes away what the sampling adds, so that the image comes back under the drift: z_T stays
                where the image lies, and a `prior` drift acts through the weights that were trained with it alone

At lambda 0 all three are the same, and edited is unedited.
"""

from contextlib import contextmanager
from dataclasses import dataclass

import torch

from ldcore.drift import Drift
from ldcore.edit import Sources
from ldcore.model.backbone import embed_prompts
from ldcore.runtime.chunks import chunk_size, in_chunks
from ldcore.sampling.ddim import denoise, network
from ldcore.sampling.inversion import Inversion, invert

TITLE = "Pix2Pix-Zero"
SAMPLING = {  # of an edit
    "steps": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 12, "description": "DDIM steps, each way"},
    "guidance_scale": {"type": "number", "minimum": 0, "default": 3.0, "description": "away from `negative`; 1: none"},
    # empty: the empty prompt, as in the paper. source: the source's own prompt, which leaves the inversion undistorted,
    # so that the scale acts on the edit alone.
    "negative": {
        "enum": ["empty", "source"],
        "default": "empty",
        "description": "prompt that guidance leads away from",
    },
    "drift_in": {
        "enum": ["edit", "both", "round_trip"],
        "default": "edit",
        "description": "where a drift acts: the way to the edit; the way back too; or taken away by the inversion",
    },
    "cross_attention_guidance_amount": {"type": "number", "minimum": 0, "default": 0.1, "description": "step length"},
    "regularisation": {
        "type": "object",
        "additionalProperties": False,
        "properties": {  # defaults: ldcore.sampling.inversion.Inversion
            "reg_steps": {"type": "integer", "minimum": 0, "description": "gradient steps after each inversion step"},
            "auto_corr": {"type": "number", "minimum": 0, "description": "rate against correlated noise"},
            "kl": {"type": "number", "minimum": 0, "description": "rate towards unit Gaussian noise"},
            "rolls": {"type": "integer", "minimum": 1, "description": "random rolls per gradient step"},
        },
        "default": {},
        "description": "of the noise while inverting",
    },
}

GPU_CHUNK = 2  # images at once on a GPU: at 512 px the attention maps of 50 steps take 7 GB per image


class Recorder:
    """An attention processor that keeps its probabilities [N * heads, queries, keys] in `maps`."""

    def __init__(self):
        self.maps = None

    def __call__(self, attention, hidden_states, encoder_hidden_states=None, attention_mask=None, **_):
        """What diffusers' AttnProcessor computes."""
        context = hidden_states if encoder_hidden_states is None else encoder_hidden_states
        query, key, value = (
            attention.head_to_batch_dim(projected)
            for projected in (attention.to_q(hidden_states), attention.to_k(context), attention.to_v(context))
        )
        self.maps = attention.get_attention_scores(query, key, attention_mask)
        return attention.to_out[0](attention.batch_to_head_dim(self.maps @ value))


@contextmanager
def recorded(unet):
    """Within: every cross-attention of the U-Net has a Recorder; `maps_of` reads them."""
    before = dict(unet.attn_processors)
    recorders = {name: Recorder() if "attn2" in name else processor for name, processor in before.items()}
    unet.set_attn_processor(recorders)  # empties the dict
    try:
        yield
    finally:
        unet.set_attn_processor(before)


def maps_of(unet) -> list[torch.Tensor]:
    """The attention maps of the last network call, one tensor per cross-attention."""
    return [processor.maps for processor in unet.attn_processors.values() if isinstance(processor, Recorder)]


def edit(backbone, sources: Sources, drift: Drift, options: dict, amounts=(1.0,)):
    """See ldcore.edit.methods. Unedited is the inversion, sampled back without a direction (and drift_in says how).

    The direction is the difference of the mean embeddings of the edit's two sets of prompts, times the amount.
    """
    texts = sources.texts
    directions = {
        name: embed_prompts(backbone, after).mean(0) - embed_prompts(backbone, before).mean(0)
        for name, (before, after) in texts.sets.items()
        if name in texts.edit
    }
    direction = torch.stack([directions[name] for name in texts.edit])
    embeds = embed_prompts(backbone, ["", *texts.source])
    negative = embeds[1:] if options["negative"] == "source" else embeds[:1].expand_as(direction)

    def edit_chunk(rows, latents, prompts, negatives, directions):
        keys = [sources.keys[row] for row in rows]
        to_edit = ToEdit(keys, *(part.to(backbone.device) for part in (latents, prompts, negatives, directions)))
        return edit_at_amounts(backbone, to_edit, drift, options, amounts)

    size = chunk_size(backbone.device, GPU_CHUNK)
    tensors = torch.arange(len(sources.keys)), sources.latents, embeds[1:], negative, direction
    with recorded(backbone.unet):
        chunks = list(in_chunks(edit_chunk, *tensors, size=size))
    return tuple(torch.cat(side).transpose(0, 1).contiguous() for side in zip(*chunks))


@dataclass(frozen=True)
class ToEdit:
    """A chunk of N images to edit, on the model's device."""

    keys: list[tuple]
    latents: torch.Tensor  # [N, 4, h, w]
    embeds: torch.Tensor  # of the sources' prompts, [N, 77, D]
    negative: torch.Tensor  # what guidance leads away from, [N, 77, D]
    direction: torch.Tensor  # of the edit, [N, 77, D]


def edit_at_amounts(backbone, images: ToEdit, drift: Drift, options: dict, amounts) -> tuple:
    """Edited and unedited latents of a chunk, each [N, A, 4, h, w] on the CPU."""
    inversion, edited, unedited = Inversion(options["steps"], **options["regularisation"]), [], []
    source_context = torch.cat([images.negative, images.embeds])
    reading, made = options["drift_in"], None
    for amount in amounts:
        scaled = drift.times(amount)
        if reading == "round_trip" and not scaled.each_step:
            scaled = Drift()  # it lies in z_T alone: what the inversion takes from there, the sampling adds again
        # 1. Invert, and sample back without a direction: once, where no drift that follows the amount acts in them.
        passes = scaled if reading == "round_trip" else Drift(), Drift() if reading == "edit" else scaled
        if passes != made:
            inverting, returning = made = passes
            noise = invert(backbone, images.latents, images.embeds, inverting, images.keys, inversion)
            start = start_of(noise, returning, reading)
            restored, maps = sample_recorded(backbone, start, source_context, returning, options)
        # 2. Sample along the direction, towards the attention maps of the way back.
        towards_edit = restored
        if amount:
            context = torch.cat([images.negative, images.embeds + amount * images.direction])
            start = start_of(noise, scaled, reading)
            towards_edit, _ = sample_recorded(backbone, start, context, scaled, options, maps)
        edited.append(towards_edit.cpu())
        unedited.append(restored.cpu())
    return torch.stack(edited, 1), torch.stack(unedited, 1)


def start_of(noise, drift: Drift, reading: str):
    """Where a sampling starts: the inverted z_T [N, 4, h, w], moved by the drift; in the round trip it stays."""
    return noise if reading == "round_trip" else drift.shift(noise)


def sample_recorded(backbone, noise, context, drift: Drift, options: dict, references=None):
    """DDIM sampling from z_T (`start_of`): the latents, and the attention maps of every step.

    context [2N, 77, D]: what guidance leads away from, then the prompts. With `references`, the maps of another
    sampling, each step first moves the latents towards them.
    """
    maps, rate = [], options["cross_attention_guidance_amount"]

    def predict(latents, timestep):
        both = torch.cat([latents, latents])
        if references is not None:
            both = towards_maps(backbone, both, timestep, context, references[len(maps)], rate)
            latents = both.chunk(2)[0]  # as the reference implementation: the unconditional half moves on
        without, given = network(backbone, both, timestep, context).chunk(2)
        maps.append(maps_of(backbone.unet))
        return without + options["guidance_scale"] * (given - without), latents

    return denoise(backbone, noise, predict, drift, options["steps"]), maps


def towards_maps(backbone, latents, timestep, context, references, rate: float):
    """One gradient step of latents [2N, 4, h, w] on the squared distance of their attention maps to `references`."""
    latents = latents.detach().requires_grad_(True)
    with torch.enable_grad():
        network(backbone, latents, timestep, context)
        loss = 0
        for maps, reference in zip(maps_of(backbone.unet), references):
            # mean over heads and both halves, image by image, as the reference implementation does for one image
            loss = loss + (maps - reference).square().sum((1, 2)).sum() / (len(maps) / (len(latents) / 2))
        (gradient,) = torch.autograd.grad(loss, latents)
    return (latents - rate * gradient).detach()
