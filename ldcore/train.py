"""One training loop for every method. The state after step k depends on (seed, k) alone, so a resumed run equals a straight one."""

import math
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from tqdm import tqdm

from ldcore.backbone import embed_prompts
from ldcore.datasets import complete
from ldcore.drift import Drift, training_pair
from ldcore.errors import UserError
from ldcore.files import atomic, digest, write_json
from ldcore.methods import prepare
from ldcore.prompts import phrases, prompt
from ldcore.seeds import numpy_rng, torch_generator

DEFAULTS = {"steps": 300, "batch_size": 16, "accumulation": 1, "learning_rate": 5e-4, "weight_decay": 0.01,
            "lr_schedule": "cosine", "warmup": 20, "max_grad_norm": 1.0, "min_snr_gamma": 0.0, "ema_decay": 0.0,
            "caption_dropout": 0.1, "mixed_precision": "no", "checkpoint_every": 100, "gradient_checkpointing": False}


def batch(data: dict, options: dict, *keys) -> dict:
    """A micro-batch, a function of `keys`. data: as training_data makes it, or a method's `prepare`.

    Where data has `source`, so has the batch, beside noisy latents of the target (ldcore/edit/instruct_pix2pix.py). Where data has `prompt_ids`, so has the batch, in place of prompt_embeds; where it has `prior`, as many of its images
    follow, each weighing prior_weight.
    """
    rng, generator = numpy_rng(*keys), torch_generator(*keys)
    rows = torch.from_numpy(rng.integers(len(data["mean"]), size=options["batch_size"]))
    mean, std = data["mean"][rows], data["std"][rows]
    latents = mean + std * torch.randn(mean.shape, generator=generator)
    texts, empty = ("prompt_ids", "empty_ids") if "prompt_ids" in data else ("prompt_embeds", "empty")
    prompts = data[texts][data["prompt_rows"][rows]].clone()
    dropped = torch.from_numpy(rng.random(len(rows)) < options["caption_dropout"])
    prompts[dropped] = data[empty]
    made = {"latents": latents, "noise": torch.randn(mean.shape, generator=generator), texts: prompts,
            "timesteps": torch.from_numpy(rng.integers(0, data["timesteps"], len(rows))), "weights": torch.ones(len(rows))}
    if "source" in data:
        made |= with_source(made["latents"], data, rows, dropped, options, rng, generator)
    if "prior" not in data:
        return made
    prior = batch(data["prior"], {**options, "caption_dropout": 0.0}, *keys, "prior")
    prior["weights"] *= options["prior_weight"]
    return {key: torch.cat([made[key], prior[key]]) for key in made}


def with_source(latents, data, rows, dropped, options, rng, generator) -> dict:
    """The part of a micro-batch that conditions on an image: its `source`, unscaled, zero where dropped; without a prompt the
    source itself is the target."""
    kept = torch.from_numpy(rng.random(len(rows)) >= options["image_dropout"]).view(-1, 1, 1, 1)
    mean, std = data["source"][rows], data["source_std"][rows]
    same = mean + std * torch.randn(mean.shape, generator=generator)
    return {"latents": torch.where(dropped.view(-1, 1, 1, 1), same, latents), "source": mean / data["source_scale"] * kept}


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
    return {"mean": torch.from_numpy(mean), "std": torch.from_numpy(std), "prompt_embeds": embeds[1:], "empty": embeds[0],
            "texts": unique, "phrases": phrases(records.iloc[rows], anatomy),
            "prompt_rows": torch.tensor([place[text] for text in texts]),
            "timesteps": backbone.scheduler.config.num_train_timesteps}


def loss_of(backbone, values: dict, drift: Drift, target: str, options: dict):
    """Mean squared error of the predicted noise; by min-SNR (arXiv 2303.09556) where gamma > 0; class images by their weight."""
    from diffusers.training_utils import compute_snr

    values = {key: tensor.to(backbone.device) for key, tensor in values.items()}
    noisy, wanted = training_pair(drift, target, values["latents"], values["noise"], values["timesteps"],
                                  backbone.scheduler)
    if "source" in values:
        noisy = torch.cat([noisy, values["source"]], 1)
    noisy = noisy.contiguous(memory_format=torch.channels_last)
    embeds = values["prompt_embeds"] if "prompt_embeds" in values else backbone.text_encoder(values["prompt_ids"]).last_hidden_state
    predicted = backbone.unet(noisy, values["timesteps"], embeds).sample
    errors = F.mse_loss(predicted.float(), wanted, reduction="none").mean((1, 2, 3))
    if options["min_snr_gamma"]:
        snr = compute_snr(backbone.scheduler, values["timesteps"])
        errors = errors * (snr.clamp(max=options["min_snr_gamma"]) / snr)
    return (errors * values["weights"]).sum() / options["batch_size"]


