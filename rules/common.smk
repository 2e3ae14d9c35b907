# The config, checked and unrolled; paths and look-ups that rules share. Imports nothing heavy: every job parses this.
import atexit
import functools
import json
import os
import re
import sys
from shlex import quote

import yaml
from snakemake.common.configfile import load_configfile
from snakemake.exceptions import WorkflowError
from snakemake.utils import update_config

from ldcore import grid, plugins
from ldcore.grid import Checkpoint, EditRun
from ldcore.plan import budget
from ldcore.plan import command_line
from ldcore.plan import config as ldconfig
from ldcore.plan import contents
from ldcore.plan import datasets as lddatasets
from ldcore.plan import reporting
from ldcore.plan import resources as ldresources
from ldcore.plan import steps as ldsteps
from ldcore.plan import weights as ldweights
from ldcore.runtime import code
from ldcore.runtime.errors import UserError
from ldcore.runtime.files import atomic, check_writable, digest, in_folder
from ldcore.store import Store

# The python of a job is that of this Snakemake, in an environment that was not activated too.
os.environ.update(PATH=os.pathsep.join([str(Path(sys.executable).parent), *os.get_exec_path()]))

with open(workflow.source_path("../schemas/config.schema.yaml")) as file:
    SCHEMA = yaml.safe_load(file)
try:
    if workflow.is_main_process:
        command_line.check_command_line(sys.argv[1:])
        for path in workflow.configfiles:
            command_line.check_file(path)
    merged = ldconfig.without_undone_nulls(
        [
            *([] if workflow.config_settings.replace_workflow_config else [load_configfile("config.yaml")]),
            *map(load_configfile, workflow.config_settings.configfiles),
            dict(workflow.config_settings.config),
        ]
    )
    if merged:
        config.clear()
        for layer in merged:
            update_config(config, layer)
    ldconfig.check(config, SCHEMA)
    ldconfig.check_names(config)
    FETCHED = ldweights.resolve(config)  # path of a weight -> what says that rule fetch brought it
except UserError as error:
    raise WorkflowError(str(error)) from None

STORE = Store(Path("results", config["name"]))
if workflow.is_main_process:
    try:
        check_writable(".snakemake", STORE.root, *([] if Path(".snakemake").exists() else ["."]))
    except UserError as error:
        raise WorkflowError(str(error)) from None
LACKING = ldweights.lacking(config, FETCHED)
LACKING_DATA = ldweights.lacking_data(config, STORE)
if LACKING_DATA and workflow.output_settings.dryrun:
    print(*LACKING_DATA, sep="\n", file=sys.stderr)  # the jobs are counted all the same
elif workflow.is_main_process:
    LACKING += LACKING_DATA
if LACKING:
    raise WorkflowError("\n".join(LACKING))
if workflow.is_main_process:
    try:
        lddatasets.check_sizes(config)
        ldsteps.check_all_steps(config)
        print(*(f"{sentence}\n" for sentence in lddatasets.cut_prompts(config)), sep="", end="", file=sys.stderr)
    except UserError as error:
        raise WorkflowError(str(error)) from None
# Snakemake knows of index.json alone (ldcore.runtime.parts): what it deletes takes the parts with it.
if workflow.is_main_process and any(argument.startswith("--delete-all") for argument in sys.argv):
    if not workflow.output_settings.dryrun:
        atexit.register(STORE.remove_parts, STORE.indices())
if workflow.output_settings.dryrun and workflow.is_main_process:
    for name in set(config["datasets"]) - set(grid.used_datasets(config)):
        print(f"Dataset {name} is in no grid, study, sweep or task: nothing is run on it.", file=sys.stderr)
    try:
        print(budget.printed(config), file=sys.stderr)
    except UserError as error:
        raise WorkflowError(str(error)) from None

ENVIRONMENT = str(Path(workflow.basedir, "envs", "ldcore.yaml"))
GPUS = (
    workflow.global_resources["gpu"].value if "gpu" in workflow.global_resources else 0
)  # --resources gpu=N of a machine without Slurm
# One BLAS thread a job: sums, hence last bits, depend on the number of threads. Jobs never ask the network.
# What this run writes to its config.yaml (onstart, in the Snakefile), and what its jobs insist on (LDCORE_CONFIG).
# Through JSON: a config file in JSON comes as ordered mappings, which YAML would not write plainly.
PLAIN = json.loads(json.dumps(config))
CONFIG_TEXT = yaml.safe_dump(PLAIN, sort_keys=False, allow_unicode=True)
shell.prefix(
    "set -euo pipefail; export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 HF_HUB_OFFLINE=1 TRANSFORMERS_OFFLINE=1 "
    f"LDCORE_GPUS={GPUS} LDCORE_SCRATCH={quote(config['scratch'])} "
    f"LDCORE_CONFIG={digest(PLAIN)}; "
)

