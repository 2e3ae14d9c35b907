"""DreamBooth: the whole U-Net trains on "sks" prompts while class images of the base keep its prior (arXiv 2208.12242).

The class images are sampled here, from the base model before training, as latents: they need no decoding. The loss is
that of the dataset's images plus prior_weight times that of as many class images (diffusers' train_dreambooth).
"""

import torch

from ldcore.drift.latent_drift import Drift
from ldcore.methods.basic_ft import apply as load_unet
from ldcore.methods.basic_ft import trainable
from ldcore.prompts import SUBJECT, article
from ldcore.sampling.ddim import Sampling, sample, starting_noise

TITLE = "DreamBooth"
EXTENDS = ("ldcore.training.options",)
OPTIONS = {
    "prior_weight": {"type": "number", "minimum": 0, "default": 1.0, "description": "of the class images in the loss"},
    "class_images": {"type": "integer", "minimum": 1, "default": 200, "description": "sampled before training"},
    "class_steps": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 50, "description": "their DDIM steps"},
    "class_guidance_scale": {"type": "number", "minimum": 1, "default": 7.5, "description": "their guidance; 1: none"},
}
TRAINS = {"unet": ["*"]}
PLACEHOLDERS = {words.lower(): f"sks {words.lower()}" for words in SUBJECT.values()}

__all__ = ["apply", "prepare", "trainable"]


def prepare(backbone, data, options, seed) -> dict:
    """Adds `prior`: class latents and the class prompt ("a brain MRI", no identifier); the dataset's prompts get "sks".

    A subject's own words are saved with the weights, so that `apply` knows where the identifier goes.
    """
    from ldcore.model.backbone import embed_prompts

    words = data["phrases"][0].lower()
    class_prompt = f"{article(words)} {data['phrases'][0]}"
    embeds = embed_prompts(backbone, ["", class_prompt])
    count = options["class_images"]
    shape = tuple(data["mean"].shape[1:])
    noise = torch.stack([starting_noise(shape, seed, "class", number) for number in range(count)])
    sampling = Sampling(options["class_steps"], options["class_guidance_scale"])
    latents, _ = sample(backbone, embeds[1:].expand(count, -1, -1), embeds[0], noise, Drift(), sampling)
    prior = {
        "mean": latents,
        "std": torch.zeros_like(latents),
        "prompt_embeds": embeds[1:],
        "empty": embeds[0],
        "prompt_rows": torch.zeros(count, dtype=torch.long),
        "timesteps": data["timesteps"],
    }
    saved = {} if words in PLACEHOLDERS else {"subject": torch.tensor(list(words.encode()), dtype=torch.uint8)}
    backbone.placeholders = {words: f"sks {words}"} if saved else PLACEHOLDERS
    return {**data, "prompt_embeds": embed_prompts(backbone, data["texts"]), "prior": prior, "saved": saved}


def apply(backbone, tensors) -> None:
    """Load the saved U-Net weights; prompts get the identifier from now on."""
    own = bytes(tensors["subject"].tolist()).decode() if "subject" in tensors else None
    load_unet(backbone, {name: tensor for name, tensor in tensors.items() if name != "subject"})
    backbone.placeholders = {own: f"sks {own}"} if own else PLACEHOLDERS
