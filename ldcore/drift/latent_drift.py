"""Latent Drifting: a constant added to the mean of the diffusion noise (arXiv 2412.20651, eq. 4).

Readings of the paper's text, each a value of `kind`:
    none    the base model's process
    prior   noise and z_T ~ N(delta, I), ordinary reverse steps
    kernel  the same z_T, and + delta on the mean of every reverse step (eq. 4 to the letter)
    step    + delta on the mean of every reverse step alone; z_T and training are the base model's
and of the training target, each a value of `target`:
    drifted_noise   z_t is built from noise + delta, target noise + delta
    plain_noise     z_t is built from noise + delta, target noise
    drifted_state   z_t is built from noise, then + delta; target noise
The target is that noise where the model predicts epsilon, and the velocity made of it where it predicts v.
A reading of another kind, training noise with a random constant, is in training_noise.py.
"""

from dataclasses import dataclass, field, replace

import torch

from ldcore.runtime.errors import UserError
from ldcore.runtime.files import read_json

KINDS = ("none", "prior", "kernel", "step")
TARGETS = ("drifted_noise", "plain_noise", "drifted_state")


@dataclass(frozen=True)
class Drift:
    """What is added to the mean of the noise.

    value: a number, [C] numbers (one per latent channel) or a [C, h, w] map, in units of the noise's standard
    deviation. kind: one of KINDS. scale: what the noise is multiplied by, in one of these shapes. by_label: label ->
    the drift of images whose prompt names it, where it is not this one. UserError: an unknown kind, or a value that is
    not finite numbers in one of these shapes.
    """

    value: object = 0.0
    kind: str = "none"
    scale: object = 1.0
    by_label: dict[str, "Drift"] = field(default_factory=dict)

    def __post_init__(self):
        if self.kind not in KINDS:
            raise UserError(f"Drift kind {self.kind!r} is unknown; use one of {', '.join(KINDS)}.")
        for name in ("value", "scale"):
            numbers = getattr(self, name)
            try:
                tensor = torch.as_tensor(numbers, dtype=torch.float64)
            except (TypeError, ValueError, RuntimeError):
                raise UserError(f"Drift {name} {numbers!r} is not a number, a list of numbers or a map.") from None
            if isinstance(numbers, (bool, str)) or tensor.ndim not in (0, 1, 3) or not torch.isfinite(tensor).all():
                raise UserError(
                    f"Drift {name} {numbers!r} must be finite: one number, one a channel, or a [C, h, w] map."
                )

    @classmethod
    def read(cls, path) -> "Drift":
        """The drift of a drift file, a JSON object with `kind` and `value` (ldcore.drift.resolve)."""
        content = read_json(path)

        def of(numbers):
            return cls(numbers["value"], content["kind"], numbers.get("scale", 1.0))

        labels = {label: of(numbers) for label, numbers in content.get("by_label", {}).items()}
        return replace(of(content), by_label=labels)

    @property
    def key(self) -> list:
        """The drift as plain values, for digests of what was made with it."""
        more = [self.scale, {label: drift.key for label, drift in self.by_label.items()}]
        return [self.kind, self.value, *(more if more != [1.0, {}] else [])]

    @property
    def active(self) -> bool:
        """False where the drift changes nothing: kind none, or all values zero and the noise not scaled."""
        return self.kind != "none" and (self.moves or self.scales)

    @property
    def moves(self) -> bool:
        """Whether any value is not zero."""
        return bool((torch.as_tensor(self.value) != 0).any())

    @property
    def scales(self) -> bool:
        """Whether any scale is not one."""
        return bool((torch.as_tensor(self.scale) != 1).any())

    def of(self, label: str) -> "Drift":
        """The drift of images whose prompt names this label."""
        return self.by_label.get(label, self)

    def times(self, amount: float) -> "Drift":
        """The drift scaled by `amount`: at 0 none, at 1 itself."""
        value, scale = (torch.as_tensor(numbers, dtype=torch.float64) for numbers in (self.value, self.scale))
        labels = {label: drift.times(amount) for label, drift in self.by_label.items()}
        return Drift((value * amount).tolist(), self.kind, (1 + amount * (scale - 1)).tolist(), labels)

    def like(self, latents: torch.Tensor, numbers=None) -> torch.Tensor:
        """The value (or `numbers`) shaped to broadcast over latents [N, C, h, w], on their device, in their dtype."""
        value = self.value if numbers is None else numbers
        value = torch.as_tensor(value, dtype=latents.dtype).to(latents.device, non_blocking=True)
        if value.ndim and value.shape[0] != latents.shape[1]:
            raise UserError(f"The drift has {value.shape[0]} channels, the latents have {latents.shape[1]}.")
        if value.ndim == 3 and value.shape[1:] != latents.shape[2:]:
            raise UserError(f"The drift map is {tuple(value.shape[1:])}, the latents are {tuple(latents.shape[2:])}.")
        return value.view(-1, 1, 1) if value.ndim == 1 else value

    @property
    def each_step(self) -> bool:
        """Whether every reverse step adds the drift."""
        return self.moves and self.kind in ("kernel", "step")

    def shift(self, noise: torch.Tensor) -> torch.Tensor:
        """From noise [N, C, h, w] ~ N(0, I) to N(delta, scale^2); the very same tensor where z_T has no drift."""
        if not self.active or self.kind not in ("prior", "kernel"):
            return noise
        return (self.like(noise, self.scale) * noise if self.scales else noise) + self.like(noise)

    def after_step(self, latents: torch.Tensor) -> torch.Tensor:
        """What every reverse step ends with: latents [N, C, h, w], plus delta where each step has it."""
        return latents + self.like(latents) if self.each_step else latents

    def before_inverse_step(self, latents: torch.Tensor) -> torch.Tensor:
        """What every step of an inversion begins with: what `after_step` added is taken away again."""
        return latents - self.like(latents) if self.each_step else latents

    def step_callback(self):
        """`after_step` as a diffusers `callback_on_step_end`; None where it changes nothing."""
        if not self.each_step:
            return None

        def add(pipeline, step, timestep, values):
            values["latents"] = self.after_step(values["latents"])
            return values

        return add


def training_pair(drift: Drift, target: str, latents, noise, timesteps, scheduler):
    """Return (z_t, what the network is to predict), both [N, C, h, w], under one reading of the paper.

    latents: clean, [N, C, h, w]; noise ~ N(0, I) of their shape; timesteps [N]. What is predicted follows the
    scheduler's prediction_type: epsilon, or v (arXiv 2202.00512, appendix D). UserError: an unknown target.
    """
    if target not in TARGETS:
        raise UserError(f"Training target {target!r} is unknown; use one of {', '.join(TARGETS)}.")
    drifted = drift.shift(noise)
    if target == "drifted_state":
        noisy = drift.shift(scheduler.add_noise(latents, noise, timesteps))
    else:
        noisy = scheduler.add_noise(latents, drifted, timesteps)
    return noisy, network_target(scheduler, latents, drifted if target == "drifted_noise" else noise, timesteps)


def network_target(scheduler, latents, noise, timesteps):
    """What the network is to say of this noise in these latents [N, C, h, w]: the noise, or the velocity (v)."""
    of_v = scheduler.config.prediction_type == "v_prediction"
    return scheduler.get_velocity(latents, noise, timesteps) if of_v else noise
