"""What a training run carries from step to step: optimizer, schedule, averages, losses; kept in a checkpoint, exactly."""

import math

import torch

from ldcore.runtime.errors import UserError
from ldcore.runtime.files import atomic

READ_EVERY = {"cpu": 1, "cuda": 20}  # steps between looks at the losses: each look waits for the device
SAVE_DTYPES = {"float32": torch.float32, "bf16": torch.bfloat16}


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
        raise UserError(
            "optimizer adamw_8bit needs the package bitsandbytes; install it or use optimizer: adamw."
        ) from None
    return AdamW8bit(parameters, **settings)


def start(backbone, named: dict, options: dict, path, key: str) -> dict:
    """Optimizer, schedule and averages, as new or as a checkpoint of the same settings (`key`) left them."""
    from diffusers.optimization import get_scheduler
    from diffusers.training_utils import EMAModel

    for parameter in named.values():
        parameter.requires_grad_(True)
    optimizer = optimizer_of(list(named.values()), options)
    schedule = get_scheduler(
        options["lr_schedule"], optimizer, num_warmup_steps=options["warmup"], num_training_steps=options["steps"]
    )
    on_gpu = backbone.device.type == "cuda"
    ema = EMAModel(named.values(), decay=options["ema_decay"], foreach=on_gpu) if options["ema_decay"] else None
    state = {
        "optimizer": optimizer,
        "schedule": schedule,
        "ema": ema,
        "step": 0,
        "losses": [],
        "waiting": [],
        "key": key,
    }
    saved = torch.load(path, map_location="cpu", weights_only=True) if path.exists() else {}
    if saved.get("key") == key:
        with torch.no_grad():
            for name, parameter in named.items():
                parameter.copy_(saved["weights"][name])
        optimizer.load_state_dict(saved["optimizer"])
        schedule.load_state_dict(saved["schedule"])
        if ema:
            ema.load_state_dict(saved["ema"])
            ema.to(backbone.device)
        state.update(step=saved["step"], losses=saved["losses"])
    return state


def checkpoint(state: dict, named: dict, path, step: int) -> None:
    """Write everything the next step depends on, atomically."""
    with atomic(path) as temporary:
        torch.save(
            {
                "weights": {name: p.detach() for name, p in named.items()},
                "step": step,
                "losses": state["losses"],
                "key": state["key"],
                "optimizer": state["optimizer"].state_dict(),
                "schedule": state["schedule"].state_dict(),
                "ema": state["ema"].state_dict() if state["ema"] else None,
            },
            temporary,
        )


def read_losses(state: dict, options: dict, processes: int) -> None:
    """Bring the losses of the steps since the last look from the device and add the processes' shares.

    UserError at the first step whose loss is not finite.
    """
    found = torch.stack([loss for parts in state["waiting"] for loss in parts])
    if processes > 1:
        torch.distributed.all_reduce(found)
    values, parts = found.tolist(), options["accumulation"]
    for first in range(0, len(values), parts):
        total = 0.0
        for value in values[first : first + parts]:
            total += value / parts
        if not math.isfinite(total):
            raise UserError(
                f"The training loss became {total} at step {len(state['losses'])}; lower train.learning_rate "
                f"(now {options['learning_rate']})."
            )
        state["losses"].append(total)
    state["waiting"].clear()


def save_weights(named: dict, beside: dict, dtype: str, path) -> None:
    """The trained tensors as safetensors, in `dtype`, and what a method saves beside them as it is, atomically."""
    from safetensors.torch import save_file

    with atomic(path) as temporary:
        trained = {name: p.detach().cpu().to(SAVE_DTYPES[dtype]).contiguous() for name, p in named.items()}
        save_file(trained | beside, temporary)
