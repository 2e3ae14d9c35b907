"""One training loop for every method.

The state after step k depends on (seed, k) alone, so a resumed run equals a straight one. Started by `accelerate
launch`, N processes share each micro-batch (batch_size counts the images of all) and add their gradients, so the result
is that of one process up to rounding.
"""

import hashlib
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import ModuleType

import torch
import torch.nn.functional as F
from tqdm import tqdm

from ldcore import plugins
from ldcore.drift import Drift, training_pair
from ldcore.methods import prepare
from ldcore.model.backbone import rescheduled
from ldcore.runtime.files import digest, write_json
from ldcore.runtime.precision import compiled
from ldcore.training.batches import batch, on_device, share_of
from ldcore.training.checkpoint import (
    READ_EVERY,
    State,
    read_losses,
    resume,
    save_checkpoint,
    save_weights,
    start,
)


@dataclass(frozen=True)
class TrainingRun:
    """What is trained, and how."""

    method: ModuleType  # a fine-tuning method, or an edit method that is trained
    options: dict  # of training and of the method; `train` fills in the defaults
    drift: Drift = Drift()
    target: str = "plain_noise"  # what the network learns to predict: ldcore.drift.latent_drift.TARGETS
    seed: int | str = 0  # all random numbers follow from it
    noise: dict = field(default_factory=dict)  # of training (drift.training_noise): kind, scale, each; none: N(0, I)
    scheduler: dict = field(default_factory=dict)  # what the noise schedule has otherwise than the model's


def train(backbone, run: TrainingRun, data: dict, folder) -> dict:
    """Fine-tune: write weights.safetensors and log.json into `folder` and return the log.

    data: of batches.training_data, or an edit method's own. Resumes from folder/checkpoint.pt, which is removed at the
    end. UserError: an option that does not fit, a batch that the processes cannot share, or a loss that is not finite.
    """
    from accelerate import PartialState

    # 1. The options, the data as the method wants them, and the parameters that train.
    run = replace(run, options=plugins.options_of(run.method, run.options))
    options, device = run.options, backbone.device
    world = PartialState(cpu=device.type == "cpu")
    share = share_of(options, world.process_index, world.num_processes)
    data = prepare(backbone, run.method, data, options, run.seed)
    beside = data.pop("saved", {})
    backbone.scheduler = rescheduled(backbone.scheduler, run.scheduler)  # class images were the untouched model's
    parameters = run.method.trainable(backbone, options)

    # 2. Optimizer, schedule and averages, new or as a checkpoint of the same run left them.
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    checkpoint, key = folder / "checkpoint.pt", run_key(backbone, run, data)
    state = start(parameters, options, device)
    resume(state, checkpoint, key, device)
    if options["gradient_checkpointing"]:
        backbone.unet.enable_gradient_checkpointing()
    data, began = on_device(data, device), time.perf_counter()

    # 3. The steps.
    steps = tqdm(
        range(state.step, options["steps"]),
        desc="fine-tune",
        initial=state.step,
        total=options["steps"],
        mininterval=2,
        disable=not world.is_main_process,
    )
    with compiled(backbone.unet, options["compile"]):
        for step in steps:
            state.waiting.append(one_step(backbone, run, state, data, step, share))
            last, due = step + 1 == options["steps"], (step + 1) % options["checkpoint_every"] == 0
            if last or due or len(state.waiting) >= READ_EVERY[device.type]:
                read_losses(state, options, world.num_processes)
            if due and not last and world.is_main_process:
                save_checkpoint(state, checkpoint, key, step + 1)

    # 4. The weights and the log, by the main process alone.
    if state.ema:
        state.ema.copy_to(parameters.values())
    state.optimizer = state.schedule = state.ema = None  # twice the weights or more, no longer needed
    log = {
        "losses": state.losses,
        "seconds": time.perf_counter() - began,
        "options": options,
        "target": run.target,
        "noise": run.noise,
        "scheduler": run.scheduler,
        "parameters": sum(parameter.numel() for parameter in parameters.values()),
    }
    if world.is_main_process:
        save_weights(parameters, beside, options["save_dtype"], folder / "weights.safetensors")
        write_json(folder / "log.json", log)
        checkpoint.unlink(missing_ok=True)
    world.wait_for_everyone()
    return log


