"""Which results are of older code: made by files or packages that are others now (ldcore.runtime.code).

Nothing is made again for that, since it may be a comma in an error text; but tables, page and summary say so.
"""

from pathlib import Path
from typing import NamedTuple

import pandas as pd

from ldcore import grid
from ldcore.grid import Checkpoint
from ldcore.report.results import Results
from ldcore.runtime import code
from ldcore.runtime.files import atomic

NAMED = 6  # changed files that a sentence names


class Job(NamedTuple):
    """A job whose results tables show."""

    stage: str
    ids: dict[str, str]
    output: Path  # what makes Snakemake make it again
    record: Path


def jobs(results: Results) -> list[Job]:
    """Every job of the run but those that the tables and figures are made by."""
    config, store, found = results.config, results.store, []

    def add(stage, output, **ids):
        found.append(Job(stage, ids, Path(output), store.made(stage, *ids.values())))

    model = config["model"]
    for stage, key, path in (("convert", "single_file", model.get("turned_from")), ("turn", "turned_from", None)):
        if key in model:
            folder = Path(path or model["path"])
            found.append(Job(stage, {}, folder / "model_index.json", folder / "made.json"))
    for dataset in grid.used_datasets(config):
        add("data", store.data(dataset) / "records.csv", dataset=dataset)
        add("latents", store.latents(dataset), dataset=dataset)
        add("reference", store.reference(dataset), dataset=dataset)
    for dataset in config["grid"]["datasets"]:
        add("score", store.scores(dataset), dataset=dataset)
        add("downstream", store.downstream(dataset), dataset=dataset)
    for origin, name in grid.used_drifts(config):
        if isinstance(origin, Checkpoint):
            add("drift_search", store.drift(origin, name), **origin._asdict(), drift=name)
        else:
            add("drift", store.drift(origin, name), dataset=origin, drift=name)
    trained = grid.checkpoints(config)
    for checkpoint in trained:
        add("generate", store.samples(checkpoint) / "index.json", **checkpoint._asdict())
    for task, entry in grid.tasks(config).items():
        add("edit_score", store.edit_scores(task), task=task)
        for run in grid.edit_runs(config, task):
            add("edit", store.edits(run) / "index.json", **run._asdict())
            if entry["train"]:
                add("edit_train", store.edits(run) / "log.json", **run._asdict())
            trained.append(grid.edit_base(config, run))
    for checkpoint in dict.fromkeys(trained):
        if checkpoint.method != "base":
            add("finetune", store.training(checkpoint) / "log.json", **checkpoint._asdict())
    return found


def older(results: Results) -> list[tuple[Job, list[str]]]:
    """The jobs that are done and of older code, and what has changed since; [] for one that left no record."""
    found = []
    for job in jobs(results):
        made_by = code.recorded(job.record)
        changed = code.changed(made_by)
        if job.output.exists() and (changed or not made_by):
            found.append((job, changed))
    return found


def notes(results: Results, found: list) -> list[str]:
    """What tables and the page say of results of older code (`found`, of `older`); [] where all are of today's.

    Writes the outputs of those jobs to results/NAME/older.txt, for the command in the note, or removes that file.
    """
    listed = results.store.older
    if not found:
        listed.unlink(missing_ok=True)
        return []
    with atomic(listed) as temporary:
        temporary.write_text("".join(f"{job.output}\n" for job, _ in found))
    counts = pd.Series([job.stage for job, _ in found]).value_counts(sort=False)
    files = sorted({name for _, changed in found for name in changed})
    named = ", ".join(files[:NAMED]) + (f" and {len(files) - NAMED} more" if len(files) > NAMED else "")
    return [
        f"OF OLDER CODE: {', '.join(f'{stage} ({count})' for stage, count in counts.items())}; since then changed: "
        f"{named or 'not known, they left no record'}. To make these again, give the same snakemake command with "
        f"--forcerun $(cat {listed})"
    ]


def marked(rows: pd.DataFrame, results: Results, found: list) -> pd.DataFrame:
    """A table's rows with `older_code`, its stages that are of older code (`found`); as they are where none is."""
    if not found:
        return rows
    labels = {cell["label"]: cell["training"] for cell in results.config["grid"]["cells"]}
    stages = []
    for row in rows.to_dict("records"):
        row = {name: value for name, value in row.items() if isinstance(value, str) and value}
        row.setdefault("training", labels.get(row.get("cell"), ""))
        stages.append(", ".join(dict.fromkeys(job.stage for job, _ in found if concerns(job, row, results.config))))
    return rows.assign(older_code=stages)


def concerns(job: Job, row: dict, config: dict) -> bool:
    """Whether a row may follow from a job: no id says otherwise. A gain follows from two trainings."""
    ids = dict(job.ids)
    if "task" in ids:  # an editing job's own
        dataset = grid.tasks(config)[ids["task"]]["dataset"]
        if "task" not in row and "claim" not in row:  # a claim about edits names its data set alone
            return False
        asked = {"task": ids["task"], "dataset": dataset, "base": ids.get("base"), "training": ids.get("training")}
    else:
        method = "base" if "task" in row else "method"
        asked = {"dataset": ids.get("dataset"), method: ids.get("method"), "training": ids.get("training")}
        if "task" not in row:
            asked["prompt"] = ids.get("prompt")
    if row.get("metric", "").endswith("_gain") or "claim" in row:
        asked.pop("training")
    real = row.get("method") in ("real", "reconstruction", "source", "exact")
    if real and asked.get("method", asked.get("base")):
        return False
    return all(not value or not row.get(name) or row[name] == value for name, value in asked.items())
