"""What training draws from, and the micro-batches drawn: all random numbers on the CPU, all values on the device."""

import numpy as np
import torch

from ldcore.drift.training_noise import training_noise
from ldcore.model.backbone import embed_prompts, token_ids
from ldcore.prompts import check_told_apart, label, label_prompts, phrases, prompt
from ldcore.runtime.errors import UserError
from ldcore.runtime.seeds import numpy_rng, torch_generator
from ldcore.training.options import source_dropout

RESIDENT = 0.1  # share of a GPU's memory that latents and embeddings may fill; larger ones stay in the computer's


def training_data(backbone, latents, records, anatomy: str, style: str) -> dict:
    """What `batch` draws from: the cached posteriors in the file `latents`, and the embeddings of the records' prompts.

    mean, std [N, 4, h, w]; texts (P prompts), prompt_embeds [P, 77, D], prompt_rows [N] (which prompt), empty [77, D]
    (of no prompt); phrases (prompts.phrases); timesteps, how many the noise schedule has. UserError: two labels are one
    prompt to the text encoder.
    """
    with np.load(latents) as arrays:
        mean, std, rows = (arrays[key] for key in ("mean", "std", "rows"))
    texts = [prompt(records.iloc[row], anatomy, style) for row in rows]
    labels = {label(record) for record in records.iloc[rows].to_dict("records")} - {None}
    of_labels = label_prompts(labels, anatomy, style, records.iloc[rows[0]].to_dict())
    check_told_apart(of_labels, token_ids(backbone, list(of_labels.values())), backbone.tokenizer.model_max_length)
    unique = sorted(set(texts))
    place = {text: index for index, text in enumerate(unique)}
    embeds = embed_prompts(backbone, ["", *unique])
    return {
        "mean": torch.from_numpy(mean),
        "std": torch.from_numpy(std),
        "prompt_embeds": embeds[1:],
        "empty": embeds[0],
        "texts": unique,
        "phrases": phrases(records.iloc[rows], anatomy),
        "prompt_rows": torch.tensor([place[text] for text in texts]),
        "timesteps": backbone.scheduler.config.num_train_timesteps,
    }


def on_device(data: dict, device: torch.device) -> dict:
    """`data` for training on `device`: moved there once where it fits (RESIDENT), else a micro-batch at a time."""
    if device.type == "cpu":
        return data
    tensors = {key: value for key, value in data.items() if isinstance(value, torch.Tensor)}
    size = sum(tensor.nbytes for tensor in tensors.values())
    if size <= RESIDENT * torch.cuda.get_device_properties(device).total_memory:
        tensors = {key: tensor.to(device) for key, tensor in tensors.items()}
    data = {**data, **tensors, "device": device}
    if "prior" in data:
        data["prior"] = on_device(data["prior"], device)
    return data


def moved(tensor, device):
    """The tensor on the device, without waiting for it."""
    return tensor if tensor.device == device else tensor.pin_memory().to(device, non_blocking=True)