def train(backbone, method, data: dict, drift: Drift, target: str, options: dict, seed: int, folder) -> dict:
    """Fine-tune; write weights.safetensors and log.json into `folder` and return the log.

    Resumes from `folder`/checkpoint.pt, removed at the end. UserError if a loss is not finite or an option is unknown.
    """
    from accelerate import Accelerator
    from safetensors.torch import save_file

    options = complete(options, {**DEFAULTS, **method.DEFAULTS}, method.__name__)
    if options["mixed_precision"] not in ("no", "bf16"):
        raise UserError(f"mixed_precision {options['mixed_precision']!r} is not supported; use no or bf16.")
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    data = prepare(backbone, method, data, options, seed)
    named = method.trainable(backbone, options)
    kept = {k: v for k, v in options.items() if k != "checkpoint_every"}
    key = digest(method.__name__, kept, drift.kind, drift.value, target, seed, float(data["mean"].double().sum()))
    state = start(backbone, named, options, folder / "checkpoint.pt", key)
    accelerator = Accelerator(mixed_precision=options["mixed_precision"], cpu=backbone.device.type == "cpu")
    began = time.perf_counter()
    for step in tqdm(range(state["step"], options["steps"]), desc="fine-tune", initial=state["step"],
                     total=options["steps"], mininterval=2):
        state["losses"].append(one_step(backbone, named, state, data, drift, target, options, seed, step, accelerator))
        if (step + 1) % options["checkpoint_every"] == 0 and step + 1 < options["steps"]:
            checkpoint(state, named, folder / "checkpoint.pt", step + 1)
    if state["ema"]:
        state["ema"].copy_to(named.values())
    with atomic(folder / "weights.safetensors") as temporary:
        save_file({name: p.detach().cpu().contiguous() for name, p in named.items()} | data.get("saved", {}), temporary)
    log = {"losses": state["losses"], "seconds": time.perf_counter() - began, "options": options, "target": target,
           "parameters": sum(p.numel() for p in named.values())}
    write_json(folder / "log.json", log)
    (folder / "checkpoint.pt").unlink(missing_ok=True)
    return log


def start(backbone, named, options, path, key: str) -> dict:
    """Optimizer, schedule and averages, as new or as a checkpoint of the same settings (`key`) left them."""
    from diffusers.optimization import get_scheduler
    from diffusers.training_utils import EMAModel

    for parameter in named.values():
        parameter.requires_grad_(True)
    if options["gradient_checkpointing"]:
        backbone.unet.enable_gradient_checkpointing()
    optimizer = torch.optim.AdamW(named.values(), lr=options["learning_rate"], weight_decay=options["weight_decay"])
    schedule = get_scheduler(options["lr_schedule"], optimizer, num_warmup_steps=options["warmup"],
                             num_training_steps=options["steps"])
    ema = EMAModel(named.values(), decay=options["ema_decay"]) if options["ema_decay"] else None
    state = {"optimizer": optimizer, "schedule": schedule, "ema": ema, "step": 0, "losses": [], "key": key}
    saved = torch.load(path, map_location=backbone.device, weights_only=True) if path.exists() else {}
    if saved.get("key") == key:
        with torch.no_grad():
            for name, parameter in named.items():
                parameter.copy_(saved["weights"][name])
        optimizer.load_state_dict(saved["optimizer"])
        schedule.load_state_dict(saved["schedule"])
        if ema:
            ema.load_state_dict(saved["ema"])
        state.update(step=saved["step"], losses=saved["losses"])
    return state


def one_step(backbone, named, state, data, drift, target, options, seed, step, accelerator) -> float:
    """Accumulate gradients over the step's micro-batches, then update; returns the mean loss."""
    total = 0.0
    for part in range(options["accumulation"]):
        with accelerator.autocast():
            loss = loss_of(backbone, batch(data, options, seed, "train", step, part), drift, target, options)
        accelerator.backward(loss / options["accumulation"])
        total += loss.item() / options["accumulation"]
    if not math.isfinite(total):
        raise UserError(f"The training loss became {total} at step {step}; lower train.learning_rate "
                        f"(now {options['learning_rate']}).")
    torch.nn.utils.clip_grad_norm_(named.values(), options["max_grad_norm"])
    state["optimizer"].step()
    state["schedule"].step()
    state["optimizer"].zero_grad(set_to_none=True)
    if state["ema"]:
        state["ema"].step(named.values())
    return total


def checkpoint(state, named, path, step) -> None:
    """Write everything the next step depends on, atomically."""
    with atomic(path) as temporary:
        torch.save({"weights": {name: p.detach() for name, p in named.items()}, "step": step, "losses": state["losses"],
                    "key": state["key"],
                    "optimizer": state["optimizer"].state_dict(), "schedule": state["schedule"].state_dict(),
                    "ema": state["ema"].state_dict() if state["ema"] else None}, temporary)
