"""Edit test images with one method and one set of weights, under each of its drifts: DRIFT.npz each, and index.json."""

from collections import Counter

from ldcore import plugins
from ldcore.datasets.records import load
from ldcore.drift import Drift
from ldcore.edit.dataset import Dataset
from ldcore.edit.job import EditJob, has_outcome
from ldcore.edit.job import run as edit_images
from ldcore.edit.requests.edits import requests
from ldcore.edit.requests.ground_truth import source_images
from ldcore.edit.selection import val_requests
from ldcore.evaluation.real_images import say_fewer
from ldcore.grid import EditRun, drift_origin, edit_base, edit_drifts
from ldcore.methods import load_weights, saved_weights
from ldcore.model.backbone import fingerprint, load_backbone, rescheduled
from ldcore.runtime import cli, code
from ldcore.runtime.device import prepare_cpu
from ldcore.runtime.files import digest, sha256
from ldcore.store import opened


def main(config, **ids):
    prepare_cpu()
    config, store = opened(config, **ids)
    run = EditRun(**ids)
    task, base, seed = config["editing"]["tasks"][run.task], edit_base(config, run), config["seed"]
    backbone, method, identity = loaded(config, store, run)
    entry = config["datasets"][base.dataset]
    dataset = Dataset.of(entry, *load(store.data(base.dataset), mmap=True), seed)
    requested, unseen = requests(task["edits"], task["images"], dataset.records, seed), dataset.for_choosing()
    choosing = val_requests(task["edits"], task["val_images"], unseen)
    say_shortage(f"Config editing.tasks.{run.task}", task, requested, choosing)
    job = EditJob(
        requests=requested,
        sources=source_images(requested, dataset),
        anatomy=dataset.anatomy,
        styles=task["styles"],
        options=plugins.options("edit method", run.edit_method, task["options"], literal="SAMPLING"),
        amounts=config["editing"]["amounts"],
        sweep_images=task["sweep_images"],
        null_images=task["null_images"],
        seed=seed,
        val_requests=tuple(choosing),
        val_sources=source_images(choosing, unseen) if choosing else None,
    )
    origins = {name: drift_origin(config, base, name) for name in edit_drifts(config, run)}
    drifts = {name: Drift.read(store.drift(origin, name)) for name, origin in origins.items()}
    edit_images(backbone, method, job, drifts, digest(identity), store.edits(run))
    code.record(store.made("edit", *run))


def say_shortage(place, task, requested, choosing) -> None:
    """Print a warning for every number of a task that its data set has not so many images for."""
    made, outcome = Counter(request.edit for request in requested), sum(map(has_outcome, requested))
    for name, edit in (task["edits"] or {"older": {}}).items():
        where = f"{place}.edits.{name}.images" if "images" in edit else f"{place}.images"
        say_fewer(where, edit.get("images", task["images"]), made[name], f"test images for the edit {name!r}")
    say_fewer(f"{place}.sweep_images", task["sweep_images"], outcome or len(requested), "edits to sweep")
    say_fewer(f"{place}.null_images", task["null_images"], len(requested), "edits")
    say_fewer(f"{place}.val_images", task["val_images"], len(choosing), "val images with an outcome")


def loaded(config, store, run: EditRun):
    """The backbone of an editing job with all its weights and its noise schedule, its method, and what these are."""
    task, base = config["editing"]["tasks"][run.task], edit_base(config, run)
    backbone, method = load_backbone(config["model"]["path"]), plugins.find("edit method", run.edit_method)
    identity = [fingerprint(config["model"]["path"]), load_weights(backbone, base.method, store.weights(base))]
    if task["train"]:
        weights = store.edits(run) / "weights.safetensors"
        method.apply(backbone, saved_weights(run.edit_method, weights, backbone.device))
        identity.append(sha256(weights))
    if base.method != "base" or task["train"]:
        scheduler = config["trainings"][run.training]["scheduler"]
        backbone.scheduler = rescheduled(backbone.scheduler, scheduler)
        identity.append(digest(scheduler))
    return backbone, method, identity


if __name__ == "__main__":
    cli.run(main, cli.parser(__doc__, config=str, task=str, edit_method=str, base=str, training=str))
