"""What the trainings of this folder share: one that was stopped goes on from its checkpoint and ends the same."""

from pathlib import Path

import torch

from ldcore.runtime.files import atomic
from ldcore.training.checkpoint import read_checkpoint


def resume(parts: dict, checkpoint: Path) -> tuple[int, list]:
    """(The step to go on with, the losses so far); parts: name -> model, optimizer or averages, as `keep` left them."""
    state = read_checkpoint(checkpoint)
    if not state:
        return 0, []
    for name, part in parts.items():
        part.load_state_dict(state[name])
    return state["step"], state["log"]


def keep(parts: dict, step: int, log: list, checkpoint: Path) -> None:
    """Write the checkpoint: how many steps are done, the losses so far, and the state of every part."""
    states = {name: part.state_dict() for name, part in parts.items()}
    with atomic(checkpoint) as temporary:
        torch.save({**states, "step": step, "log": log}, temporary)
