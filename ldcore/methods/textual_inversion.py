"""Textual Inversion: new words of the text encoder alone train (Gal et al. 2022, arXiv 2208.01618).

The anatomy's name and every condition become placeholders ("brain MRI" -> "<brain_mri> <brain_mri>_1"), as many vectors as the
phrase has tokens, starting at their embeddings: untrained, the prompt means what it meant. Saved as placeholder -> [vectors, D],
which `load_textual_inversion` of a stock pipeline reads.
"""

from pathlib import Path

import torch

from ldcore.model.backbone import tokenize

TITLE = "Textual Inversion"
EXTENDS = ("ldcore.training.options",)
OPTIONS = {
    "weight_decay": {"type": "number", "minimum": 0, "default": 0.0, "description": "AdamW's"},
}
TRAINS = {"text_encoder": "words"}


def placeholder(phrase: str) -> str:
    """'brain MRI' -> '<brain_mri>'."""
    return f"<{phrase.lower().replace(' ', '_')}>"


def words_of(token: str, vectors: int) -> list[str]:
    """A placeholder's words in diffusers' multi-vector naming: '<a>', '<a>_1', ..."""
    return [token, *(f"{token}_{number}" for number in range(1, vectors))]


def insert(backbone, tensors: dict) -> None:
    """Add the placeholders' words to tokenizer and text encoder with the rows given, [vectors, D] each; other rows are copied."""
    words = [word for token, rows in tensors.items() for word in words_of(token, len(rows))]
    backbone.tokenizer.add_tokens(words)
    encoder = backbone.text_encoder
    encoder.resize_token_embeddings(len(backbone.tokenizer), mean_resizing=False)
    encoder.requires_grad_(False)
    weight = encoder.get_input_embeddings().weight
    weight.data[backbone.tokenizer.convert_tokens_to_ids(words)] = torch.cat(
        [rows.to(weight) for rows in tensors.values()]
    )
    backbone.placeholders = {
        token[1:-1].replace("_", " "): " ".join(words_of(token, len(rows))) for token, rows in tensors.items()
    }


def prepare(backbone, data, options, seed) -> dict:
    """Adds `prompt_ids` [P, 77] and `empty_ids`: prompts are encoded anew each step, so that gradients reach the placeholders."""
    weight, tokenizer = backbone.text_encoder.get_input_embeddings().weight, backbone.tokenizer
    used = [p for p in data["phrases"] if any(p.lower() in text.lower() for text in data["texts"])]
    insert(
        backbone,
        {placeholder(p): weight[tokenizer(p, add_special_tokens=False).input_ids].detach().clone() for p in used},
    )
    return {**data, "prompt_ids": tokenize(backbone, data["texts"]), "empty_ids": tokenize(backbone, [""])[0]}


def trainable(backbone, options) -> dict:
    """Placeholder -> parameter [vectors, D]. It takes its rows' place after the embedding layer, whose weight stays frozen."""
    layer = backbone.text_encoder.get_input_embeddings()
    named, places = {}, {}
    for words in backbone.placeholders.values():
        ids = backbone.tokenizer.convert_tokens_to_ids(words.split())
        named[words.split()[0]] = torch.nn.Parameter(layer.weight[ids].detach().clone())
        places[words.split()[0]] = ids

    def replace(module, inputs, output):
        for token, parameter in named.items():
            for vector, index in zip(parameter, places[token]):
                output = torch.where((inputs[0] == index)[..., None], vector, output)
        return output

    layer.register_forward_hook(replace)
    return named


def apply(backbone, tensors) -> None:
    """Add the placeholders with their learned vectors."""
    insert(backbone, tensors)


def export(backbone, tensors, folder) -> None:
    """folder/NAME.safetensors, one a placeholder, each for pipeline.load_textual_inversion(path)."""
    from safetensors.torch import save_file

    Path(folder).mkdir(parents=True, exist_ok=True)
    for token, rows in tensors.items():
        save_file({token: rows.cpu().contiguous()}, Path(folder) / f"{token[1:-1]}.safetensors")
