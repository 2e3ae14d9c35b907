"""What a config asks for, unrolled: checkpoints to train, drifts to sample, cells of tables, edits.

Plain data in, plain data out. Read at workflow parse time, so it imports nothing heavy.
"""

import math
from collections import Counter
from typing import NamedTuple

from ldcore import plugins
from ldcore.runtime.errors import UserError


class Checkpoint(NamedTuple):
    """Fine-tuned weights by the ids that name them; `base` is the untouched model, its training 'untrained'."""

    dataset: str
    method: str
    training: str
    prompt: str
    run: str  # the training seed


class EditRun(NamedTuple):
    """One editing job by its ids: a task and its edit method, on weights of `base` trained under `training`."""

    task: str
    edit_method: str
    base: str
    training: str


def identifier(value: float) -> str:
    """How a scalar delta is written in paths and tables: 'none' for 0, else in as many decimals as it needs."""
    if not math.isfinite(value):
        raise UserError(f"Config sweep.deltas: delta {value!r} is not a finite number.")
    short = f"{value:.2f}"
    if value == 0:
        return "none"
    return short if float(short) == value else repr(float(value))


def all_drifts(config: dict) -> dict:
    """Drift name -> its entry: the named drifts and the sweep's deltas, each of these a fixed drift of kind `prior`.

    UserError where a delta and a named drift are spelt alike but differ.
    """
    named = {"none": {"kind": "none", "source": "fixed", "value": 0.0}, **config["drifts"]}
    swept = {}
    for delta in (config.get("sweep") or {"deltas": []})["deltas"]:
        name = identifier(delta)
        if name == "none":
            continue
        swept[name] = {"kind": "prior", "source": "fixed", "value": float(delta)}
        if name in named and (named[name]["kind"], named[name].get("value")) != ("prior", float(delta)):
            raise UserError(
                f"Config drifts.{name}: the sweep's delta {delta} has the same name but is another drift "
                "(kind prior, this value); rename the one under drifts."
            )
    return {"none": named["none"], **swept, **named}


def drift_needs(config: dict, name: str) -> str:
    """What a drift's value follows from besides its options: "", "latents" or "checkpoint" (ldcore.drift.sources)."""
    entry = all_drifts(config)[name]
    return "" if entry["kind"] == "none" else plugins.declared("drift source", entry["source"]).get("NEEDS", "latents")


def drift_origin(config: dict, checkpoint: Checkpoint, name: str) -> str | Checkpoint:
    """Whose drift of this name a checkpoint takes, in training and in sampling: that of its dataset, by name.

    Where the drift is searched on samples, the weights that these come from: the same method and prompt under the
    drift's own `training`, of the first run; the untouched model for itself.
    """
    if drift_needs(config, name) != "checkpoint":
        return checkpoint.dataset
    run, training = str(config["grid"]["training_seeds"][0]), drift_training(config, name)
    if checkpoint.method == "base":
        return checkpoint._replace(training="untrained", run=run)
    return checkpoint._replace(training=training, run=run)


def drift_training(config: dict, name: str) -> str | None:
    """The option `training` of a drift: on whose weights it is searched, or whose noise schedule it is of."""
    entry = all_drifts(config)[name]
    option = plugins.declared("drift source", entry["source"])["OPTIONS"].get("training", {})
    return entry.get("training", option.get("default"))


def drift_scheduler(config: dict, name: str) -> dict:
    """What the noise schedule of the training that a drift names has otherwise than the model's."""
    training = drift_training(config, name)
    return config["trainings"][training]["scheduler"] if training else {}


def cell_of(config: dict, label: str) -> dict:
    """The grid's cell with this label."""
    return next(cell for cell in config["grid"]["cells"] if cell["label"] == label)


def cells_of(config: dict, method: str) -> list[dict]:
    """The grid's cells that a method has: all but those that name other methods."""
    return [cell for cell in config["grid"]["cells"] if method in (cell["methods"] or [method])]


def reference_label(config: dict, cell: dict) -> str:
    """The label of the cell that a cell is compared with: its own reference, or else the grid's."""
    return cell.get("reference") or config["grid"]["reference"]