def training_run(method: ModuleType, options: dict, training: dict, drift: Drift, seed) -> TrainingRun:
    """A run under one training of the config: its target, noise, schedule, and its budget times the method's steps."""
    options = plugins.options_of(method, options)
    options["steps"] = max(1, round(options["steps"] * training["budget"]))
    noise = {"kind": training["noise"], "scale": training["scale"], "each": training["each"]}
    noise = {} if noise["kind"] == "normal" else noise
    return TrainingRun(method, options, drift, training["target"], seed, noise, training["scheduler"])


def run_key(backbone, run: TrainingRun, data: dict) -> str:
    """A digest of what a checkpoint follows from, but for the code: the run, the networks it starts from, the data."""
    options = {name: value for name, value in run.options.items() if name != "checkpoint_every"}
    networks = [
        contents(network.state_dict()) for network in (backbone.unet, backbone.text_encoder) if network is not None
    ]
    # diffusers' own entries (`_...`) are no settings, and one is in another order in every process.
    schedule = {name: value for name, value in backbone.scheduler.config.items() if not name.startswith("_")}
    settings = [run.method.__name__, options, run.drift.key, run.target, run.seed, run.noise, schedule]
    return digest(*settings, networks, contents(data))


def contents(values: dict) -> str:
    """A digest of plain values, tensors and dictionaries of them, by name."""
    running = hashlib.sha256()
    for name in sorted(values):
        value = values[name]
        running.update(name.encode())
        if isinstance(value, torch.Tensor):
            running.update(value.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy())
        else:
            running.update((contents(value) if isinstance(value, dict) else repr(value)).encode())
    return running.hexdigest()


def one_step(backbone, run: TrainingRun, state: State, data: dict, step: int, share: tuple[int, int]) -> list:
    """One update of the weights; returns the losses of its micro-batches, left on the device.

    share: (rank, processes), which rows of each micro-batch this process takes.
    """
    options, losses = run.options, []

    # 1. Add up the gradients of the step's micro-batches.
    for number in range(options["accumulation"]):
        with torch.autocast(backbone.device.type, torch.bfloat16, enabled=options["mixed_precision"] == "bf16"):
            drawn = batch(data, options, run.seed, "train", step, number, share=share, noise=run.noise)
            loss = loss_of(backbone, run, drawn)
        (loss / options["accumulation"]).backward()
        losses.append(loss.detach())

    # 2. Add up those of all processes.
    if share[1] > 1:
        gradients = [parameter.grad for parameter in state.parameters.values() if parameter.grad is not None]
        for adding in [torch.distributed.all_reduce(gradient, async_op=True) for gradient in gradients]:
            adding.wait()

    # 3. Update the weights, the learning rate and the averages.
    torch.nn.utils.clip_grad_norm_(state.parameters.values(), options["max_grad_norm"])
    state.optimizer.step()
    state.schedule.step()
    state.optimizer.zero_grad(set_to_none=True)
    if state.ema:
        state.ema.step(state.parameters.values())
    return losses


def loss_of(backbone, run: TrainingRun, values: dict):
    """Mean squared error of what the network predicts (noise or v) on a micro-batch (batches.batch), a number.

    Weighted by min-SNR (arXiv 2303.09556) where min_snr_gamma > 0, and class images by their weight.
    """
    from diffusers.training_utils import compute_snr

    timesteps = values["timesteps"]
    # 1. What the network sees.
    noisy, target = training_pair(
        run.drift, run.target, values["latents"], values["noise"], timesteps, backbone.scheduler
    )
    if "perturbation" in values:  # z_t has more noise than the target says
        unseen = values["perturbation"]
        noisy = noisy + backbone.scheduler.add_noise(torch.zeros_like(unseen), unseen, timesteps)
    if "source" in values:
        noisy = torch.cat([noisy, values["source"]], 1)
    if "prompt_embeds" in values:
        embeds = values["prompt_embeds"]
    else:  # words are trained: encode the prompts anew
        embeds = backbone.text_encoder(values["prompt_ids"]).last_hidden_state

    # 2. What it predicts, and how wrong that is for each image.
    noisy = noisy.contiguous(memory_format=torch.channels_last)
    predicted = backbone.unet(noisy, timesteps, embeds).sample
    errors = F.mse_loss(predicted.float(), target, reduction="none").mean((1, 2, 3))

    # 3. The weight of each image. batch_size counts the images of all processes.
    if run.options["min_snr_gamma"]:
        snr = compute_snr(backbone.scheduler, timesteps)
        of_v = backbone.scheduler.config.prediction_type == "v_prediction"
        errors = errors * (snr.clamp(max=run.options["min_snr_gamma"]) / (snr + 1 if of_v else snr))
    return (errors * values["weights"]).sum() / run.options["batch_size"]
