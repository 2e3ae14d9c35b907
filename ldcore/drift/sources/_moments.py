"""What the sources moment_* share: the mean of z_T in training, which sampling from N(0, I) throws away."""

import numpy as np

from ldcore.runtime.errors import UserError


def terminal_signal(schedule: dict) -> float:
    """sqrt(alpha_bar_T): the share of the clean latent that is left in z_T, 0.068 for Stable Diffusion.

    UserError: a schedule whose betas are neither linear nor linear in their square roots ("scaled_linear").
    """
    kind = schedule.get("beta_schedule", "linear")
    if kind not in ("scaled_linear", "linear"):
        raise UserError(f"beta_schedule {kind!r} has no closed form here; use a fixed drift.")
    power = 2 if kind == "scaled_linear" else 1
    first, last = schedule["beta_start"] ** (1 / power), schedule["beta_end"] ** (1 / power)
    betas = np.linspace(first, last, schedule["num_train_timesteps"]) ** power
    return float(np.sqrt(np.prod(1 - betas)))


def moment(latents: np.ndarray, schedule: dict, axes: tuple[int, ...]):
    """sqrt(alpha_bar_T) times the mean of the latents [N, C, h, w] over `axes`, as a number or nested lists."""
    mean = np.asarray(latents, np.float64).mean(axes)
    return np.round(terminal_signal(schedule) * mean, 9).tolist()