# Every job reads the checked, filled config from here (written by onstart, in the Snakefile). It is no input, since
# what a job depends on stands in its `params`. Nor can it be an `ancient` input that a job of its own makes: where that
# job ran, Snakemake 9.27 would look no further for changed params behind it.
CONFIG = str(STORE.config)
# What a job that loads the model waits for; another model: another file time, so everything is made again.
MODEL = FETCHED.get(config["model"]["path"], f"{config['model']['path']}/model_index.json")
CHECKPOINT = Checkpoint("{dataset}", "{method}", "{training}", "{prompt}", "{run}")
EDIT = EditRun("{task}", "{edit_method}", "{base}", "{training}")
TASKS = grid.tasks(config)
PHANTOM_CODE = digest(
    *[
        path.read_text()
        for folder in ("adapters", "phantoms")
        for path in sorted((plugins.ROOT / "ldcore" / "datasets" / folder).glob("*.py"))
        if folder == "phantoms" or path.stem.endswith("phantom")
    ]
)


# What lies outside the run's folder, by content, as part of `params`.
REMEMBERED = Path(".snakemake", "ldcore", "contents.json")
MEMORY = contents.recall(REMEMBERED)
BEFORE = dict(MEMORY)
CONTENTS = {"model": contents.of_model(config["model"], FETCHED, MEMORY)}
for place, holder, key in ldweights.places(config):
    if place != "model.path":
        CONTENTS[place] = contents.of_weights(holder[key], FETCHED, MEMORY)
if workflow.is_main_process and (OTHER_SUMS := ldweights.other_sums(config, MEMORY)):
    raise WorkflowError("\n".join(OTHER_SUMS))
if workflow.is_main_process:  # alone compares params; and there may be many images
    for name in grid.used_datasets(config):
        CONTENTS[f"datasets.{name}"] = contents.of_data(config["datasets"][name]["options"], MEMORY)
    contents.remember(REMEMBERED, MEMORY, BEFORE)


wildcard_constraints:
    dataset="[^/]+",
    method="[^/]+",
    training="[^/]+",
    prompt="[^/]+",
    run=r"\d+",
    task="[^/]+",
    edit_method="[^/]+",
    base="[^/]+",
    drift="[^/]+",
    table="[^/]+",
    figure="[^/]+",


def depends(*keys):
    """A params value: these keys of the config, as JSON, and the content of the files they name. A job is made again
    when it changes."""
    content = {place: value for place, value in CONTENTS.items() if place.split(".")[0] in {*keys} - {"datasets"}}
    return json.dumps([{key: config.get(key) for key in keys}, content], sort_keys=True)


def sampling():
    """A params value: the sampling of the config, but for what changes no image (`batch_size`)."""
    return as_json({key: value for key, value in config["sampling"].items() if key != "batch_size"})


def content_of(place):
    """A params value: the content of the files named at this place of the config, and below it."""
    return as_json({name: value for name, value in CONTENTS.items() if f"{name}.".startswith(f"{place}.")})


def as_json(value):
    """A params value: a part of the config, as JSON."""
    return json.dumps(value, sort_keys=True)


# Names that `resources` of the config may have: those of rules are added by `asked`; of these two there may be no rule.
ASKED = {"default", "most", "convert", "turn"}


def asked(*names):
    """The resources of a rule: config resources under the first name that sets a key, else under default; twice the
    memory and time at each retry, up to `most`."""
    ASKED.update(names)
    first = ldresources.resources(config, names)
    most = config["resources"].get("most", {})
    return {
        "gpu": first["gpu"],
        "mem_mb": lambda wildcards, attempt: ldresources.grown(first["mem_mb"], attempt, most.get("mem_mb")),
        "runtime": lambda wildcards, attempt: ldresources.grown(first["runtime"], attempt, most.get("runtime")),
    }


