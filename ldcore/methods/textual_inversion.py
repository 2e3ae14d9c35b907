"""Textual Inversion: new words of the text encoder alone train (Gal et al. 2022, arXiv 2208.01618).

The anatomy's name and every condition become placeholders ("brain MRI" -> "<brain_mri> <brain_mri>_1"), as many
vectors as the phrase has tokens, starting at their embeddings: untrained, the prompt means what it meant. Saved as
placeholder -> [vectors, D], which `load_textual_inversion` of a stock pipeline reads.
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
    """Add the words of placeholders (`add_words`), which stand for their phrases from now on."""
    add_words(backbone, tensors)
    backbone.placeholders = {
        token[1:-1].replace("_", " "): " ".join(words_of(token, len(rows))) for token, rows in tensors.items()
    }


def add_words(backbone, tensors: dict) -> None:
    """Add the words of placeholders to tokenizer and text encoder; the other words keep their embeddings.

    tensors: placeholder -> the embeddings of its words, [vectors, D].
    """
    words = [word for token, rows in tensors.items() for word in words_of(token, len(rows))]
    backbone.tokenizer.add_tokens(words)
    encoder = backbone.text_encoder
    encoder.resize_token_embeddings(len(backbone.tokenizer), mean_resizing=False)
    encoder.requires_grad_(False)
    weight = encoder.get_input_embeddings().weight
    weight.data[backbone.tokenizer.convert_tokens_to_ids(words)] = torch.cat(
        [rows.to(weight) for rows in tensors.values()]
    )


def prepare(backbone, data, options, seed) -> dict:
    """Insert the placeholders; add `prompt_ids` [P, 77] and `empty_ids` [77] to the data.

    Prompts are encoded anew in each step, so that gradients reach the placeholders.
    """
    weight, embeddings = backbone.text_encoder.get_input_embeddings().weight, {}
    for phrase in data["phrases"]:
        if any(phrase.lower() in text.lower() for text in data["texts"]):
            tokens = backbone.tokenizer(phrase, add_special_tokens=False).input_ids
            embeddings[placeholder(phrase)] = weight[tokens].detach().clone()
    insert(backbone, embeddings)
    return {**data, "prompt_ids": tokenize(backbone, data["texts"]), "empty_ids": tokenize(backbone, [""])[0]}


def trainable(backbone, options) -> dict:
    """Placeholder -> parameter [vectors, D], which stands in for its words after the embedding layer."""
    return learned(backbone, {words.split()[0]: words.split() for words in backbone.placeholders.values()})


def learned(backbone, words: dict[str, list[str]]) -> dict:
    """Name -> parameter [vectors, D], which stands in for its words (`add_words`) after the embedding layer."""
    if not words:
        return {}
    layer = backbone.text_encoder.get_input_embeddings()
    ids = {name: backbone.tokenizer.convert_tokens_to_ids(of_name) for name, of_name in words.items()}
    parameters = {name: torch.nn.Parameter(layer.weight[rows].detach().clone()) for name, rows in ids.items()}

    def replace(module, inputs, output):
        for name, parameter in parameters.items():
            for vector, index in zip(parameter, ids[name]):
                output = torch.where((inputs[0] == index)[..., None], vector, output)
        return output

    layer.register_forward_hook(replace)
    return parameters


def apply(backbone, tensors) -> None:
    """Add the placeholders with their learned vectors."""
    insert(backbone, tensors)


def export(backbone, tensors, folder) -> None:
    """Write folder/NAME.safetensors for every placeholder, each for pipeline.load_textual_inversion(path)."""
    from safetensors.torch import save_file

    Path(folder).mkdir(parents=True, exist_ok=True)
    for token, rows in tensors.items():
        save_file({token: rows.cpu().contiguous()}, Path(folder) / f"{token[1:-1]}.safetensors")
