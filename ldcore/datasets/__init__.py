"""Datasets. Each adapter module has DEFAULTS (option name -> default) and either build(options, seed) -> (records, images), or, where it
reads a download folder, listing and prepared as ldcore.datasets.scans describes."""

import importlib

from ldcore.runtime.errors import UserError

ADAPTERS = {
    name: f"ldcore.datasets.adapters.{name}"
    for name in (
        "brain_phantom",
        "chest_phantom",
        "folder",
        "adni",
        "oasis1",
        "oasis2",
        "oasis3",
        "ixi",
        "chexpert",
        "nih",
        "mimic",
        "medmnist",
        "merged",
    )
}

WITHOUT_PATIENTS = (
    "medmnist",
)  # adapters whose records hold neither age nor sex; a list here, so that asking imports no adapter


def module(adapter: str):
    """Import the adapter's module on first use; UserError lists the known names."""
    if adapter not in ADAPTERS:
        raise UserError(f"Unknown dataset adapter {adapter!r}; use one of {', '.join(sorted(ADAPTERS))}.")
    return importlib.import_module(ADAPTERS[adapter])


def defaults(adapter: str) -> dict:
    """Every option of an adapter and its default."""
    from ldcore.datasets.scans.build import COMMON

    chosen = module(adapter)
    return {**(COMMON if hasattr(chosen, "listing") else {}), **chosen.DEFAULTS}


def check_use(config: dict) -> None:
    """UserError where a data set that the config uses is asked for patient information that it lacks."""
    grid, study, sweep = config["grid"], config.get("prompt_study"), config.get("sweep")
    asked = [(name, "grid.prompts", grid["prompts"]) for name in grid["datasets"]]
    asked += [(study["dataset"], "prompt_study.prompts", study["prompts"])] if study else []
    asked += [(name, "sweep.prompt", [sweep["prompt"]]) for name in sweep["datasets"]] if sweep else []
    for key, task in (config.get("editing") or {"tasks": {}})["tasks"].items():
        asked.append((task["dataset"], f"editing.tasks.{key}.styles", task["styles"]))
        asked.append(
            (task["dataset"], f"editing.tasks.{key}.base_prompt", [task["base_prompt"]] * (task["bases"] != ["base"]))
        )
    for name, place, styles in asked:
        informed = [style for style in styles if style not in ("simple", "diverse")]
        if informed and config["datasets"][name]["adapter"] in WITHOUT_PATIENTS:
            raise UserError(
                f"Config {place}: {informed[0]!r} writes age and sex into prompts, and dataset {name!r} "
                f"({config['datasets'][name]['adapter']}) has neither; use simple or diverse."
            )


def complete(options: dict, defaults: dict, adapter: str) -> dict:
    """Return `defaults` overlaid with `options`; UserError names an unknown key and the known ones."""
    for key in options:
        if key not in defaults:
            raise UserError(
                f"Unknown option {key!r} of dataset {adapter!r}; known options are {', '.join(sorted(defaults))}."
            )
    return {**defaults, **options}


def build(adapter: str, options: dict | None = None, seed: int = 0):
    """Return (records DataFrame, images uint8 [N, H, W]) of an adapter that has `build`; others: ldcore.prepare.prepare."""
    return module(adapter).build(complete(options or {}, defaults(adapter), adapter), seed)