def kept(path):
    """A weights file as a rule's output: removed once every job that reads it is done, unless the config keeps them."""
    return path if config["keep_weights"] else temp(path)


def launcher(wildcards, resources):
    """What starts a training script: with several GPUs a process each."""
    count = resources.get("gpu", 0)  # a rule from outside may not say
    several = f"accelerate launch --multi_gpu --num_processes {count} --num_machines 1 --main_process_port 0"
    return several if count > 1 else "python"


def data_of(dataset):
    """The files of one dataset."""
    return [STORE.data(dataset) / name for name in ("records.csv", "images.npy", "excluded.csv", "splits.csv")]


def table_of(wildcards):
    """The table of a person's own images, where the dataset names one."""
    options = config["datasets"][wildcards.dataset]["options"]
    return str(in_folder(options["csv"], options.get("root"))) if options.get("csv") else []


def weights_files(section):
    """What a job waits for that loads the weights of a section of the config (extractors, editing.perceptual)."""
    return [
        FETCHED.get(options["weights"], options["weights"]) for options in section.values() if options.get("weights")
    ]


def classifier_files(dataset):
    """The same for a dataset's classifier."""
    return weights_files({dataset: config["datasets"][dataset]["classifier"]["options"]})


def samples_of(dataset):
    """The index file of every checkpoint of a dataset."""
    return [
        STORE.samples(checkpoint) / "index.json"
        for checkpoint in grid.checkpoints(config)
        if checkpoint.dataset == dataset
    ]


def weights_of(wildcards):
    """The checkpoint's weights; the untouched model has none."""
    return STORE.weights(Checkpoint(**wildcards)) or []


def dataset_of(task):
    """The dataset of an editing task."""
    return TASKS[task]["dataset"]


def base_weights_of(wildcards):
    """The fine-tuned weights an editing job starts from; the untouched model has none."""
    return STORE.weights(grid.edit_base(config, EditRun(**wildcards))) or []


def drift_files(checkpoint, names):
    """The drift files of these names that a checkpoint takes."""
    names = dict.fromkeys(grid.drift_and_guidance(name)[0] for name in names)
    return [STORE.drift(grid.drift_origin(config, checkpoint, name), name) for name in names]


def searched_checkpoint(wildcards):
    """The checkpoint on whose samples a drift is searched."""
    return Checkpoint(*(wildcards[name] for name in Checkpoint._fields))


def training_drift(checkpoint):
    """The drift file under which a checkpoint is trained."""
    return drift_files(checkpoint, [config["trainings"][checkpoint.training]["drift"]])


def edits_of(task):
    """The index file of every editing job of a task."""
    return [STORE.edits(run) / "index.json" for run in grid.edit_runs(config, task)]


@functools.cache
def needed(kind, name):
    """What the job of a table or figure waits for, by its NEEDS; of editing tasks those that it shows."""
    sampled = grid.checkpoints(config)
    tasks = reporting.tasks_of(config, kind, name)
    paths = {
        "scores": [STORE.scores(dataset) for dataset in config["grid"]["datasets"]],
        "downstream": [STORE.downstream(dataset) for dataset in config["grid"]["datasets"]],
        "samples": [STORE.samples(checkpoint) / "index.json" for checkpoint in sampled],
        "data": [STORE.data(dataset) / "records.csv" for dataset in grid.used_datasets(config)],
        "drifts": [STORE.drift(*used) for used in grid.used_drifts(config)],
        "edit_scores": [STORE.edit_scores(task) for task in tasks],
        "edits": [path for task in tasks for path in edits_of(task)],
        "reference": [STORE.reference(dataset) for dataset in grid.used_datasets(config)],
    }
    return [path for need in reporting.needs(config, kind, name) for path in paths[need]]


# Tables, figures and page are cheap, and say what is of older code (ldcore/report/older.py): made again after any
# change of the library, of the scripts or of a package.
LIBRARY = ""
if workflow.is_main_process:
    LIBRARY = digest(
        [
            path.read_text()
            for folder in (plugins.ROOT / "ldcore", Path(workflow.basedir, "workflow_scripts"))
            for path in sorted(folder.rglob("*.*"))
            if path.suffix in (".py", ".j2", ".css", ".js")
        ],
        [path.read_text() for path in sorted(code.OUTSIDE)],
        [code.release(package) for package in ("python", *sorted({*code.PACKAGES.values()}))],
    )
