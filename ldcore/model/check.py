"""What a model must be for the suite to run it, told from its small files and the heads of its large ones.

Read at parse time, before any job, and again when a model is loaded. Imports nothing heavy.
"""

import json
import re
from fnmatch import filter as matching
from pathlib import Path

from ldcore.model.fields import check_fields
from ldcore.model.schedule import check_schedule
from ldcore.runtime.errors import UserError
from ldcore.runtime.files import MODEL_PARTS
from ldcore.runtime.weight_files import check_floats, check_whole, shapes

PARTS = MODEL_PARTS
WEIGHTS = {"unet": "diffusion_pytorch_model", "vae": "diffusion_pytorch_model", "text_encoder": "model"}
CLASSES = {"unet": "UNet2DConditionModel", "vae": "AutoencoderKL"}
WANTED = "give a Stable Diffusion model of the 1.x shape: a U-Net over 4 latent channels and CLIP's text"
# Settings that ask for inputs or arithmetic which nothing here gives.
FOREIGN = {
    "unet": {
        "addition_embed_type": "as Stable Diffusion XL's",
        "class_embed_type": "as unCLIP's",
        "num_class_embeds": "as an upscaler's",
        "encoder_hid_dim_type": "as Kandinsky's",
        "time_cond_proj_dim": "as a latent consistency model's",
    },
    "vae": {"shift_factor": "as Stable Diffusion 3's", "latents_mean": "as newer models'"},
}
# Tensor -> for each of its first axes the settings that say how long it is; one part's file under another's config.
SHAPES = {
    "unet": {"conv_in.weight": (None, "in_channels"), "conv_out.weight": ("out_channels",)},
    "vae": {"decoder.conv_in.weight": (None, "latent_channels"), "encoder.conv_in.weight": (None, "in_channels")},
    "text_encoder": {"*token_embedding.weight": ("vocab_size", "hidden_size")},
}
# What its tensors are numbered behind -> the setting that says how many there are of these.
COUNTS = {
    "unet": {
        "down_blocks": "block_out_channels",
        "up_blocks": "block_out_channels",
        "down_blocks.0.resnets": "layers_per_block",
    },
    "vae": {
        "encoder.down_blocks": "block_out_channels",
        "decoder.up_blocks": "block_out_channels",
        "encoder.down_blocks.0.resnets": "layers_per_block",
    },
    "text_encoder": {"encoder.layers": "num_hidden_layers"},
}
# What transformers takes where unsaid.
CLIP = {"vocab_size": 49408, "hidden_size": 512, "max_position_embeddings": 77, "num_hidden_layers": 12}
# Tensor of Stable Diffusion 1.x as one file -> its shape (ldcore.model.convert).
SINGLE = {
    "model.diffusion_model.input_blocks.0.0.weight": (320, 4, 3, 3),
    "model.diffusion_model.out.2.weight": (4, 320, 3, 3),
    "first_stage_model.decoder.conv_in.weight": (512, 4, 3, 3),
    "cond_stage_model.transformer.text_model.embeddings.token_embedding.weight": (49408, 768),
}


def check_model(folder) -> None:
    """UserError, one sentence that names the file, where a diffusers folder is no model that the suite can run.

    That is one that predicts epsilon or v, from 4 latent channels and CLIP's text alone, its weights whole as
    safetensors.
    """
    folder = check_folder(folder)
    settings(folder, ".", "model_index.json")
    check_schedule(settings(folder, "scheduler", "scheduler_config.json"), folder)
    unet, vae = (settings(folder, part) for part in CLASSES)
    text = CLIP | settings(folder, "text_encoder")
    for part, said in (("unet", unet), ("vae", vae)):
        check_class(folder, part, said)
        check_fields(folder, part, said)
    channels = {
        "unet": [unet.get("in_channels"), unet.get("out_channels")],
        "vae": [vae.get("latent_channels")],
    }
    for part, found in channels.items():
        if set(found) != {4}:
            raise UserError(misfit(folder, part, f"has {' and '.join(map(str, found))} latent channels"))
    if text.get("model_type") != "clip_text_model":
        raise UserError(misfit(folder, "text_encoder", f"is of a {text.get('model_type')}"))
    check_fields(folder, "text_encoder", text)
    width, own = unet.get("cross_attention_dim"), text["hidden_size"]
    if width != own:
        raise UserError(misfit(folder, "unet", f"has cross_attention_dim {width}, and its texts are {own} wide"))
    check_tokenizer(folder, text["max_position_embeddings"])
    for part, said in (("unet", unet), ("vae", vae), ("text_encoder", text)):
        check_weights(folder, part, said)


