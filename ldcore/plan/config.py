"""The configuration as plain data: checked against the schema and the plug-ins it names, defaults filled.

Read at workflow parse time, so it imports nothing heavy.
"""

import copy
import itertools

from ldcore import plugins
from ldcore.grid import all_drifts, cell_of, drift_needs, drift_training, edit_cells, judged_cells, repeated
from ldcore.plan.cells import check_compared, check_plain_names
from ldcore.plan.edits import check_edits
from ldcore.runtime import schemas
from ldcore.runtime.errors import UserError
from ldcore.training.options import check_packages, source_dropout


def check(config: dict, schema: dict) -> dict:
    """Fill defaults into `config` in place and return it; UserError names the first wrong key in one sentence.

    An entry that is null where entries have names of their own (datasets, extractors, tasks, ...) is taken out, so that
    a config which Snakemake merges over config.yaml can drop what that has.
    """
    from ldcore.plan.schema import drop_nulls, fill

    schemas.check_names(config, [])
    definitions = schema.get("$defs", {})
    liken_tasks(config)
    drop_nulls(config, schema, definitions)
    config |= schemas.with_numbers(config, schema, definitions)
    if fault := schemas.misfit(config, schema):
        raise UserError(f"Config {'.'.join(map(str, fault[0])) or 'top level'}: {fault[1]}.")
    fill(config, schema, definitions)
    check_references(config)
    return config


def check_flags(arguments: list[str]) -> None:
    """UserError where a command line gives Snakemake a flag twice of which it would take the last alone."""
    flags = [argument.partition("=")[0] for argument in arguments[: [*arguments, "--"].index("--")]]
    for flag, written in (
        ("--configfile", [name for name in flags if name.startswith("--configf")]),
        ("--config", [name for name in flags if name == "--config" or name.startswith("-C")]),
    ):
        if len(written) > 1:
            raise UserError(
                f"{flag} is given {len(written)} times, and Snakemake would take the last alone; give one {flag} with "
                "everything behind it."
            )


def without_undone_nulls(files: list[dict]) -> list[dict] | None:
    """Copies of a run's config files in which an entry is not null that a later one sets to a mapping; None: no such.

    Snakemake, which merges the files in this order, keeps the null where the mapping is empty. The entry is then to be
    as if no file had set it to null.
    """
    files = copy.deepcopy(files)
    return files if any([drop_undone(earlier, later) for earlier, later in itertools.combinations(files, 2)]) else None


def drop_undone(earlier: dict, later: dict) -> bool:
    """Take out nulls in whose place the later mapping has a mapping; whether there was one."""
    undone = [key for key, value in earlier.items() if value is None and isinstance(later.get(key), dict)]
    for key in undone:
        del earlier[key]
    below = [drop_undone(earlier[key], later[key]) for key in earlier if both_mappings(earlier, later, key)]
    return bool(undone) or any(below)


def both_mappings(one: dict, other: dict, key) -> bool:
    """Whether both have a mapping under the key."""
    return isinstance(one.get(key), dict) and isinstance(other.get(key), dict)


def liken_tasks(config: dict) -> None:
    """Give editing tasks that are `like` another what they do not say themselves; of train and options key by key.

    One that is like a task taken out (null) goes with it. UserError where there is no such task, or it is like another.
    """
    tasks = mapping(mapping(config.get("editing")).get("tasks"))
    for name, task in list(tasks.items()):
        other = mapping(task).get("like")
        if other is None:
            continue
        if not isinstance(other, str) or other not in tasks or mapping(tasks[other]).get("like") is not None:
            raise UserError(f"Config editing.tasks.{name}.like: {other!r} is no task that says all itself; name one.")
        if not isinstance(tasks[other], dict):  # taken out, or refused by the schema
            tasks[name] = tasks[other]
            continue
        whole = copy.deepcopy({**tasks[other], **task})
        for part in ("train", "options"):
            if isinstance(task.get(part), dict) and task[part] and mapping(tasks[other].get(part)):
                whole[part] = {**tasks[other][part], **whole[part]}
        tasks[name] = whole


