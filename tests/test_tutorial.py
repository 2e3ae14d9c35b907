"""docs/tutorial.md: its table is read, its configs dry-run over the embedded model, its commands name what exists."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from PIL import Image

from configs import CONFIG, ROOT, SCHEMA, merged, workspace
from ldcore import datasets
from ldcore.grid import Checkpoint
from ldcore.plan.config import check
from ldcore.prompts import prompt
from ldcore.store import Store

TEXT = (ROOT / "docs/tutorial.md").read_text()
BLOCKS = [
    re.sub("^    ", "", block, flags=re.MULTILINE) for block in re.findall(r"(?:^(?:    .+)?\n)+", TEXT, re.MULTILINE)
]
PARTS = [part for block in BLOCKS for part in re.split(r"\n{2,}", block.strip("\n")) if part]
FILES = {part.split(":")[0].removeprefix("# "): part for part in PARTS if re.match(r"# \w+\.yaml:", part)}
(TABLE,) = [part for part in PARTS if part.startswith("path,")]
COMMANDS = [
    shlex.split(line, comments=True)
    for part in PARTS
    for line in part.replace("\\\n", " ").splitlines()
    if line.startswith(("python ", "snakemake "))
]
SNAKEMAKE = sorted({tuple(words[words.index("--configfile") + 1 :]) for words in COMMANDS if words[0] == "snakemake"})
# Stable Diffusion is not at hand: what stands in for it, and images of its size.
STAND_IN = "{model: {path: resources/embedded_model}, datasets: {knees: {options: {image_size: 64}}}}"


@pytest.fixture
def clone(tmp_path):
    """A clone with the tutorial's files, a picture at every place that its table names."""
    folder = workspace(tmp_path / "clone")
    data = folder / "data/knees"
    data.mkdir(parents=True)
    (data / "knees.csv").write_text(TABLE + "\n")
    draw = np.random.default_rng(0)
    for name in pd.read_csv(data / "knees.csv")["path"]:
        Image.fromarray(draw.integers(0, 256, (60, 40), np.uint8)).save(data / name)
    for name, text in FILES.items():
        (folder / name).write_text(text + "\n")
    (folder / "stand_in.yaml").write_text(STAND_IN)
    return folder


def run(folder, *command):
    done = subprocess.run([sys.executable, *command], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout + done.stderr


def test_the_table_is_read_and_its_prompt_is_the_one_that_the_text_shows(clone):
    config = yaml.safe_load(FILES["knees.yaml"])["datasets"]["knees"]
    options = {**config["options"], "root": str(clone / config["options"]["root"]), "image_size": 16}
    records, images = datasets.build(config["adapter"], options, 0)
    assert len(records) == len(images) == len(TABLE.splitlines()) - 1
    assert set(records["diagnosis"]) == set(config["classes"]) and set(records["split"]) == {"train", "val", "test"}
    assert prompt(records.iloc[1], config["anatomy"], "simple_info") in " ".join(TEXT.split())


def test_the_config_is_short():
    assert set(FILES) == {"knees.yaml", "rehearsal.yaml", "deltas.yaml"}
    assert len(FILES["knees.yaml"].splitlines()) <= 30


def test_preparing_works_as_it_is_typed(clone):
    (command,) = [words for words in COMMANDS if "ldcore.prepare" in words]
    said = run(clone, *command[1:])
    assert (
        f"{len(TABLE.splitlines()) - 1} images of 5 subjects" in said and (clone / "prepared/knees/images.npy").exists()
    )


@pytest.mark.parametrize("files", SNAKEMAKE, ids=lambda files: files[-1])
def test_every_run_is_planned_without_a_word_of_something_missing(clone, files):
    command = ["-m", "snakemake", "-n", "--cores", "1", "--nolock", "--configfile", *files, "stand_in.yaml"]
    said = run(clone, *command)
    jobs = dict(re.findall(r"^(\w+) +(\d+)$", said.split("Job stats:")[1], re.MULTILINE))
    cells = merged(yaml.safe_load(FILES["knees.yaml"]), yaml.safe_load(FILES.get(files[-1], "{}")))["grid"]["cells"]
    assert int(jobs["finetune_basic_ft"]) == len({cell["training"] for cell in cells}) == 2
    assert "does not exist" not in said and jobs["generate"] == "3" and jobs["page"] == "1"


def test_the_configs_give_the_cells_and_places_that_the_text_names():
    paper = yaml.safe_load((ROOT / "configs/paper.yaml").read_text())
    config = check(merged(merged(CONFIG, paper), yaml.safe_load(FILES["knees.yaml"])), SCHEMA)
    assert config["grid"]["headline"] == "ld" and list(config["datasets"]) == ["knees"]
    assert set(config["extractors"]) == {"dinov2", "pooled_pixels"} and config["keep_weights"]
    (export,) = [words for words in COMMANDS if "ldcore.export" in words]
    checkpoint = Checkpoint("knees", "basic_ft", "ld", "simple_info", str(config["grid"]["training_seeds"][0]))
    assert export[export.index("--weights") + 1] == str(Store(Path("results", config["name"])).weights(checkpoint))
    fetched = {words[-1] for words in COMMANDS if words[1].endswith("fetch.py")}
    assert fetched == {config["model"]["path"], config["extractors"]["dinov2"]["weights"]} <= set(config["weights"])


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_commands_name_files_that_exist(words):
    named = [word for word in words if word.endswith((".py", ".yaml")) or word in ("slurm", "profiles/gpus")]
    assert all((ROOT / name).exists() or name in FILES for name in named)
    if "-m" in words:
        assert (ROOT / (words[words.index("-m") + 1].replace(".", "/") + ".py")).is_file()
