"""What a config asks of its data sets, checked before anything runs: adapters, their options, patient information."""

from ldcore import plugins
from ldcore.datasets import part_options
from ldcore.runtime.errors import UserError

WITHOUT_PATIENT = ("simple", "diverse")  # prompt styles that name neither age nor sex


def check_datasets(config: dict) -> None:
    """UserError: an unknown adapter, an unknown option or value, prompts about unknown patients."""
    for name, dataset in config["datasets"].items():
        plugins.check("dataset adapter", dataset["adapter"], f"datasets.{name}.adapter")
        check_options(dataset["adapter"], dataset["options"], f"Config datasets.{name}.options")
    check_patients(config)


def check_options(adapter: str, given: dict, place: str) -> None:
    """UserError, which begins with the place, for an option that the adapter, or one of its parts, does not have."""
    options = plugins.options("dataset adapter", adapter, given, place)
    parts = plugins.declared("dataset adapter", adapter).get("PARTS")
    for part, own in options.get(parts, {}).items():
        part_options(part, own, options, f"{place}.{parts}.{part}")


def check_patients(config: dict) -> None:
    """UserError where a data set that the config uses is asked for patient information that it lacks."""
    grid, study, sweep = config["grid"], config.get("prompt_study"), config.get("sweep")
    uses = [(name, "grid.prompts", grid["prompts"]) for name in grid["datasets"]]
    if study:
        uses.append((study["dataset"], "prompt_study.prompts", study["prompts"]))
    if sweep:
        uses += [(name, "sweep.prompt", [sweep["prompt"]]) for name in sweep["datasets"]]
    for key, task in (config.get("editing") or {"tasks": {}})["tasks"].items():
        uses.append((task["dataset"], f"editing.tasks.{key}.styles", task["styles"]))
        if task["bases"] != ["base"]:
            uses.append((task["dataset"], f"editing.tasks.{key}.base_prompt", [task["base_prompt"]]))
    for name, place, styles in uses:
        informed = [style for style in styles if style not in WITHOUT_PATIENT]
        adapter = config["datasets"][name]["adapter"]
        if informed and not plugins.declared("dataset adapter", adapter).get("PATIENTS", True):
            raise UserError(
                f"Config {place}: {informed[0]!r} writes age and sex into prompts, and dataset {name!r} ({adapter}) "
                "has neither; use simple or diverse."
            )
