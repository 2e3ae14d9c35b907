"""Which noise schedules the suite can run, as a model's scheduler_config.json has them. Imports nothing heavy."""

from ldcore.runtime.errors import UserError

PREDICTIONS = ("epsilon", "v_prediction")  # what the network may predict


def check_schedule(schedule: dict, folder) -> None:
    """UserError where a scheduler_config.json is not of a diffusion model that predicts epsilon or v."""
    kind, predicts = schedule.get("_class_name", ""), schedule.get("prediction_type", "epsilon")
    if schedule.get("rescale_betas_zero_snr") and predicts == "epsilon":
        raise UserError(
            f"Model {folder}: its scheduler/scheduler_config.json has a terminal SNR of zero (rescale_betas_zero_snr) "
            "and predicts epsilon, which does not tell the image there; give a model that predicts v_prediction."
        )
    if "FlowMatch" in kind or predicts not in PREDICTIONS:
        what = f"is a {kind}" if "FlowMatch" in kind else f"has prediction_type {predicts!r}"
        raise UserError(
            f"Model {folder}: its scheduler/scheduler_config.json {what}; give a Stable Diffusion model that predicts "
            f"{' or '.join(PREDICTIONS)}."
        )
