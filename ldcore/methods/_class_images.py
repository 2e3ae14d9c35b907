"""Prior preservation: images of the class, sampled from the base model, keep what it knew (arXiv 2208.12242).

They are sampled before training, as latents: they need no decoding. The loss is that of the dataset's images plus
prior_weight times that of as many class images (diffusers' train_dreambooth and train_custom_diffusion).
"""

import torch

from ldcore.drift.latent_drift import Drift
from ldcore.model.backbone import embed_prompts
from ldcore.prompts import article
from ldcore.sampling.ddim import Sampling, sample, starting_noise

OPTIONS = {
    "prior_weight": {"type": "number", "minimum": 0, "default": 1.0, "description": "of the class images in the loss"},
    "class_images": {"type": "integer", "minimum": 1, "default": 200, "description": "sampled before training"},
    "class_steps": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 50, "description": "their DDIM steps"},
    "class_guidance_scale": {"type": "number", "minimum": 1, "default": 7.5, "description": "their guidance; 1: none"},
}


def class_data(backbone, data: dict, options: dict, seed) -> dict:
    """What training.batches.batch draws as `prior`: class latents, and the class prompt ("a brain MRI").

    To be called before the method changes the backbone: both are the base model's. Of data: phrases, mean, timesteps.
    """
    words = data["phrases"][0]
    class_prompt = f"{article(words)} {words}"
    embeds = embed_prompts(backbone, ["", class_prompt])
    count, shape = options["class_images"], tuple(data["mean"].shape[1:])
    noise = torch.stack([starting_noise(shape, seed, "class", number) for number in range(count)])
    sampling = Sampling(options["class_steps"], options["class_guidance_scale"])
    latents, _ = sample(backbone, embeds[1:].expand(count, -1, -1), embeds[0], noise, Drift(), sampling)
    return {
        "mean": latents,
        "std": torch.zeros_like(latents),
        "prompt_embeds": embeds[1:],
        "empty": embeds[0],
        "texts": [class_prompt],
        "prompt_rows": torch.zeros(count, dtype=torch.long),
        "timesteps": data["timesteps"],
    }


def subject_tensor(words: str) -> torch.Tensor:
    """A subject's words as a tensor, to be saved beside weights."""
    return torch.tensor(list(words.encode()), dtype=torch.uint8)


def subject_words_of(tensor) -> str:
    """The words of `subject_tensor`."""
    return bytes(tensor.tolist()).decode()