def mapping(value) -> dict:
    """A mapping as it is; an empty one in place of anything else, which the schema speaks of."""
    return value if isinstance(value, dict) else {}


def check_references(config: dict) -> None:
    """UserError where a name points at nothing, or labels repeat."""
    grid, study, sweep = config["grid"], config.get("prompt_study"), config.get("sweep")
    references = [("grid.datasets", name, "datasets") for name in grid["datasets"]]
    references += [("grid.methods", name, "methods") for name in grid["methods"]]
    references += [(f"trainings.{key}.drift", value["drift"], "drifts") for key, value in config["trainings"].items()]
    for cell in grid["cells"]:
        references += [
            (f"grid.cells {cell['label']!r}", cell["training"], "trainings"),
            (f"grid.cells {cell['label']!r}", cell["drift"], "drifts"),
            *((f"grid.cells {cell['label']!r}.methods", name, "methods") for name in cell["methods"] or []),
        ]
    if study:
        references += [
            ("prompt_study.dataset", study["dataset"], "datasets"),
            ("prompt_study.method", study["method"], "methods"),
        ]
    if sweep:
        references += [("sweep.method", sweep["method"], "methods")]
        references += [("sweep.datasets", name, "datasets") for name in sweep["datasets"]]
        references += [("sweep.trainings", name, "trainings") for name in sweep["trainings"]]
    editing = config.get("editing") or {"tasks": {}, "cells": []}
    for key, task in editing["tasks"].items():
        references += [(f"editing.tasks.{key}.dataset", task["dataset"], "datasets")]
        references += [(f"editing.tasks.{key}.bases", name, "methods") for name in task["bases"] if name != "base"]
    for place, name, section in references:
        if name not in config[section]:
            raise UserError(f"Config {place}: {name!r} is not among {section} ({', '.join(config[section])}).")
    check_trainings(config)
    check_edits(config)
    labels = [cell["label"] for cell in grid["cells"]]
    for label in repeated(labels):
        raise UserError(f"Config grid.cells: the label {label!r} appears twice.")
    uses = [("grid.reference", grid["reference"]), ("grid.headline", grid["headline"])]
    uses += [
        (f"grid.cells {cell['label']!r}.reference", cell["reference"]) for cell in grid["cells"] if cell["reference"]
    ]
    uses += [("grid.judged", label) for label in judged_cells(config)]
    uses += [("editing.cells", label) for label in editing["cells"]]
    for key, task in editing["tasks"].items():
        uses += [(f"editing.tasks.{key}.cells", label) for label in task["cells"] or []]
    if study:
        uses.append(("prompt_study.cell", study["cell"]))
    for place, label in uses:
        if label not in labels:
            raise UserError(f"Config {place}: {label!r} is not a label of grid.cells ({', '.join(labels)}).")
        own = [key for key in ("guidance_scale", "reference") if cell_of(config, label)[key] is not None]
        if own and place.startswith("editing"):
            raise UserError(f"Config {place}: the cell {label!r} has {own[0]} of its own, which edits do not follow.")
    check_plain_names(config)
    check_compared(config)


def check_trainings(config: dict) -> None:
    """UserError where a training says what cannot be."""
    for name, training in config["trainings"].items():
        if (training["noise"] == "normal") != (training["scale"] == 0):
            raise UserError(
                f"Config trainings.{name}: noise {training['noise']} with scale {training['scale']:g} says nothing; "
                "give both `noise` and a `scale` above 0 (ldcore/drift/training_noise.py), or neither."
            )
        schedule = training["scheduler"]
        if schedule.get("rescale_betas_zero_snr") and schedule.get("prediction_type") != "v_prediction":
            raise UserError(
                f"Config trainings.{name}.scheduler: with a terminal SNR of zero the noise does not tell the image "
                "(arXiv 2305.08891, section 3.2); give prediction_type: v_prediction too."
            )
        if config["drifts"][training["drift"]].get("by") == "label":
            raise UserError(
                f"Config trainings.{name}.drift: {training['drift']!r} has a value a label, which training does not "
                "tell apart; name a drift without `by: label`."
            )