def judged_cells(config: dict) -> list[str]:
    """Labels of the grid's cells that the paper's claims are asked of, the headline first where it is among them."""
    grid = config["grid"]
    if grid["judged"] != "all":
        return grid["judged"] or [grid["headline"]]
    labels = [cell["label"] for cell in grid["cells"] if cell["label"] != reference_label(config, cell)]
    return sorted(labels, key=lambda label: label != grid["headline"])


def part_of(cell: dict) -> str:
    """What the samples of a cell are called: its drift, with the guidance where that is the cell's own."""
    guidance = cell.get("guidance_scale")
    return cell["drift"] if guidance is None else f"{cell['drift']}@{guidance:g}"


def drift_and_guidance(part: str) -> tuple[str, float | None]:
    """The drift's name and the guidance of samples by their name (part_of); None: the guidance of `sampling`."""
    drift, _, guidance = part.partition("@")
    return drift, float(guidance) if guidance else None


def checkpoints(config: dict) -> list[Checkpoint]:
    """Every checkpoint that the grid, the prompt study and the sweep need."""
    grid, study, sweep = config["grid"], config.get("prompt_study"), config.get("sweep")
    runs, needed = [str(seed) for seed in grid["training_seeds"]], []
    for dataset in grid["datasets"]:
        for prompt in grid["prompts"]:
            needed.append(Checkpoint(dataset, "base", "untrained", prompt, runs[0]))
            for method in grid["methods"]:
                for cell in cells_of(config, method):
                    needed += [Checkpoint(dataset, method, cell["training"], prompt, run) for run in runs]
    if study:
        training = cell_of(config, study["cell"])["training"]
        for prompt in study["prompts"]:
            needed += [Checkpoint(study["dataset"], study["method"], training, prompt, run) for run in runs]
    if sweep:
        for dataset in sweep["datasets"]:
            needed += [
                Checkpoint(dataset, sweep["method"], training, sweep["prompt"], run)
                for training in sweep["trainings"]
                for run in runs
            ]
    return list(dict.fromkeys(needed))


def sampled_drifts(config: dict, checkpoint: Checkpoint) -> dict[str, int]:
    """What is sampled from one checkpoint: its name (part_of) -> images a seed, table cells before the sweep's."""
    grid, study, sweep = config["grid"], config.get("prompt_study"), config.get("sweep")
    dataset, method, training, prompt, _ = checkpoint
    names = []
    if dataset in grid["datasets"] and prompt in grid["prompts"]:
        if method == "base":
            names.append("none")
        elif method in grid["methods"]:
            names += [part_of(cell) for cell in cells_of(config, method) if cell["training"] == training]
    if study and (dataset, method) == (study["dataset"], study["method"]) and prompt in study["prompts"]:
        cell = cell_of(config, study["cell"])
        if cell["training"] == training:
            names.append(part_of(cell))
    counts = dict.fromkeys(names, config["sampling"]["images_per_seed"])
    if (
        sweep
        and dataset in sweep["datasets"]
        and (method, prompt) == (sweep["method"], sweep["prompt"])
        and training in sweep["trainings"]
    ):
        for delta in sweep["deltas"]:
            name = identifier(delta)
            counts[name] = max(sweep["images_per_seed"], counts.get(name, 0))
    return counts


def table_cells(config: dict, dataset: str) -> list[dict]:
    """Every cell of one dataset that has a row in a table: method, prompt, the cell's entry, and `part` (part_of).

    The untouched model first.
    """
    grid, study = config["grid"], config.get("prompt_study")
    untouched = {"label": "none", "training": "untrained", "drift": "none", "guidance_scale": None}
    cells = [{"method": "base", "prompt": prompt, **untouched} for prompt in grid["prompts"]]
    for prompt in grid["prompts"]:
        for method in grid["methods"]:
            cells += [{"method": method, "prompt": prompt, **cell} for cell in cells_of(config, method)]
    if study and study["dataset"] == dataset:
        cells += [
            {"method": study["method"], "prompt": prompt, **cell_of(config, study["cell"])}
            for prompt in study["prompts"]
            if not (study["method"] in grid["methods"] and prompt in grid["prompts"])
        ]
    return [{**cell, "part": part_of(cell)} for cell in cells]


