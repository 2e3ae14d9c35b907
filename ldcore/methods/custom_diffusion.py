"""Custom Diffusion: the keys and values of the cross-attention train (Kumari et al. 2023, arXiv 2212.04488).

As options, what the paper and its code (github.com/adobe-research/custom-diffusion) have besides: a modifier token, a
new word before the subject ("<new1> brain MRI") that trains along, and class images that keep the prior. These are
generated; the authors' own are retrieved from the web by default, where we have nothing of the kind.
"""

from fnmatch import fnmatchcase
from pathlib import Path

from ldcore.methods import textual_inversion
from ldcore.methods._class_images import class_data, subject_tensor, subject_words_of
from ldcore.model.backbone import tokenize
from ldcore.runtime.errors import UserError

TITLE = "Custom Diffusion"
EXTENDS = ("ldcore.training.options", "ldcore.methods._class_images")
OPTIONS = {
    "modifier_token": {
        "type": "string",
        "pattern": "^(<[a-z0-9_-]+>)?$",
        "default": "",
        "description": "a new word before the subject, such as <new1>; empty: none",
    },
    "initializer_token": {
        "type": "string",
        "minLength": 1,
        "default": "ktn",
        "description": "whose embedding the new word starts at; of several tokens, their mean",
    },
    "prior_weight": {
        "type": "number",
        "minimum": 0,
        "default": 0.0,
        "description": "of the class images in the loss; 0: there are none",
    },
}
TRAINS = {"unet": ["*attn2.to_k.weight", "*attn2.to_v.weight"]}


def prepare(backbone, data, options, seed) -> dict:
    """Adds `prior` where the class images weigh something, and the modifier token where there is one.

    With a token, prompts are encoded anew in each step (`prompt_ids`), and the subject's words are saved with the
    weights, so that `apply` knows where the token goes.
    """
    if options["prior_weight"]:
        data = {**data, "prior": class_data(backbone, data, options, seed)}
    token, words = options["modifier_token"], data["phrases"][0].lower()
    if not token:
        return data

    # 1. Ids of the class prompt, which stays without the token.
    empty_ids = tokenize(backbone, [""])[0]
    if "prior" in data:
        ids = tokenize(backbone, data["prior"]["texts"])
        data["prior"] |= {"prompt_ids": ids, "empty_ids": empty_ids}

    # 2. The token, starting at the embedding of another word.
    start = backbone.tokenizer(options["initializer_token"], add_special_tokens=False).input_ids
    weight = backbone.text_encoder.get_input_embeddings().weight
    insert(backbone, token, weight[start].detach().mean(0, keepdim=True), words)
    saved = {"subject": subject_tensor(words)}
    return {**data, "prompt_ids": tokenize(backbone, data["texts"]), "empty_ids": empty_ids, "saved": saved}


def insert(backbone, token: str, rows, words: str) -> None:
    """Add the token, its embedding [1, D], and write it before the subject's words from now on."""
    textual_inversion.add_words(backbone, {token: rows})
    backbone.placeholders = {words: f"{token} {words}"}


def modifier_tokens(backbone) -> list[str]:
    """The modifier token of a backbone that has one."""
    return [replacement.split()[0] for replacement in backbone.placeholders.values()]


def trainable(backbone, options) -> dict:
    """The U-Net's attn2.to_k and attn2.to_v, by their state-dict names, and the modifier token's embedding [1, D]."""
    keys_and_values = {
        name: parameter
        for name, parameter in backbone.unet.named_parameters()
        if any(fnmatchcase(name, pattern) for pattern in TRAINS["unet"])
    }
    return keys_and_values | textual_inversion.learned(
        backbone, {token: [token] for token in modifier_tokens(backbone)}
    )


def apply(backbone, tensors) -> None:
    """Load exactly those weights; a missing or left-over name is an error."""
    rest, tokens = parts(tensors)
    expected = {name for name in trainable(backbone, {}) if not name.startswith("<")}
    if expected != rest.keys():
        raise UserError(
            f"The custom_diffusion weights do not fit this U-Net (first difference: {min(expected ^ rest.keys())}); "
            "give the model they were trained on."
        )
    backbone.unet.load_state_dict(rest, strict=False)
    for token, rows in tokens.items():
        insert(backbone, token, rows, subject_words_of(tensors["subject"]))


def parts(tensors: dict) -> tuple[dict, dict]:
    """(weights of the U-Net, modifier token -> its embedding) of the saved tensors."""
    tokens = {name: tensor for name, tensor in tensors.items() if name.startswith("<")}
    return {name: tensor for name, tensor in tensors.items() if name not in {*tokens, "subject"}}, tokens


def export(backbone, tensors, folder) -> None:
    """Write folder/unet, and folder/NAME.safetensors of a modifier token for pipeline.load_textual_inversion(path)."""
    apply(backbone, tensors)
    backbone.unet.save_pretrained(Path(folder) / "unet")
    textual_inversion.export(backbone, parts(tensors)[1], folder)
