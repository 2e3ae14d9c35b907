"""Where a drift's value comes from: fixed by the config, or estimated from the training latents."""

import numpy as np

from ldcore.runtime.errors import UserError

SOURCES = ("fixed", "moment_scalar", "moment_channel", "moment_map")


def terminal_signal(schedule: dict) -> float:
    """sqrt(alpha_bar_T) of a scaled-linear schedule: the share of the clean latent left in z_T (0.068 for Stable Diffusion)."""
    kind = schedule.get("beta_schedule", "linear")
    if kind not in ("scaled_linear", "linear"):
        raise UserError(f"beta_schedule {kind!r} has no closed form here; use a fixed drift.")
    power = 2 if kind == "scaled_linear" else 1
    betas = (
        np.linspace(
            schedule["beta_start"] ** (1 / power), schedule["beta_end"] ** (1 / power), schedule["num_train_timesteps"]
        )
        ** power
    )
    return float(np.sqrt(np.prod(1 - betas)))


def moment(latent_mean: np.ndarray, schedule: dict, per: str):
    """sqrt(alpha_bar_T) x mean training latent: the mean of z_T in training, which sampling from N(0, I) throws away.

    latent_mean: scaled latents [N, C, h, w]. per: 'scalar' -> float, 'channel' -> [C] list, 'map' -> [C, h, w] nested list.
    """
    axes = {"scalar": (0, 1, 2, 3), "channel": (0, 2, 3), "map": (0,)}[per]
    value = terminal_signal(schedule) * np.asarray(latent_mean, np.float64).mean(axes)
    return np.round(value, 9).tolist()


def resolve(entry: dict, latent_mean: np.ndarray, schedule: dict) -> dict:
    """A config drift (kind, source, value) to the drift file's content, its value always filled in."""
    source = entry.get("source", "fixed")
    if source not in SOURCES:
        raise UserError(f"Drift source {source!r} is unknown; use one of {', '.join(SOURCES)}.")
    value = entry.get("value", 0.0) if source == "fixed" else moment(latent_mean, schedule, source.split("_")[1])
    return {"kind": entry["kind"], "source": source, "value": value}
