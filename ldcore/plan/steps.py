"""How many DDIM steps a config asks for, wherever it does, beside the timesteps that its model has."""

from pathlib import Path

from ldcore import plugins
from ldcore.model.schedule import check_steps
from ldcore.runtime.errors import UserError
from ldcore.runtime.files import read_json


def check_all_steps(config: dict) -> None:
    """UserError, which names the place in the config, for more DDIM steps than the model's noise schedule has.

    Nothing is said of a model that is still to be fetched: the job that samples says it.
    """
    folder = Path(config["model"].get("turned_from", config["model"]["path"]))
    file = folder / "scheduler" / "scheduler_config.json"
    if file.is_file():
        schedule = read_json(file)
        for place, steps in steps_asked(config).items():
            try:
                check_steps(schedule, steps, folder)
            except UserError as error:
                raise UserError(f"Config {place}: {error}") from error


def steps_asked(config: dict) -> dict[str, int]:
    """Place in the config -> DDIM steps."""
    asked = {"sampling.steps": config["sampling"]["steps"]}
    for name, drift in config["drifts"].items():
        asked[f"drifts.{name}.steps"] = drift.get("steps")
    for name, options in config["methods"].items():
        asked[f"methods.{name}.class_steps"] = plugins.options("method", name, options).get("class_steps")
    for name, task in (config.get("editing") or {"tasks": {}})["tasks"].items():
        options = plugins.options("edit method", task["method"], task["options"], literal="SAMPLING")
        asked[f"editing.tasks.{name}.options.steps"] = options.get("steps")
    return {place: steps for place, steps in asked.items() if isinstance(steps, int)}
