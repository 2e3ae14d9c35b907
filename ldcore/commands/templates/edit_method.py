"""TEMPLATE: say here how an image is edited, and where the idea comes from."""

import torch

from ldcore.model.backbone import embed_prompts
from ldcore.sampling.ddim import classifier_free, denoise, starting_noise

TITLE = "TEMPLATE"
SAMPLING = {  # the options of an edit
    "steps": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 12, "description": "DDIM steps"},
    "guidance_scale": {"type": "number", "minimum": 0, "default": 3.0, "description": "towards the target's prompt"},
    "strength": {"type": "number", "minimum": 0, "maximum": 1, "default": 0.5, "description": "share of what is drawn"},
}


@torch.no_grad()
def edit(backbone, sources, drift, options, amounts=(1.0,)):
    """Edited and unedited latents, each [A, N, 4, h, w] on the CPU; at amount 0 edited is unedited.

    Here: the source mixed with a picture that is drawn from the target's prompt, the mixture growing with the amount.
    """
    noise = torch.stack([starting_noise(sources.latents.shape[1:], "edit", *key) for key in sources.keys])
    embeds, empty = embed_prompts(backbone, sources.texts.target), embed_prompts(backbone, [""])[0]
    edited = []
    for amount in amounts:
        acting = drift.times(amount)
        latents = acting.shift(noise.to(backbone.device))
        predict = classifier_free(backbone, embeds, empty, options["guidance_scale"])
        drawn = denoise(backbone, latents, predict, acting, options["steps"]).cpu()
        share = min(1.0, amount * options["strength"])
        edited.append((1 - share) * sources.latents + share * drawn)
    return torch.stack(edited), sources.latents.expand(len(amounts), *sources.latents.shape)
