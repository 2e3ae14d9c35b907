"""Which noise schedules the suite can run, as a model's scheduler_config.json has them. Imports nothing heavy."""

from ldcore.model.fields import check_fields
from ldcore.runtime.errors import UserError

PREDICTIONS = ("epsilon", "v_prediction")  # what the network may predict
BETAS = ("linear", "scaled_linear", "squaredcos_cap_v2")  # DDIM's courses of beta
SPACINGS = ("leading", "trailing")  # of timesteps: what inversion knows


def check_schedule(schedule: dict, folder) -> None:
    """UserError where a scheduler_config.json is not of a diffusion model that predicts epsilon or v.

    Whose sampler it is does not matter: the suite takes the betas alone and samples by DDIM.
    """
    check_fields(folder, "scheduler", schedule)
    kind, predicts = schedule.get("_class_name", ""), schedule.get("prediction_type", "epsilon")
    if schedule.get("rescale_betas_zero_snr") and predicts == "epsilon":
        raise UserError(
            f"Model {folder}: its scheduler/scheduler_config.json has a terminal SNR of zero (rescale_betas_zero_snr) "
            "and predicts epsilon, which does not tell the image there; give a model that predicts v_prediction."
        )
    if what := unlike_diffusion(kind, predicts, schedule):
        raise UserError(
            f"Model {folder}: its scheduler/scheduler_config.json {what}; give a Stable Diffusion model that predicts "
            f"{' or '.join(PREDICTIONS)}."
        )
    spacing = schedule.get("timestep_spacing", SPACINGS[0])
    if spacing not in SPACINGS:
        raise UserError(
            f"Model {folder}: its scheduler/scheduler_config.json has timestep_spacing {spacing!r}, which edits cannot "
            f"invert; write {' or '.join(SPACINGS)} there, which leaves the model as it is."
        )


def unlike_diffusion(kind: str, predicts, schedule: dict) -> str:
    """What a schedule has that a diffusion model's has not; '' where there is nothing."""
    if "FlowMatch" in kind or schedule.get("use_flow_sigmas"):
        return f"is a {kind} of flow matching"
    if predicts not in PREDICTIONS:
        return f"has prediction_type {predicts!r}"
    if betas := schedule.get("trained_betas"):
        steps = schedule.get("num_train_timesteps", 1000)
        return f"has {len(betas)} trained_betas for {steps} num_train_timesteps" if len(betas) != steps else ""
    start, end = (schedule.get(key) for key in ("beta_start", "beta_end"))
    if start is None or end is None:
        return f"is a {kind or 'schedule'} without beta_start and beta_end"
    if end < start:
        return f"has beta_end {end}, which is less than its beta_start {start}"
    if schedule.get("beta_schedule") not in BETAS:
        return f"has beta_schedule {schedule.get('beta_schedule')!r}"
    return ""


def check_steps(schedule: dict, steps: int, folder) -> None:
    """UserError where so many DDIM steps do not lie on the timesteps of a model's schedule."""
    if last_timestep(schedule, steps) < (total := schedule.get("num_train_timesteps", 1000)):
        return
    most = next((fewer for fewer in range(min(steps, total), 0, -1) if last_timestep(schedule, fewer) < total), 0)
    raise UserError(f"{steps} steps do not fit on the {total} timesteps of the model {folder}; give at most {most}.")


def last_timestep(schedule: dict, steps: int) -> int:
    """The timestep that DDIM in `steps` steps begins at, as diffusers spaces them."""
    total = schedule.get("num_train_timesteps", 1000)
    if steps > total or schedule.get("timestep_spacing", SPACINGS[0]) != "leading":
        return max(steps, total) - 1
    return total // steps * (steps - 1) + schedule.get("steps_offset", 0)