def check_folder(folder) -> Path:
    """Return the folder as a Path. UserError names the part that is missing."""
    folder = Path(folder)
    for name in ("model_index.json", *PARTS):
        if not (folder / name).exists():
            raise UserError(
                f"Model weights: {folder} lacks {name!r}; give `model.path` a diffusers folder of a Stable "
                "Diffusion model."
            )
    return folder


def settings(folder: Path, part: str, name: str = "config.json") -> dict:
    """A JSON object of a part. UserError where the file is missing or none."""
    path = folder / part / name
    try:
        content = json.loads(path.read_text())
    except FileNotFoundError:
        raise UserError(f"Model weights: {path} is missing; copy or fetch the model again.") from None
    except OSError as error:
        raise UserError(f"Model weights: {path} cannot be read ({error.strerror}).") from error
    except ValueError:
        content = None
    if not isinstance(content, dict):
        check_whole(path)
        raise UserError(f"Model weights: {path} is no whole JSON object; copy or fetch it again.")
    return content


def misfit(folder: Path, part: str, what: str) -> str:
    """The error's sentence about a part that is of another kind of model."""
    return f"Model {folder}: its {part}/config.json {what}; {WANTED}."


def check_class(folder: Path, part: str, said: dict) -> None:
    """UserError where a U-Net or autoencoder is of another class, or has settings of another kind of model."""
    if said.get("_class_name", CLASSES[part]) != CLASSES[part]:
        raise UserError(misfit(folder, part, f"is of a {said['_class_name']}"))
    for key, whose in FOREIGN[part].items():
        if said.get(key) is not None:
            raise UserError(misfit(folder, part, f"has {key} {said[key]!r}, {whose}"))


def check_tokenizer(folder: Path, most: int) -> None:
    """UserError where the tokenizer's files are missing, or it does not say to how many tokens prompts are cut.

    most: tokens that the text encoder has places for.
    """
    names = ("tokenizer.json", "vocab.json", "merges.txt")
    whole, vocabulary, merges = (folder / "tokenizer" / name for name in names)
    if not whole.is_file() and not (vocabulary.is_file() and merges.is_file()):
        raise UserError(f"Model weights: {whole} is missing; copy or fetch the model again.")
    for path in (whole, vocabulary, merges):
        if path.is_file():
            check_whole(path)
    file, key = "tokenizer_config.json", "model_max_length"
    length = settings(folder, "tokenizer", file).get(key)
    if type(length) not in (int, float) or length % 1 or not 3 <= length <= most:
        what = f"has no {key}" if length is None else f"has {key} {json.dumps(length)}"
        raise UserError(
            f'Model {folder}: its tokenizer/{file} {what}; write "{key}": {most} into it, a number without quotes: as '
            "many tokens as the text encoder has places for."
        )


def picture_side(folder) -> int:
    """How many pixels a side the pictures of a diffusers folder have, by its config files."""
    unet, vae = (settings(Path(folder), part) for part in ("unet", "vae"))
    return unet["sample_size"] * 2 ** (len(vae.get("block_out_channels", [64])) - 1)


