"""What the sources moment_* share: mean and spread of z_t in training at the timestep where sampling starts.

Derivation and tests: docs/drift.md.
"""

import numpy as np

from ldcore.runtime.errors import UserError

OPTIONS = {
    "training": {
        "type": ["string", "null"],
        "default": None,
        "description": "take the noise schedule as this training changes it; null: the model's own",
    },
    "steps": {
        "type": ["integer", "null"],
        "minimum": 1,
        "default": None,
        "description": "DDIM steps, from which the first timestep follows; null: those of `sampling`",
    },
    "by": {
        "enum": ["all", "label"],
        "default": "all",
        "description": "label: a value for each diagnosis or finding, taken by the label of an image's prompt",
    },
    "variance": {
        "type": "boolean",
        "default": False,
        "description": "match the spread of z_t too: z_T ~ N(delta, scale^2)",
    },
}


def first_alpha_bar(schedule: dict, steps: int | None = None) -> float:
    """alpha_bar at the first timestep of DDIM in `steps` steps: 0.110^2 for SD's schedule in 12 steps.

    schedule: of a scheduler_config.json, with `num_inference_steps` where `steps` is None (else 50). Spacing,
    steps_offset, trained and rescaled betas are read by diffusers' DDIMScheduler itself. UserError: a schedule that it
    refuses, or a first timestep that training does not have.
    """
    from diffusers import DDIMScheduler

    schedule = dict(schedule)
    steps = steps or schedule.pop("num_inference_steps", 50)
    settings = {name: value for name, value in schedule.items() if name[0] != "_" and name != "num_inference_steps"}
    try:
        scheduler = DDIMScheduler.from_config(settings, clip_sample=False)
        scheduler.set_timesteps(steps)
        return float(scheduler.alphas_cumprod[scheduler.timesteps[0]])
    except (NotImplementedError, ValueError, IndexError) as error:
        raise UserError(f"The model's noise schedule has no first timestep in {steps} DDIM steps: {error}.") from error


def moment(latents: np.ndarray, schedule: dict, axes: tuple[int, ...], options: dict):
    """sqrt(alpha_bar) times the mean of the latents [N, C, h, w] over `axes`, as a number or nested lists.

    It is the mean of z_t in training at sampling's first timestep, hence of the z_T that starts DDIM at the right mean.
    """
    mean = np.asarray(latents, np.float64).mean(axes)
    return np.round(first_alpha_bar(schedule, options.get("steps")) ** 0.5 * mean, 9).tolist()


def spread(latents: np.ndarray, schedule: dict, axes: tuple[int, ...], options: dict):
    """The standard deviation of z_t there, sqrt(alpha_bar var + 1 - alpha_bar); None unless `variance` asks for it.

    var: of the latents [N, C, h, w] over `axes`. It leaves out the posterior's own variance, which alpha_bar makes
    negligible.
    """
    if not options.get("variance"):
        return None
    bar = first_alpha_bar(schedule, options.get("steps"))
    return np.round(np.sqrt(bar * np.asarray(latents, np.float64).var(axes) + 1 - bar), 9).tolist()
