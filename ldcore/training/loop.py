"""One training loop for every method. The state after step k depends on (seed, k) alone, so a resumed run equals a straight one.

Started by `accelerate launch`, N processes share each micro-batch (batch_size counts the images of all) and add their gradients, so
the result is that of one process up to rounding.
"""

import time
from pathlib import Path

import torch
import torch.nn.functional as F
from tqdm import tqdm

from ldcore import plugins
from ldcore.drift.latent_drift import Drift, training_pair
from ldcore.methods import prepare
from ldcore.runtime.files import digest, write_json
from ldcore.runtime.precision import compiled
from ldcore.training.batches import batch, on_device, share_of
from ldcore.training.checkpoint import READ_EVERY, checkpoint, read_losses, save_weights, start


def loss_of(backbone, values: dict, drift: Drift, target: str, options: dict):
    """Mean squared error of the predicted noise; by min-SNR (arXiv 2303.09556) where gamma > 0; class images by their weight."""
    from diffusers.training_utils import compute_snr

    noisy, wanted = training_pair(
        drift, target, values["latents"], values["noise"], values["timesteps"], backbone.scheduler
    )
    if "source" in values:
        noisy = torch.cat([noisy, values["source"]], 1)
    noisy = noisy.contiguous(memory_format=torch.channels_last)
    embeds = (
        values["prompt_embeds"]
        if "prompt_embeds" in values
        else backbone.text_encoder(values["prompt_ids"]).last_hidden_state
    )
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
    from accelerate import PartialState

    options, folder = plugins.options_of(method, options), Path(folder)
    world = PartialState(cpu=backbone.device.type == "cpu")
    share = share_of(options, world.process_index, world.num_processes)
    folder.mkdir(parents=True, exist_ok=True)
    data = prepare(backbone, method, data, options, seed)
    beside = data.pop("saved", {})
    named = method.trainable(backbone, options)
    kept = {k: v for k, v in options.items() if k != "checkpoint_every"}
    key = digest(method.__name__, kept, drift.kind, drift.value, target, seed, float(data["mean"].double().sum()))
    if options["gradient_checkpointing"]:
        backbone.unet.enable_gradient_checkpointing()
    state = start(backbone, named, options, folder / "checkpoint.pt", key)
    data, began = on_device(data, backbone.device), time.perf_counter()
    with compiled(backbone.unet, options["compile"]):
        for step in tqdm(
            range(state["step"], options["steps"]),
            desc="fine-tune",
            initial=state["step"],
            total=options["steps"],
            mininterval=2,
            disable=not world.is_main_process,
        ):
            state["waiting"].append(one_step(backbone, named, state, data, drift, target, options, seed, step, share))
            last, due = step + 1 == options["steps"], (step + 1) % options["checkpoint_every"] == 0
            if last or due or len(state["waiting"]) >= READ_EVERY[backbone.device.type]:
                read_losses(state, options, world.num_processes)
            if due and not last and world.is_main_process:
                checkpoint(state, named, folder / "checkpoint.pt", step + 1)
    return finish(named, beside, state, options, target, time.perf_counter() - began, folder, world)


def one_step(backbone, named, state, data, drift, target, options, seed, step, share) -> list:
    """Accumulate gradients over the step's micro-batches, then update; returns their losses, left on the device."""
    losses = []
    for part in range(options["accumulation"]):
        with torch.autocast(backbone.device.type, torch.bfloat16, enabled=options["mixed_precision"] == "bf16"):
            loss = loss_of(
                backbone, batch(data, options, seed, "train", step, part, share=share), drift, target, options
            )
        (loss / options["accumulation"]).backward()
        losses.append(loss.detach())
    if share[1] > 1:
        adding = [torch.distributed.all_reduce(p.grad, async_op=True) for p in named.values() if p.grad is not None]
        for one in adding:
            one.wait()
    torch.nn.utils.clip_grad_norm_(named.values(), options["max_grad_norm"])
    state["optimizer"].step()
    state["schedule"].step()
    state["optimizer"].zero_grad(set_to_none=True)
    if state["ema"]:
        state["ema"].step(named.values())
    return losses


def finish(named, beside, state, options, target, seconds, folder, world) -> dict:
    """Write the weights and the log, by the main process alone."""
    if state["ema"]:
        state["ema"].copy_to(named.values())
    log = {
        "losses": state["losses"],
        "seconds": seconds,
        "options": options,
        "target": target,
        "parameters": sum(p.numel() for p in named.values()),
    }
    for part in ("optimizer", "schedule", "ema"):
        del state[part]  # twice the weights or more, no longer needed
    if world.is_main_process:
        save_weights(named, beside, options["save_dtype"], folder / "weights.safetensors")
        write_json(folder / "log.json", log)
        (folder / "checkpoint.pt").unlink(missing_ok=True)
    world.wait_for_everyone()
    return log
