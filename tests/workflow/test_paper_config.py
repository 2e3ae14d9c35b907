"""configs/paper.yaml: its jobs are the product it describes, and what is missing is said before any job."""

import hashlib
import json
import math
import re
import subprocess
from collections import Counter

import pytest
import yaml
from test_smoke import COMMAND, ENVIRONMENT

from configs import CONFIG, ROOT, SCHEMA, merged, workspace
from ldcore import grid, plugins
from ldcore.grid import identifier
from ldcore.model.check import SINGLE
from ldcore.plan import config as ldconfig
from ldcore.prompts import condition
from ldcore.runtime.files import sha256

PAPER = yaml.safe_load((ROOT / "configs/paper.yaml").read_text())
REPORTED = ROOT / "resources/reported_values.csv"


@pytest.fixture
def config():
    return ldconfig.check(merged(CONFIG, PAPER), SCHEMA)


@pytest.fixture
def folder(tmp_path):
    return workspace(tmp_path / "clone")


def snakemake(folder, *arguments, **changes):
    """A run of configs/paper.yaml, `changes` merged over it."""
    (folder / "site.yaml").write_text(json.dumps(changes))
    command = [*COMMAND[: COMMAND.index("--configfile")], "--configfile", "configs/paper.yaml", "site.yaml", *arguments]
    done = subprocess.run(command, cwd=folder, env=ENVIRONMENT, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def counted(said):
    """Jobs by rule, of the last table of jobs that Snakemake printed."""
    table = said.rsplit("Job stats:", 1)[1].split("total", 1)[0]
    return Counter({rule: int(count) for rule, count in re.findall(r"^(\w+) +(\d+)$", table, re.MULTILINE)})


def expected(config):
    """Jobs by rule as the grid multiplies out: see the tables' axes."""
    grid, tasks = config["grid"], config["editing"]["tasks"]
    datasets, runs = len(grid["datasets"]), len(grid["training_seeds"])
    trainings = {
        method: {cell["training"] for cell in grid["cells"] if method in (cell["methods"] or grid["methods"])}
        for method in grid["methods"]
    }
    each = {method: datasets * len(trainings[method]) * runs * len(grid["prompts"]) for method in grid["methods"]}
    study = len(set(config["prompt_study"]["prompts"]) - set(grid["prompts"])) * runs
    found = Counter({f"finetune_{method}": count for method, count in each.items()})
    found[f"finetune_{config['prompt_study']['method']}"] += study
    found["generate"] = sum(each.values()) + study + datasets * len(grid["prompts"])  # and the untouched model
    for task in tasks.values():
        labels = task["cells"] or config["editing"]["cells"]
        edited = {cell["training"] for cell in grid["cells"] if cell["label"] in labels}
        found[f"edit_{task['method']}"] += len(task["bases"]) * len(edited)
        if task["train"]:
            found[f"edit_train_{task['method']}"] += len(task["bases"]) * len(edited)
    found |= Counter(dict.fromkeys(("data", "latents", "reference", "score", "downstream"), datasets))
    drifts = {"none", *(cell["drift"] for cell in grid["cells"]), *map(identifier, config["sweep"]["deltas"])}
    drifts |= {config["trainings"][cell["training"]]["drift"] for cell in grid["cells"]}
    searched = {name for name, entry in config["drifts"].items() if entry["source"] == "grid_search"}
    return found + Counter(
        drift=datasets * len(drifts - searched),
        drift_search=datasets * len(drifts & searched),  # for one method
        fetch=len(config["weights"]),
        edit_score=len(tasks),
        table=9,
        figure=11,
        page=1,
        all=1,
    )


def test_a_dry_run_without_weights_or_data_counts_the_grid(folder, config):
    code, said = snakemake(folder, "-n")
    assert code == 0, said[-3000:]
    found = counted(said)
    assert found == expected(config)
    assert found["generate"] == 65 and sum(found.values()) == 206 and found["finetune_basic_ft"] == 2 * 3 * 3 + 3 * 3
    for name in (
        "parts.adni.source: data/adni",
        "parts.oasis3.source: data/oasis3",
        "chest.options.source: data/chexpert",
    ):
        assert f"{name} does not exist" in said
    assert "phantom" not in said and "embedded" not in said and "efficientnet" not in said and "lite0" not in said
    assert not (folder / "results").exists() and not (folder / "weights").exists()


def test_a_real_run_without_data_stops_before_any_job(folder):
    code, said = snakemake(folder, "--until", "fetch")
    assert code != 0 and "data/chexpert does not exist" in said and "Traceback" not in said
    assert not (folder / "results").exists() and not (folder / "weights").exists()


def test_weights_that_lie_somewhere_are_not_fetched(folder, tmp_path, config):
    (tmp_path / "file.pt").write_bytes(b"\x80\x02 weights of an old torch")
    model = ROOT / "resources" / "embedded_model"
    places = {name: {"path": str(model if name == "sd_v1_4" else tmp_path / "file.pt")} for name in config["weights"]}
    small = {name: {"options": {"image_size": 64}} for name in config["datasets"]}
    code, said = snakemake(folder, "-n", weights=places, datasets=small)
    assert code != 0 and re.search(r"weights.alexnet.sha256: that of .*/file.pt is \w{64}, not 7be5be79; correct", said)
    places["alexnet"]["sha256"] = sha256(tmp_path / "file.pt")
    code, said = snakemake(folder, "-n", weights=places, datasets=small)
    assert code == 0 and counted(said) == expected(config) - Counter(fetch=5)
    code, said = snakemake(folder, "-n", weights=places)
    assert code != 0 and "image_size is 512, and the model" in said
    places["alexnet"] = {"path": str(tmp_path / "gone.pth")}
    code, said = snakemake(folder, "-n", weights=places, datasets=small)
    assert code != 0 and f"editing.perceptual.lpips_alex.weights: {tmp_path}/gone.pth does not exist" in said


def headed(path):
    """A file whose head is that of Stable Diffusion in one file, as far as it is looked at before any job."""
    head, end = {}, 0
    for name, shape in SINGLE.items():
        start, end = end, end + 2 * math.prod(shape)
        head[name] = {"dtype": "F16", "shape": shape, "data_offsets": [start, end]}
    text = json.dumps(head).encode()
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        file.truncate(8 + len(text) + end)  # a hole: no bytes on the disk


def test_a_model_in_one_file_is_converted_first(folder, tmp_path, config):
    headed(tmp_path / "sd-v1-4.safetensors")
    model = {"model": {"path": str(tmp_path / "sd-v1-4.safetensors")}}
    code, said = snakemake(folder, "-n", **model)
    assert code == 0 and counted(said) == expected(config) + Counter(convert=1) - Counter(fetch=1)
    for name in ("adni", "oasis3", "chexpert"):
        (folder / "data" / name).mkdir(parents=True)
    code, said = snakemake(folder, "--", "weights/sd-v1-4.diffusers/model_index.json", **model)
    assert code != 0 and "sd-v1-4.safetensors is no Stable Diffusion 1.x model" in said
    assert not (folder / "weights/sd-v1-4.diffusers/model_index.json").exists()


def test_the_fetch_rule(folder, tmp_path):
    for name in ("adni", "oasis3", "chexpert"):
        (folder / "data" / name).mkdir(parents=True)
    weights = b"\x80\x02}."  # a pickle, as far as its head tells
    (tmp_path / "alexnet-owt-7be5be79.pth").write_bytes(weights)
    found = hashlib.sha256(weights).hexdigest()
    entry = {"url": (tmp_path / "alexnet-owt-7be5be79.pth").as_uri()}
    target = ("--", "weights/alexnet/source.json")
    code, said = snakemake(folder, *target, weights={"alexnet": entry})
    assert code != 0 and f"the sha256 of alexnet-owt-7be5be79.pth is {found}, not 7be5be79" in said
    assert not list((folder / "weights").rglob("*.*"))
    code, said = snakemake(folder, *target, weights={"alexnet": {**entry, "sha256": found}})
    assert code == 0, said[-2000:]
    assert json.loads((folder / "weights/alexnet/source.json").read_text())["licence"] == "BSD-3-Clause"
    assert (folder / "weights/alexnet/alexnet-owt-7be5be79.pth").read_bytes() == weights
    code, said = snakemake(folder, "-n", weights={"alexnet": {**entry, "sha256": found}})
    assert code == 0 and counted(said)["fetch"] == 4


def test_everything_the_paper_reports_has_a_row(config):
    """Every (dataset, method, LD, prompt, format) of the paper's tables is a cell of the grid or of an editing task."""
    import pandas as pd

    reported = pd.read_csv(REPORTED, dtype=str, keep_default_na=False)
    of = {options["paper"]: name for name, options in config["datasets"].items()}
    label = {0: config["grid"]["reference"], 1: config["grid"]["headline"]}
    rows = {
        (dataset, cell["method"], cell["label"], cell["prompt"])
        for dataset in config["grid"]["datasets"]
        for cell in grid.table_cells(config, dataset)
    }
    base = {"stable_diffusion": "base"}
    tasks = {"2": config["editing"]["tasks"]["ageing"], "4": config["editing"]["tasks"]["disease"]}
    for row in reported.itertuples():
        method, style = base.get(row.method, row.method), row.prompt + ("_info" if row.patient_info == "1" else "")
        if row.task == "text_to_image":
            assert (of[row.dataset], method, label[int(row.ld)], style or config["grid"]["prompts"][0]) in rows, row
        elif row.table in tasks:
            task = tasks[row.table]
            assert of[row.dataset] == task["dataset"] and method in task["bases"] and style in task["styles"], row
            assert task["table"] == f"table{row.table}" and label[int(row.ld)] in config["editing"]["cells"]
    assert set(config["sweep"]["deltas"]) == {-0.2, -0.1, -0.05, 0, 0.05, 0.1, 0.2} and config["sweep"][
        "trainings"
    ] == ["plain", "ld"]
    assert {task["figure"] for task in config["editing"]["tasks"].values()} == {"figure6", "figure7", "figure8"}


def test_its_sizes_are_the_papers(config):
    for name, options in config["datasets"].items():
        assert (
            config["sampling"]["images_per_seed"] * len(config["sampling"]["seeds"]) % len(options["classes"]) == 0
        ), name
    assert (
        config["sampling"]["images_per_seed"] * len(config["sampling"]["seeds"]) == 600
        and config["sampling"]["steps"] == 50
    )
    assert {name: options["test_images"] for name, options in config["datasets"].items()} == {
        "brain": 200,
        "chest": 400,
    }
    assert all(options["options"]["image_size"] == 512 for options in config["datasets"].values())
    chest = config["datasets"]["chest"]
    assert set(chest["classes"]) < set(chest["options"]["per_class"])
    edits = config["editing"]["tasks"]["findings"]["edits"]
    assert edits["compound to none"]["from"]["findings"] in chest["options"]["per_class"] and len(edits) == 4
    assert set("|".join(chest["options"]["per_class"]).split("|")) == set(chest["options"]["findings"])
    assert condition(edits["compound to none"]["from"]["findings"]) == "cardiomegaly and consolidation"
    assert set(config["editing"]["tasks"]["disease"]["edits"]) == {"CN to AD", "AD to CN"}


def test_its_rates_are_scaled_as_the_examples_scale_them(config):
    """--scale_lr of diffusers' examples on one card: x accumulation x batch, and x 2 with Custom Diffusion's prior."""
    rates = {name: plugins.options("method", name, options) for name, options in config["methods"].items()}
    inversion, custom = rates["textual_inversion"], rates["custom_diffusion"]
    assert inversion["learning_rate"] == pytest.approx(5e-4 * inversion["accumulation"] * inversion["batch_size"])
    assert custom["learning_rate"] == pytest.approx(1e-5 * custom["accumulation"] * custom["batch_size"] * 2)
    assert (custom["modifier_token"], custom["prior_weight"], custom["class_images"]) == ("<new1>", 1.0, 200)
    assert {options["caption_dropout"] for options in rates.values()} == {0.0}


def test_there_is_something_to_choose_on(config):
    for name, options in config["datasets"].items():
        assert options["options"]["fractions"]["val"] > 0, name
    assert sum(config["datasets"]["brain"]["options"]["fractions"].values()) == pytest.approx(1)


def test_every_option_is_one_its_module_knows(config):
    for name, options in config["methods"].items():
        assert plugins.options("method", name, options).items() >= options.items()
    for task in config["editing"]["tasks"].values():
        assert plugins.options("edit method", task["method"], task["options"], literal="SAMPLING")
        assert not task["train"] or plugins.options("edit method", task["method"], task["train"])
    assert set(config["extractors"]) <= set(plugins.names("extractor"))
