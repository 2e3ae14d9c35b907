"""DreamBooth: the whole U-Net trains on "sks" prompts, class images of the base keep its prior (arXiv 2208.12242)."""

from ldcore.methods._class_images import class_data, subject_tensor, subject_words_of
from ldcore.methods.basic_ft import apply as load_unet
from ldcore.methods.basic_ft import trainable
from ldcore.model.backbone import embed_prompts
from ldcore.prompts import SUBJECT

TITLE = "DreamBooth"
EXTENDS = ("ldcore.training.options", "ldcore.methods._class_images")
TRAINS = {"unet": ["*"]}
PLACEHOLDERS = {words.lower(): f"sks {words.lower()}" for words in SUBJECT.values()}

__all__ = ["apply", "prepare", "trainable"]


def prepare(backbone, data, options, seed) -> dict:
    """Adds `prior`: class latents and the class prompt ("a brain MRI", no identifier); the dataset's prompts get "sks".

    A subject's own words are saved with the weights, so that `apply` knows where the identifier goes.
    """
    words, prior = data["phrases"][0].lower(), class_data(backbone, data, options, seed)
    saved = {} if words in PLACEHOLDERS else {"subject": subject_tensor(words)}
    backbone.placeholders = {words: f"sks {words}"} if saved else PLACEHOLDERS
    return {**data, "prompt_embeds": embed_prompts(backbone, data["texts"]), "prior": prior, "saved": saved}


def apply(backbone, tensors) -> None:
    """Load the saved U-Net weights; prompts get the identifier from now on."""
    own = subject_words_of(tensors["subject"]) if "subject" in tensors else None
    load_unet(backbone, {name: tensor for name, tensor in tensors.items() if name != "subject"})
    backbone.placeholders = {own: f"sks {own}"} if own else PLACEHOLDERS
