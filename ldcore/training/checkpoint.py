"""The state that training carries from step to step, and the checkpoint file that keeps it exactly."""

import contextlib
import math
import pickle
import zipfile
from dataclasses import dataclass, field

import torch

from ldcore.runtime import code
from ldcore.runtime.errors import UserError
from ldcore.runtime.files import atomic
from ldcore.training.options import NO_BITSANDBYTES

READ_EVERY = {"cpu": 1, "cuda": 20}  # steps between looks at the losses: each look waits for the device
SAVE_DTYPES = {"float32": torch.float32, "bf16": torch.bfloat16}


@dataclass
class State:
    """What one step leaves to the next."""

    parameters: dict[str, torch.nn.Parameter]  # those that train
    optimizer: torch.optim.Optimizer
    schedule: object  # of the learning rate
    ema: object  # averages of the parameters (diffusers' EMAModel), or None
    step: int = 0  # steps done when training started or resumed
    losses: list[float] = field(default_factory=list)  # of every step
    waiting: list = field(default_factory=list)  # losses still on the device: per step, of its micro-batches


def optimizer_of(parameters: list, options: dict):
    """AdamW (arXiv 1711.05101), in one fused kernel on a GPU; or with states of 8 bits (arXiv 2110.02861).

    UserError where the package that the latter needs is missing.
    """
    settings = {"lr": options["learning_rate"], "weight_decay": options["weight_decay"]}
    if options["optimizer"] == "adamw":
        fused = True if all(parameter.is_cuda for parameter in parameters) else None
        return torch.optim.AdamW(parameters, fused=fused, **settings)
    try:
        from bitsandbytes.optim import AdamW8bit
    except ImportError:
        raise UserError(NO_BITSANDBYTES) from None
    return AdamW8bit(parameters, **settings)


def start(parameters: dict, options: dict, device: torch.device) -> State:
    """A new state: the parameters may change, nothing has been trained."""
    from diffusers.optimization import get_scheduler
    from diffusers.training_utils import EMAModel

    for parameter in parameters.values():
        parameter.requires_grad_(True)
    optimizer = optimizer_of(list(parameters.values()), options)
    schedule = get_scheduler(
        options["lr_schedule"], optimizer, num_warmup_steps=options["warmup"], num_training_steps=options["steps"]
    )
    ema = None
    if options["ema_decay"]:
        ema = EMAModel(parameters.values(), decay=options["ema_decay"], foreach=device.type == "cuda")
    return State(parameters, optimizer, schedule, ema)


def resume(state: State, path, key: str, device: torch.device) -> None:
    """Put what a checkpoint kept into the state, where there is one of the same run (`key`) and of today's code."""
    saved = read_checkpoint(path)
    if not saved:
        return
    others = code.changed(saved.get("code", {}))
    if saved.get("key") != key or others:
        reason = f"of older code ({', '.join(others)})" if others else "of another run"
        print(f"checkpoint: {path} is {reason}; training starts anew", flush=True)
        return
    with torch.no_grad():
        for name, parameter in state.parameters.items():
            parameter.copy_(saved["weights"][name])
    state.optimizer.load_state_dict(saved["optimizer"])
    state.schedule.load_state_dict(saved["schedule"])
    if state.ema:
        state.ema.load_state_dict(saved["ema"])
        state.ema.to(device)
    state.step, state.losses = saved["step"], saved["losses"]


def read_checkpoint(path) -> dict:
    """What `save_checkpoint` wrote; nothing where there is no file, or a damaged one, which is set aside and named."""
    try:
        saved = torch.load(path, map_location="cpu", weights_only=True)
        if isinstance(saved, dict):
            return saved
    except FileNotFoundError:
        return {}
    except (RuntimeError, EOFError, pickle.UnpicklingError, zipfile.BadZipFile, ValueError, KeyError):
        pass
    aside = path.with_name(f"{path.stem}.damaged{path.suffix}")
    with contextlib.suppress(FileNotFoundError):  # another process of this training was first
        path.replace(aside)
    fate = f"it is set aside as {aside.name}, which may be deleted, and training starts again"
    print(f"warning: the checkpoint {path} is damaged; {fate}.", flush=True)
    return {}


def save_checkpoint(state: State, path, key: str, step: int) -> None:
    """Write everything that step `step` depends on, atomically. key: of the run, for `resume`."""
    with atomic(path) as temporary:
        torch.save(
            {
                "weights": {name: parameter.detach() for name, parameter in state.parameters.items()},
                "step": step,
                "losses": state.losses,
                "key": key,
                "code": code.loaded(),
                "optimizer": state.optimizer.state_dict(),
                "schedule": state.schedule.state_dict(),
                "ema": state.ema.state_dict() if state.ema else None,
            },
            temporary,
        )


def read_losses(state: State, options: dict, processes: int) -> None:
    """Bring the losses of the steps since the last look from the device, and add the shares of all processes.

    UserError at the first step whose loss is not finite.
    """
    losses = torch.stack([loss for step_losses in state.waiting for loss in step_losses])
    if processes > 1:
        torch.distributed.all_reduce(losses)
    values, per_step = losses.tolist(), options["accumulation"]
    for first in range(0, len(values), per_step):
        total = 0.0
        for value in values[first : first + per_step]:
            total += value / per_step
        if not math.isfinite(total):
            raise UserError(
                f"The training loss became {total} at step {len(state.losses)}; lower learning_rate "
                f"(now {options['learning_rate']})."
            )
        state.losses.append(total)
    state.waiting.clear()


def save_weights(parameters: dict, beside: dict, dtype: str, path) -> None:
    """Write the trained tensors as safetensors in `dtype`, and the tensors `beside` them as they are, atomically."""
    from safetensors.torch import save_file

    with atomic(path) as temporary:
        trained = {
            name: parameter.detach().cpu().to(SAVE_DTYPES[dtype]).contiguous() for name, parameter in parameters.items()
        }
        save_file(trained | beside, temporary)
