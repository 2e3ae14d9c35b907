"""The configuration as plain data: checked against the schema, defaults filled, and unrolled into checkpoints and cells.

Read at workflow parse time, so it imports nothing heavy.
"""

import math

from ldcore.runtime.errors import UserError


def check(config: dict, schema: dict) -> dict:
    """Fill defaults into `config` in place and return it; UserError names the first wrong key in one sentence.

    An entry that is null where entries have names of their own (datasets, extractors, tasks, ...) is taken out: so a config that
    Snakemake merges over config.yaml can drop what that has.
    """
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match

    from ldcore.plan.schema import drop_nulls, fill

    for section in ("datasets", "drifts", "trainings", "methods"):
        for key in config.get(section) or {}:
            if not isinstance(key, str):
                raise UserError(
                    f'Config {section}: the name {key!r} is read as a number; put it in quotes, e.g. "0.10".'
                )
    definitions = schema.get("$defs", {})
    drop_nulls(config, schema, definitions)
    error = best_match(Draft202012Validator(schema).iter_errors(config))
    if error is not None:
        place = ".".join(map(str, error.absolute_path)) or "top level"
        raise UserError(f"Config {place}: {error.message}.")
    fill(config, schema, definitions)
    references(config)
    return config


def references(config: dict) -> None:
    """UserError where a name points at nothing, a fixed drift has no value, or labels repeat."""
    grid, study, sweep = config["grid"], config.get("prompt_study"), config.get("sweep")
    used = [("grid.datasets", name, "datasets") for name in grid["datasets"]]
    used += [("grid.methods", name, "methods") for name in grid["methods"]]
    used += [(f"trainings.{key}.drift", value["drift"], "drifts") for key, value in config["trainings"].items()]
    for cell in grid["cells"]:
        used += [
            (f"grid.cells {cell['label']!r}", cell["training"], "trainings"),
            (f"grid.cells {cell['label']!r}", cell["drift"], "drifts"),
        ]
    if study:
        used += [
            ("prompt_study.dataset", study["dataset"], "datasets"),
            ("prompt_study.method", study["method"], "methods"),
        ]
    if sweep:
        used += [("sweep.method", sweep["method"], "methods")]
        used += [("sweep.datasets", name, "datasets") for name in sweep["datasets"]]
        used += [("sweep.trainings", name, "trainings") for name in sweep["trainings"]]
        for delta in sweep["deltas"]:
            identifier(delta)
    editing = config.get("editing") or {"tasks": {}, "cells": []}
    for key, task in editing["tasks"].items():
        used += [(f"editing.tasks.{key}.dataset", task["dataset"], "datasets")]
        used += [(f"editing.tasks.{key}.bases", name, "methods") for name in task["bases"] if name != "base"]
    for place, name, section in used:
        if name not in config[section]:
            raise UserError(f"Config {place}: {name!r} is not among {section} ({', '.join(config[section])}).")
    for name, drift in config["drifts"].items():
        if drift["kind"] != "none" and drift["source"] == "fixed" and "value" not in drift:
            raise UserError(f"Config drifts.{name}: a fixed drift needs a value, e.g. value: 0.10.")
    labels = [cell["label"] for cell in grid["cells"]]
    for label in labels:
        if labels.count(label) > 1:
            raise UserError(f"Config grid.cells: the label {label!r} appears twice.")
    named = [("grid.reference", grid["reference"]), ("grid.headline", grid["headline"])]
    named += [("editing.cells", label) for label in editing["cells"]]
    for place, label in named + ([("prompt_study.cell", study["cell"])] if study else []):
        if label not in labels:
            raise UserError(f"Config {place}: {label!r} is not a label of grid.cells ({', '.join(labels)}).")


def check_names(config: dict) -> None:
    """UserError, before any job starts, where a method, an edit method or a dataset adapter does not exist. Files: ldcore.weights."""
    from ldcore.datasets import ADAPTERS, check_use

    for name, options in config["datasets"].items():
        if options["adapter"] not in ADAPTERS:
            raise UserError(
                f"Config datasets.{name}.adapter: {options['adapter']!r} is unknown; use one of {', '.join(ADAPTERS)}."
            )
    check_use(config)
    for key, task in (config.get("editing") or {"tasks": {}})["tasks"].items():
        named("edit method", task["method"], f"editing.tasks.{key}.method")
    for name in config["methods"]:
        named("method", name, "methods")


def named(kind: str, name: str, place: str) -> None:
    """UserError, saying where in the config, if there is no such plug-in."""
    from ldcore import plugins

    try:
        plugins.file_of(kind, name)
    except UserError as error:
        raise UserError(f"Config {place}: {error}") from None