def check_names(config: dict) -> None:
    """UserError, before any job starts, where a plug-in does not exist or has no such options."""
    from ldcore.plan.datasets import check_datasets
    from ldcore.plan.measuring import check_measuring
    from ldcore.plan.reporting import check_reporting

    check_datasets(config)
    check_measuring(config)
    for name, drift in config["drifts"].items():
        plugins.check("drift source", drift["source"], f"drifts.{name}.source")
        given = {key: value for key, value in drift.items() if key not in ("kind", "source")}
        properties = plugins.declared("drift source", drift["source"])["OPTIONS"]
        if drift["kind"] == "none":  # needs no value
            properties = {key: schema for key, schema in properties.items() if key in given}
        values = plugins.filled(properties, given, f"Config drifts.{name}")
        drift |= {key: values[key] for key in given}  # numbers as numbers
    all_drifts(config)
    for name in config["drifts"]:
        check_source(config, name)
    for name, options in config["methods"].items():
        plugins.check("method", name, "methods")
        check_trains(name)
        check_packages(plugins.options("method", name, options, f"Config methods.{name}"), f"Config methods.{name}")
    check_reporting(config)
    for key, task in (config.get("editing") or {"tasks": {}})["tasks"].items():
        plugins.check("edit method", task["method"], f"editing.tasks.{key}.method")
        place = f"Config editing.tasks.{key}.train"
        options = plugins.options("edit method", task["method"], task["train"], place)
        check_packages(options, place)
        if "both_dropout" in options:
            source_dropout(options, place)
        options = plugins.options(
            "edit method", task["method"], task["options"], f"Config editing.tasks.{key}.options", "SAMPLING"
        )
        check_edit_drifts(config, key, options.get("steps"))


def check_source(config: dict, name: str) -> None:
    """UserError where a drift's source lacks what its NEEDS asks for, or names a training that it cannot take."""
    source, needs = config["drifts"][name]["source"], drift_needs(config, name)
    place, declared = f"Config drifts.{name}", plugins.declared("drift source", source)
    if needs not in ("", "latents", "checkpoint"):
        raise UserError(f"{place}: {source} declares NEEDS = {needs!r}; use '', 'latents' or 'checkpoint'.")
    if needs == "checkpoint" and "training" not in declared["OPTIONS"]:
        raise UserError(f"{place}: {source} needs a checkpoint but has no option `training`; let it declare one.")
    training, known = drift_training(config, name), config["trainings"]
    if training is not None and training not in known:
        raise UserError(f"{place}.training: {training!r} is not among trainings ({', '.join(known)}).")
    if needs == "checkpoint" and drift_needs(config, known[training]["drift"]) == "checkpoint":
        raise UserError(
            f"{place}.training: training {training!r} itself waits for a drift that is searched, "
            f"{known[training]['drift']!r}; search on a training whose drift is not."
        )


def check_edit_drifts(config: dict, task: str, steps: int | None) -> None:
    """UserError where a task edits in other steps than those whose first timestep a drift follows from."""
    for cell in edit_cells(config, task):
        drift = all_drifts(config)[cell["drift"]]
        option = plugins.declared("drift source", drift["source"])["OPTIONS"].get("steps", {})
        if drift["kind"] == "none" or option.get("default", 0) is not None:  # null: DDIM steps, those of `sampling`
            continue
        told = drift.get("steps") or config["sampling"]["steps"]
        if steps and steps != told:
            raise UserError(
                f"Config editing.tasks.{task}: it edits in {steps} steps under the cell {cell['label']!r}, whose "
                f"drift {cell['drift']!r} is that of {told}; give the drift `steps: {steps}` (another drift and cell, "
                f"if tables need this one too), or the task's options `steps: {told}`."
            )


def check_trains(name: str) -> None:
    """UserError where a method does not take the options of the training loop."""
    declared = plugins.declared("method", name)
    if declared.get("TRAINS") != {} and "steps" not in declared["OPTIONS"]:
        old = "; DEFAULTS is not read, declare OPTIONS" if "DEFAULTS" in declared else ""
        raise UserError(
            f"Config methods: {name!r} has no options of the training loop; let it declare "
            f'EXTENDS = ("ldcore.training.options",){old} (CONTRIBUTING.md).'
        )