def batch(data: dict, options: dict, *keys, share: tuple[int, int] = (0, 1), noise: dict | None = None) -> dict:
    """A micro-batch of B images, a function of `keys`.

    latents, noise [B, 4, h, w]; prompt_embeds [B, 77, D]; timesteps, weights [B]. data: of `training_data`, of a
    method's `prepare`, or of `on_device`. share (rank, processes): every processes-th row from the rank-th on, so that
    all processes together have the batch of one. Where data has `prompt_ids`, so has the batch, in place of
    prompt_embeds. Where data has `source`, so has the batch (`with_source`). Where data has `prior`, as many images of
    it follow, each weighing prior_weight. noise: another noise (drift.training_noise); where that has a
    `perturbation`, so has the batch.
    """
    # 1. This process's share of the random numbers.
    rank, processes = share
    drawn_numbers = draws(data, options, *keys)
    drawn_numbers |= training_noise(drawn_numbers["noise"], noise or {}, *keys)
    random = {name: value[rank::processes] for name, value in drawn_numbers.items()}
    place, device = data["mean"].device, data.get("device", data["mean"].device)
    rows = moved(random.pop("rows"), place)
    random = {name: moved(value, device) for name, value in random.items()}

    def drawn(name, places=rows):
        return moved(data[name][places], device)

    # 2. A latent of each image's posterior, and its prompt or none.
    texts, empty = ("prompt_ids", "empty_ids") if "prompt_ids" in data else ("prompt_embeds", "empty")
    prompts = drawn(texts, data["prompt_rows"][rows])
    dropped = random["dropped"].view(-1, *[1] * (prompts.ndim - 1))
    values = {
        "latents": drawn("mean") + drawn("std") * random["posterior"],
        "noise": random["noise"],
        texts: torch.where(dropped, moved(data[empty], device), prompts),
        "timesteps": random["timesteps"],
        "weights": torch.ones(len(rows), device=device),
    }
    if "perturbation" in random:
        values["perturbation"] = random["perturbation"]

    # 3. What a method adds.
    if "source" in data:
        values |= with_source(values["latents"], drawn("source"), drawn("source_std"), data["source_scale"], random)
    if "prior" in data:
        prior = batch(data["prior"], {**options, "caption_dropout": 0.0}, *keys, "prior", share=share, noise=noise)
        prior["weights"] *= options["prior_weight"]
        values = {key: torch.cat([values[key], prior[key]]) for key in values}
    return values


def draws(data: dict, options: dict, *keys) -> dict:
    """Every random number of a whole micro-batch of B images, on the CPU.

    rows, dropped (prompts), timesteps [B]; posterior, noise [B, 4, h, w]; where data has `source`, also source_kept,
    unchanged [B] and source_posterior [B, 4, h, w]. The order of the draws is part of the result.
    """
    rng, generator, count = numpy_rng(*keys), torch_generator(*keys), options["batch_size"]
    shape = (count, *data["mean"].shape[1:])
    random = {"rows": torch.from_numpy(rng.integers(len(data["mean"]), size=count))}
    random["posterior"] = torch.randn(shape, generator=generator)
    random["dropped"] = torch.from_numpy(rng.random(count) < options["caption_dropout"])
    random["noise"] = torch.randn(shape, generator=generator)
    random["timesteps"] = torch.from_numpy(rng.integers(0, data["timesteps"], count))
    if "source" in data:
        chances = torch.tensor(source_dropout(options), dtype=torch.float64)[random["dropped"].long()]
        random["source_kept"] = torch.from_numpy(rng.random(count)) >= chances
        random["unchanged"] = random["dropped"] & (options["dropped_instruction"] == "source")
        random["source_posterior"] = torch.randn(shape, generator=generator)
    return random


def with_source(latents, mean, std, scale: float, random: dict) -> dict:
    """The part of a micro-batch that conditions on an image (edit.methods.instruct_pix2pix).

    latents: of the targets, in whose place the source itself stands where it is to stay `unchanged`; mean, std:
    posterior of the sources; all [B, 4, h, w]. Returns the latents and the `source` that the network sees:
    unscaled, zero where dropped.
    """
    same = mean + std * random["source_posterior"]
    return {
        "latents": torch.where(random["unchanged"].view(-1, 1, 1, 1), same, latents),
        "source": mean / scale * random["source_kept"].view(-1, 1, 1, 1),
    }


def share_of(options: dict, rank: int, processes: int) -> tuple[int, int]:
    """(rank, processes), after a look whether they can share a micro-batch evenly. UserError if not."""
    if options["batch_size"] % processes:
        raise UserError(
            f"{processes} processes cannot share a batch_size of {options['batch_size']} evenly; make it a multiple of "
            f"{processes} (it counts the images of all processes)."
        )
    return rank, processes