def resources(config: dict, names) -> dict:
    """gpu, mem_mb, runtime (minutes) and threads of a rule: each from the first of its names that sets it, else from `default`."""
    found = {"gpu": 0, "mem_mb": 2500, "runtime": 30, "threads": 1}
    for name in ["default", *reversed(names)]:
        found |= config["resources"].get(name, {})
    return found


def grown(amount: int, attempt: int, most: int | None) -> int:
    """What attempt 1, 2, ... asks for: twice as much each time, up to `most` (what a partition grants), never less than at first."""
    asked = amount * 2 ** (attempt - 1)
    return asked if most is None else max(amount, min(asked, most))


def identifier(value: float) -> str:
    """How a scalar delta is written in paths and tables: 'none' for 0, else two decimals or as many as it needs, e.g. 0.10."""
    if not math.isfinite(value):
        raise UserError(f"Config sweep.deltas: delta {value!r} is not a finite number.")
    short = f"{value:.2f}"
    return "none" if value == 0 else short if float(short) == value else repr(float(value))


def all_drifts(config: dict) -> dict:
    """Named drifts plus the sweep's deltas, each as kind `prior`; a named drift wins."""
    sweep = config.get("sweep")
    swept = (
        {identifier(d): {"kind": "prior", "source": "fixed", "value": float(d)} for d in sweep["deltas"]}
        if sweep
        else {}
    )
    return {"none": {"kind": "none", "source": "fixed", "value": 0.0}, **swept, **config["drifts"]}


def checkpoints(config: dict) -> list[tuple[str, str, str, str, str]]:
    """Every (dataset, method, training, prompt, run) that the grid, the prompt study and the sweep need.

    run: the training seed; `base` has the training 'untrained' and one run.
    """
    grid, study, sweep = config["grid"], config.get("prompt_study"), config.get("sweep")
    runs, found = [str(seed) for seed in grid["training_seeds"]], []
    for dataset in grid["datasets"]:
        for prompt in grid["prompts"]:
            found.append((dataset, "base", "untrained", prompt, runs[0]))
            found += [
                (dataset, method, cell["training"], prompt, run)
                for method in grid["methods"]
                for cell in grid["cells"]
                for run in runs
            ]
    if study:
        training = cell_of(config, study["cell"])["training"]
        found += [
            (study["dataset"], study["method"], training, prompt, run) for prompt in study["prompts"] for run in runs
        ]
    if sweep:
        found += [
            (dataset, sweep["method"], training, sweep["prompt"], runs[0])
            for dataset in sweep["datasets"]
            for training in sweep["trainings"]
        ]
    return list(dict.fromkeys(found))


def cell_of(config: dict, label: str) -> dict:
    """The grid's cell with this label."""
    return next(cell for cell in config["grid"]["cells"] if cell["label"] == label)


def sampled_drifts(config: dict, dataset: str, method: str, training: str, prompt: str, run: str) -> dict[str, int]:
    """What is sampled from one checkpoint: drift name -> images a seed, table cells before the sweep's."""
    grid, study, sweep = config["grid"], config.get("prompt_study"), config.get("sweep")
    names = []
    if dataset in grid["datasets"] and prompt in grid["prompts"]:
        if method == "base":
            names.append("none")
        elif method in grid["methods"]:
            names += [cell["drift"] for cell in grid["cells"] if cell["training"] == training]
    if study and (dataset, method) == (study["dataset"], study["method"]) and prompt in study["prompts"]:
        cell = cell_of(config, study["cell"])
        names += [cell["drift"]] * (cell["training"] == training)
    wanted = dict.fromkeys(names, config["sampling"]["images_per_seed"])
    if (
        sweep
        and dataset in sweep["datasets"]
        and (method, prompt) == (sweep["method"], sweep["prompt"])
        and training in sweep["trainings"]
        and run == str(grid["training_seeds"][0])
    ):
        for delta in sweep["deltas"]:
            wanted[identifier(delta)] = max(sweep["images_per_seed"], wanted.get(identifier(delta), 0))
    return wanted


def table_cells(config: dict, dataset: str) -> list[dict]:
    """Every cell that has a row in a table, as method, prompt and the cell's label, training, drift; the base model first."""
    grid, study = config["grid"], config.get("prompt_study")
    untouched = {"label": "none", "training": "untrained", "drift": "none"}
    found = [{"method": "base", "prompt": prompt, **untouched} for prompt in grid["prompts"]]
    found += [
        {"method": method, "prompt": prompt, **cell}
        for prompt in grid["prompts"]
        for method in grid["methods"]
        for cell in grid["cells"]
    ]
    if study and study["dataset"] == dataset:
        found += [
            {"method": study["method"], "prompt": prompt, **cell_of(config, study["cell"])}
            for prompt in study["prompts"]
            if not (study["method"] in grid["methods"] and prompt in grid["prompts"])
        ]
    return found
