"""What training draws from and the micro-batches drawn: all random numbers on the CPU, all values on the device."""

import numpy as np
import torch

from ldcore.model.backbone import embed_prompts
from ldcore.prompts import phrases, prompt
from ldcore.runtime.errors import UserError
from ldcore.runtime.seeds import numpy_rng, torch_generator

RESIDENT = 0.1  # share of a GPU's memory that latents and embeddings may fill; larger ones stay in the computer's


def training_data(backbone, latents, records, anatomy: str, style: str) -> dict:
    """What `batch` draws from: the cached posteriors in the file `latents` and the embeddings of the records' prompts.

    mean, std [N, 4, h, w]; texts (P prompts), prompt_embeds [P, 77, D], prompt_rows [N] (which prompt), empty [77, D];
    phrases (prompts.phrases); timesteps, their number.
    """
    with np.load(latents) as arrays:
        mean, std, rows = (arrays[key] for key in ("mean", "std", "rows"))
    texts = [prompt(records.iloc[row], anatomy, style) for row in rows]
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
    fits = (
        sum(one.nbytes for one in tensors.values()) <= RESIDENT * torch.cuda.get_device_properties(device).total_memory
    )
    made = {**data, **{key: value.to(device) for key, value in tensors.items() if fits}}
    if "prior" in data:
        made["prior"] = on_device(data["prior"], device)
    return {**made, "device": device}


def moved(tensor, device):
    """The tensor on the device, without waiting for it."""
    return tensor if tensor.device == device else tensor.pin_memory().to(device, non_blocking=True)


def batch(data: dict, options: dict, *keys, share=(0, 1)) -> dict:
    """A micro-batch, a function of `keys`. data: as training_data makes it, or a method's `prepare`, or on_device.

    share (rank, of): every of-th row from the rank-th on, so that `of` processes together have the batch of one.
    Where data has `source`, so has the batch, beside noisy latents of the target (ldcore/edit/instruct_pix2pix.py). Where data has
    `prompt_ids`, so has the batch, in place of prompt_embeds; where it has `prior`, as many of its images follow, each weighing
    prior_weight.
    """
    texts, empty = ("prompt_ids", "empty_ids") if "prompt_ids" in data else ("prompt_embeds", "empty")
    device, place = data.get("device", data["mean"].device), data["mean"].device
    drawn = {name: value[share[0] :: share[1]] for name, value in draws(data, options, *keys).items()}
    rows = moved(drawn.pop("rows"), place)
    drawn = {name: moved(value, device) for name, value in drawn.items()}

    def picked(name, at=rows):
        return moved(data[name][at], device)

    dropped = drawn["dropped"]
    prompts = picked(texts, data["prompt_rows"][rows])
    made = {
        "latents": picked("mean") + picked("std") * drawn["posterior"],
        "noise": drawn["noise"],
        texts: torch.where(dropped.view(-1, *[1] * (prompts.ndim - 1)), moved(data[empty], device), prompts),
        "timesteps": drawn["timesteps"],
        "weights": torch.ones(len(rows), device=device),
    }
    if "source" in data:
        made |= with_source(made["latents"], picked("source"), picked("source_std"), data["source_scale"], drawn)
    if "prior" not in data:
        return made
    prior = batch(data["prior"], {**options, "caption_dropout": 0.0}, *keys, "prior", share=share)
    prior["weights"] *= options["prior_weight"]
    return {key: torch.cat([made[key], prior[key]]) for key in made}


def draws(data: dict, options: dict, *keys) -> dict:
    """Every random number of a whole micro-batch of B images, on the CPU: rows, dropped (prompts), timesteps [B]; posterior, noise
    [B, 4, h, w]; where data has `source`, also kept (sources) [B] and source_posterior."""
    rng, generator, count = numpy_rng(*keys), torch_generator(*keys), options["batch_size"]
    shape = (count, *data["mean"].shape[1:])
    rows = torch.from_numpy(rng.integers(len(data["mean"]), size=count))
    posterior = torch.randn(shape, generator=generator)
    dropped = torch.from_numpy(rng.random(count) < options["caption_dropout"])
    found = {
        "rows": rows,
        "posterior": posterior,
        "dropped": dropped,
        "noise": torch.randn(shape, generator=generator),
        "timesteps": torch.from_numpy(rng.integers(0, data["timesteps"], count)),
    }
    if "source" in data:
        found |= {
            "kept": torch.from_numpy(rng.random(count) >= options["image_dropout"]),
            "source_posterior": torch.randn(shape, generator=generator),
        }
    return found


def with_source(latents, mean, std, scale: float, drawn: dict) -> dict:
    """The part of a micro-batch that conditions on an image: its `source`, unscaled, zero where dropped; without a prompt the
    source itself is the target."""
    same = mean + std * drawn["source_posterior"]
    return {
        "latents": torch.where(drawn["dropped"].view(-1, 1, 1, 1), same, latents),
        "source": mean / scale * drawn["kept"].view(-1, 1, 1, 1),
    }


def share_of(options: dict, rank: int, count: int) -> tuple[int, int]:
    """(rank, count), after a look whether `count` processes can share a micro-batch. UserError if not."""
    if options["batch_size"] % count:
        raise UserError(
            f"{count} processes cannot share a batch_size of {options['batch_size']} evenly; make it a multiple of {count} "
            "(it counts the images of all processes)."
        )
    return rank, count
