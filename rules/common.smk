# Config checked and unrolled once; paths and small lookups the rules share. Imports nothing heavy: every job parses this.
import json
import sys
from shlex import quote

import yaml
from snakemake.exceptions import WorkflowError

from ldcore.plan import budget
from ldcore.plan import config as ldconfig
from ldcore.plan import weights as ldweights
from ldcore.runtime.errors import UserError
from ldcore.runtime.files import beside, check_writable, digest

with open(workflow.source_path("../schemas/config.schema.yaml")) as file:
    SCHEMA = yaml.safe_load(file)
try:
    ldconfig.check(config, SCHEMA)
    ldconfig.check_names(config)
    FETCHED = ldweights.resolve(config)  # path of a weight -> what says that rule fetch brought it
except UserError as error:
    raise WorkflowError(str(error)) from None

RESULTS = f"results/{config['name']}"
if workflow.is_main_process:
    try:
        check_writable(".snakemake", RESULTS, *([] if Path(".snakemake").exists() else ["."]))
    except UserError as error:
        raise WorkflowError(str(error)) from None
LACKING = ldweights.lacking(config, FETCHED)
LACKING_DATA = ldweights.lacking_data(config, RESULTS)
if LACKING_DATA and workflow.output_settings.dryrun:
    print(*LACKING_DATA, sep="\n", file=sys.stderr)  # the jobs are counted all the same
elif workflow.is_main_process:
    LACKING += LACKING_DATA
if LACKING:
    raise WorkflowError("\n".join(LACKING))
if workflow.output_settings.dryrun and workflow.is_main_process:
    for name in set(config["datasets"]) - set(ldweights.used_datasets(config)):
        print(f"Dataset {name} is in no grid, study, sweep or task: nothing is run on it.", file=sys.stderr)
    try:
        print(budget.printed(config), file=sys.stderr)
    except UserError as error:
        raise WorkflowError(str(error)) from None

LOGS = f"{RESULTS}/logs"
BENCHMARKS = f"{RESULTS}/benchmarks"  # laid out as LOGS: the summary pairs them
ENVIRONMENT = str(Path(workflow.basedir, "envs", "ldcore.yaml"))
GPUS = (
    workflow.global_resources["gpu"].value if "gpu" in workflow.global_resources else 0
)  # --resources gpu=N of a machine without Slurm
# One BLAS thread a job: sums, hence last bits, depend on the number of threads. Jobs never ask the network.
shell.prefix(
    "set -euo pipefail; export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 HF_HUB_OFFLINE=1 TRANSFORMERS_OFFLINE=1 "
    f"LDCORE_GPUS={GPUS} LDCORE_SCRATCH={quote(config['scratch'])}; "
)
# What a job that loads the model waits for; another model: another file time, so everything is made again.
MODEL = FETCHED.get(config["model"]["path"], f"{config['model']['path']}/model_index.json")
CHECKPOINTS = ldconfig.checkpoints(config)
DRIFTS = ldconfig.all_drifts(config)
PHANTOM_CODE = digest(
    *[
        path.read_text()
        for folder in ("adapters", "phantoms")
        for path in sorted(Path(workflow.basedir, "ldcore", "datasets", folder).glob("*.py"))
        if folder == "phantoms" or path.stem.endswith("phantom")
    ]
)
FIGURES = (["figure2", "figure3"] if config.get("sweep") else []) + ["figure4", "figure5", "gains"]
EDITING = config.get("editing") or {"tasks": {}, "cells": []}
TASKS = EDITING["tasks"]
EDIT_CELLS = [cell for cell in config["grid"]["cells"] if cell["label"] in EDITING["cells"]]
EDIT_TABLES = [*dict.fromkeys(task["table"] for task in TASKS.values()), "truth"] if TASKS else []
EDIT_FIGURES = [*dict.fromkeys(task["figure"] for task in TASKS.values()), "figure1", "tradeoff"] if TASKS else []
EDIT_LAYOUT = json.dumps({key: config.get(key) for key in ("grid", "editing", "datasets")}, sort_keys=True)
TABLES = ["table1", "table3"] if config.get("prompt_study") else ["table1"]


wildcard_constraints:
    dataset="[^/]+",
    method="[^/]+",
    training="[^/]+",
    prompt="[^/]+",
    run=r"\d+",
    task="[^/]+",
    edit_method="[^/]+",
    base="[^/]+",
    table="table1|table3",
    figure="figure[2-5]|gains",


def as_json(value):
    """A config value as one shell argument (quote it with :q)."""
    return json.dumps(value, sort_keys=True)


def asked(*names):
    """The resources of a rule: config resources under the first name that sets a key, else under default; twice the
    memory and time at each retry, up to `most`."""
    found = ldconfig.resources(config, names)
    most = config["resources"].get("most", {})
    return {
        "gpu": found["gpu"],
        "mem_mb": lambda wildcards, attempt: ldconfig.grown(found["mem_mb"], attempt, most.get("mem_mb")),
        "runtime": lambda wildcards, attempt: ldconfig.grown(found["runtime"], attempt, most.get("runtime")),
    }


def kept(path):
    """A weights file as a rule's output: removed once every job that reads it is done, unless the config keeps them."""
    return path if config["keep_weights"] else temp(path)


def launcher(wildcards, resources):
    """What starts a training script: with several GPUs a process each."""
    count = resources.get("gpu", 0)  # a rule from outside may not say
    several = f"accelerate launch --multi_gpu --num_processes {count} --num_machines 1 --main_process_port 0"
    return several if count > 1 else "python"


def dataset_key(key):
    """An input or params function: one key of the wildcard's dataset."""
    return lambda wildcards: config["datasets"][wildcards.dataset][key]


def table_of(wildcards):
    """The table of a person's own images, where the dataset names one."""
    options = config["datasets"][wildcards.dataset]["options"]
    return str(beside(options["csv"], options.get("root"))) if options.get("csv") else []


def weights_files(section):
    """What a job waits for that loads the weights of a section (config extractors, editing.perceptual) of the config."""
    return [FETCHED.get(one["weights"], one["weights"]) for one in section.values() if "weights" in one]


def classifier_files(dataset):
    """The same for a dataset's classifier."""
    return weights_files({dataset: config["datasets"][dataset]["classifier"]["options"]})


def samples_of(dataset):
    """The index file of every checkpoint of a dataset."""
    return [f"{RESULTS}/samples/{'/'.join(found)}/index.json" for found in CHECKPOINTS if found[0] == dataset]


def weights_of(wildcards):
    """The checkpoint's weights; the untouched model has none."""
    if wildcards.method == "base":
        return []
    return "{}/runs/{}/{}/{}/{}/{}/weights.safetensors".format(RESULTS, *wildcards)


def base_weights_of(wildcards):
    """The fine-tuned weights an editing job starts from; the untouched model has none."""
    if wildcards.base == "base":
        return []
    task, run = TASKS[wildcards.task], config["grid"]["training_seeds"][0]
    folder = f"{RESULTS}/runs/{task['dataset']}/{wildcards.base}/{wildcards.training}/{task['base_prompt']}/{run}"
    return f"{folder}/weights.safetensors"


def edits_of(task):
    """The index file of every editing job of a task."""
    found, trainings = TASKS[task], dict.fromkeys(cell["training"] for cell in EDIT_CELLS)
    return [
        f"{RESULTS}/edits/{task}/{found['method']}/{base}/{training}/index.json"
        for base in found["bases"]
        for training in trainings
    ]


def drifts_sampled(wildcards):
    """Drift name -> images a seed, of one checkpoint."""
    return ldconfig.sampled_drifts(config, *wildcards)
