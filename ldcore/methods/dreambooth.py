"""DreamBooth: the whole U-Net trains on "sks" prompts while class images of the base keep its prior (arXiv 2208.12242).

The class images are sampled here, from the base model before training, as latents: they need no decoding. Loss: images of
the dataset + prior_weight x images of the class, as many of each a step (diffusers' train_dreambooth).
"""

import torch

from ldcore.drift import Drift
from ldcore.methods.basic_ft import apply as load_unet, trainable
from ldcore.prompts import SUBJECT
from ldcore.sample import sample, starting_noise

DEFAULTS = {"prior_weight": 1.0, "class_images": 200, "class_steps": 50, "class_guidance_scale": 7.5}
PLACEHOLDERS = {words.lower(): f"sks {words.lower()}" for words in SUBJECT.values()}

__all__ = ["DEFAULTS", "apply", "prepare", "trainable"]


def prepare(backbone, data, options, seed) -> dict:
    """Adds `prior`: class latents and the class prompt ("a brain MRI", no identifier); the dataset's prompts get "sks"."""
    from ldcore.backbone import embed_prompts

    class_prompt = f"a {data['phrases'][0]}"
    embeds = embed_prompts(backbone, ["", class_prompt])
    count = options["class_images"]
    shape = tuple(data["mean"].shape[1:])
    noise = torch.stack([starting_noise(shape, seed, "class", number) for number in range(count)])
    latents, _ = sample(backbone, embeds[1:].expand(count, -1, -1), embeds[0], noise, Drift(), options["class_steps"],
                        options["class_guidance_scale"])
    prior = {"mean": latents, "std": torch.zeros_like(latents), "prompt_embeds": embeds[1:], "empty": embeds[0],
             "prompt_rows": torch.zeros(count, dtype=torch.long), "timesteps": data["timesteps"]}
    backbone.placeholders = PLACEHOLDERS
    return {**data, "prompt_embeds": embed_prompts(backbone, data["texts"]), "prior": prior}


def apply(backbone, tensors) -> None:
    """Load the saved U-Net weights; prompts get the identifier from now on."""
    load_unet(backbone, tensors)
    backbone.placeholders = PLACEHOLDERS