def cell_checkpoints(config: dict, dataset: str, cell: dict) -> list[Checkpoint]:
    """The checkpoints that a cell of table_cells is sampled from: one a training run; the untouched model has one."""
    runs = config["grid"]["training_seeds"]
    runs = runs[:1] if cell["method"] == "base" else runs
    return [Checkpoint(dataset, cell["method"], cell["training"], cell["prompt"], str(run)) for run in runs]


def reference_cell(config: dict, cell: dict) -> dict | None:
    """The cell that a cell of table_cells is compared with: the same under its own reference, or else the grid's.

    None for the reference itself, for the untouched model, where the method has no such cell, and under a prompt of the
    prompt study alone.
    """
    grid = config["grid"]
    label = reference_label(config, cell)
    if cell["method"] == "base" or cell["label"] == label or cell["prompt"] not in grid["prompts"]:
        return None
    reference = cell_of(config, label)
    if reference not in cells_of(config, cell["method"]):
        return None
    return {**cell, **reference, "part": part_of(reference)}


def tasks(config: dict) -> dict[str, dict]:
    """Editing task name -> its entry; none without editing."""
    return (config.get("editing") or {"tasks": {}})["tasks"]


def edit_cells(config: dict, task: str) -> list[dict]:
    """The grid's cells under which a task edits: its own, or else those of all tasks."""
    labels = tasks(config)[task]["cells"] or config["editing"]["cells"]
    return [cell for cell in config["grid"]["cells"] if cell["label"] in labels]


def edit_runs(config: dict, task: str) -> list[EditRun]:
    """Every editing job of a task."""
    entry, trainings = tasks(config)[task], dict.fromkeys(cell["training"] for cell in edit_cells(config, task))
    return [EditRun(task, entry["method"], base, training) for base in entry["bases"] for training in trainings]


def edit_base(config: dict, run: EditRun) -> Checkpoint:
    """The checkpoint whose weights an editing job starts from."""
    task = tasks(config)[run.task]
    seed = str(config["grid"]["training_seeds"][0])
    return Checkpoint(task["dataset"], run.base, run.training, task["base_prompt"], seed)


def edit_drifts(config: dict, run: EditRun) -> list[str]:
    """The drifts under which an editing job edits."""
    return [cell["drift"] for cell in edit_cells(config, run.task) if cell["training"] == run.training]


def used_drifts(config: dict) -> list[tuple[str | Checkpoint, str]]:
    """Every drift that the run samples, edits or trains with: its origin (drift_origin) and its name."""
    sampled = checkpoints(config)
    used = [(checkpoint, part) for checkpoint in sampled for part in sampled_drifts(config, checkpoint)]
    trained = [checkpoint for checkpoint in sampled if checkpoint.method != "base"]
    for task in tasks(config):
        for run in edit_runs(config, task):
            base = edit_base(config, run)
            used += [(base, name) for name in edit_drifts(config, run)]
            trained.append(base)
    used += [(checkpoint, config["trainings"][checkpoint.training]["drift"]) for checkpoint in trained]
    named = [(checkpoint, drift_and_guidance(part)[0]) for checkpoint, part in used]
    return list(dict.fromkeys((drift_origin(config, checkpoint, name), name) for checkpoint, name in named))


def searches(config: dict) -> list[tuple[Checkpoint, str]]:
    """The drifts that are searched: on which checkpoint's samples, and the drift's name."""
    return [(origin, name) for origin, name in used_drifts(config) if isinstance(origin, Checkpoint)]


def used_datasets(config: dict) -> list[str]:
    """The datasets that some cell, study, sweep or editing task runs on."""
    used = list(config["grid"]["datasets"])
    if config.get("prompt_study"):
        used.append(config["prompt_study"]["dataset"])
    if config.get("sweep"):
        used += config["sweep"]["datasets"]
    used += [task["dataset"] for task in tasks(config).values()]
    return list(dict.fromkeys(used))


def repeated(values) -> list:
    """Those that occur more than once, in order."""
    return [value for value, count in Counter(values).items() if count > 1]