def check_weights(folder: Path, part: str, said: dict) -> None:
    """UserError where a part's weights are missing, not whole, or not those of its config.json."""
    tensors = part_shapes(folder, part)
    for pattern, axes in SHAPES[part].items():
        found = matching(tensors, pattern)
        shape = tensors[found[0]] if found else ()
        wanted = [said.get(key) for key in axes]
        if len(shape) < len(axes) or any(w not in (None, length) for w, length in zip(wanted, shape)):
            have = f"{found[0]} of shape {list(shape)}" if found else f"no {pattern.removeprefix('*')}"
            raise UserError(
                f"Model {folder}: the weights of its {part} have {have}, which its config.json does not say; copy or "
                "fetch both again."
            )
    own = [tensor for tensor in tensors if not tensor.startswith("vision_model.")]  # of a whole CLIP
    for name, key in COUNTS[part].items():
        found = len({match[1] for match in map(re.compile(rf"\b{name}\.(\d+)\.").search, own) if match})
        wanted = len(said[key]) if isinstance(said.get(key), list) and key != "layers_per_block" else said.get(key)
        if isinstance(wanted, int) and found != wanted:
            raise UserError(
                f"Model {folder}: the weights of its {part} have {found} of {name}, and its config.json says {wanted} "
                f"({key}); copy or fetch both again."
            )


def part_shapes(folder, part: str) -> dict[str, tuple]:
    """Tensor name -> shape of a part of a diffusers folder, from the heads of its files, whole or in pieces.

    UserError where a file is missing, not whole, not of floating-point numbers, or not what its index says.
    """
    stem = Path(folder, part, WEIGHTS[part])
    index = stem.with_name(stem.name + ".safetensors.index.json")
    pieces = pieces_of(Path(folder), part, index) if index.is_file() else {stem.name + ".safetensors": []}
    tensors = {}
    for path, named in ((stem.with_name(name), named) for name, named in pieces.items()):
        if not path.is_file():
            raise UserError(f"Model weights: {path} is missing; {remedy(path.parent)}.")
        found = shapes(path)
        check_floats(path)
        if lost := sorted(set(named) - found.keys()):
            raise UserError(
                f"Model weights: {path} has no {lost[0]}, which {index.name} says; copy or fetch both again."
            )
        tensors |= found
    return tensors


def pieces_of(folder: Path, part: str, index: Path) -> dict[str, list[str]]:
    """File -> the tensors in it, as the index of weights in pieces has it. UserError: an index that says no such."""
    places = settings(folder, part, index.name).get("weight_map")
    if not places or not isinstance(places, dict) or not all(is_name(file) for file in places.values()):
        raise UserError(
            f"Model weights: {index} has no weight_map from tensors to .safetensors files beside it; copy or fetch it "
            "again."
        )
    pieces = {file: [] for file in sorted(set(places.values()))}
    for tensor, file in places.items():
        pieces[file].append(tensor)
    return pieces


def is_name(file) -> bool:
    """Whether it is the plain name of a .safetensors file."""
    return isinstance(file, str) and file.endswith(".safetensors") and Path(file).name == file


def remedy(folder: Path) -> str:
    """What to do where a part's safetensors are missing, by what lies there instead."""
    variants = sorted(folder.glob("*.*.safetensors"))
    if variants:
        return f"{variants[0].name} is a variant, which is not loaded: fetch the plain file, or give it the plain name"
    if pickles := sorted(folder.glob("*.bin")):
        return (
            f"{pickles[0].name} is a pickle, which can run code when it is opened: convert the model where you trust "
            "it, with diffusers' save_pretrained, or fetch its .safetensors"
        )
    return "give `model.path` a diffusers folder with safetensors weights"


def check_single_file(path) -> None:
    """UserError where a .safetensors file is not whole, or no Stable Diffusion 1.x in floats in the original layout."""
    tensors = shapes(path)
    for name, shape in SINGLE.items():
        if name not in tensors:
            raise UserError(no_single_file(path, f"it has no {name}"))
        if tensors[name] != shape:
            raise UserError(no_single_file(path, f"its {name} is {list(tensors[name])}, not {list(shape)}"))
    check_floats(path, *{name.partition(".")[0] + "." for name in SINGLE})


def no_single_file(path, why: str) -> str:
    """The error's sentence about a file that is no such model."""
    return (
        f"{path} is no Stable Diffusion 1.x model in the original layout ({why}); give such a .safetensors file or a "
        "diffusers folder."
    )
