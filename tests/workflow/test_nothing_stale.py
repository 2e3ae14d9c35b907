"""Whatever a run depends on is changed, once each: its stage is made again, or, of code alone, the results say so.

| input | what is made again |
|---|---|
| option in the config, seed, data set option | the stages that read it (`params` of the rules) and all after them |
| any file of the model: weights, scaling factor, tokenizer, schedule | latents, reference, training, sampling, ... |
| weights of an extractor or a classifier | reference, sampling, scores |
| own images and tables | data, and so everything |
| a stage's code or packages | nothing; tables, page and summary name it, and older.txt makes it again |
| forced, or deleted | the job and its parts, as if nothing lay there |
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from PIL import Image

from configs import ROOT
from ldcore.features import efficientnet_lite0

CHANGES = {"name": "tiny", "only": ["table1"], "prompt_study": None, "sweep": None, "editing": None}


def snakemake(folder, *arguments):
    """Run the workflow of the copy in `folder` on its own code."""
    command = [sys.executable, "-m", "snakemake", "--cores", "2", "--nolock", "--configfile", "tiny.yaml", *arguments]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "PYTHONPATH": str(folder)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    return done.stdout + done.stderr


def planned(folder) -> set[str]:
    """The rules that a dry run would run."""
    return set(re.findall(r"^(?:local)?rule (\w+):", snakemake(folder, "-n"), re.MULTILINE)) - {"all"}


def image(path, level: int):
    """A gray image with an edge in it."""
    pixels = np.full((64, 64), level, np.uint8)
    pixels[20:40, 20 : 22 + level // 8] = 255
    Image.fromarray(pixels).save(path)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A copy of the project with a tiny grid that has run, on a model, extractor weights and images of its own."""
    folder = tmp_path_factory.mktemp("stale") / "copy"
    for name in ("ldcore", "rules", "workflow_scripts", "schemas", "profiles", "envs"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("Snakefile", "config.yaml"):
        shutil.copy(ROOT / name, folder / name)
    shutil.copytree(ROOT / "resources", folder / "resources")
    shutil.copy(efficientnet_lite0.packaged_file(), folder / "lite0.pth")
    (folder / "own").mkdir()
    rows = ["path,subject,diagnosis,split"]
    for number in range(24):
        image(folder / "own" / f"{number}.png", number * 4)
        split = ("train", "val", "test")[number // 2 % 3]
        rows.append(f"{number}.png,s{number},{('CN', 'AD')[number % 2]},{split}")
    (folder / "own" / "table.csv").write_text("\n".join(rows) + "\n")
    own = {
        **{"adapter": "folder", "options": {"root": "own", "csv": "table.csv"}, "anatomy": "brain_mr"},
        **{"classes": ["CN", "AD"], "test_images": 8, "classifier": {"name": "pixels_logistic"}},
    }
    config = {
        **CHANGES,
        "datasets": {"brain_phantom": None, "chest_phantom": None, "own": own},
        "methods": {"basic_ft": {"steps": 2, "batch_size": 2, "checkpoint_every": 50}},
        "grid": {
            "datasets": ["own"],
            "methods": ["basic_ft"],
            "cells": [
                {"label": "none", "training": "plain", "drift": "none"},
                {"label": "ld", "training": "plain", "drift": "0.10"},
            ],
        },
        "extractors": {"pooled_pixels": None, "efficientnet_lite0": {"weights": "lite0.pth"}},
        "sampling": {"seeds": [0, 1], "images_per_seed": 2, "steps": 1},
    }
    (folder / "tiny.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
    snakemake(folder)
    assert planned(folder) == set()
    return folder


def other_bytes(path):
    """Change the file's last byte; its time goes back, as when another version is unpacked over it."""
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    before = path.stat()
    path.write_bytes(bytes(content))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns - 10**12))


def edited(old, new):
    def change(path):
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    return change


MODEL = "resources/embedded_model"


@pytest.mark.parametrize(
    "file, change, rules",
    [
        (f"{MODEL}/vae/config.json", edited('"scaling_factor": ', '"scaling_factor": 1'), {"latents", "reference"}),
        (f"{MODEL}/unet/diffusion_pytorch_model.safetensors", other_bytes, {"finetune_basic_ft", "generate"}),
        (f"{MODEL}/tokenizer/tokenizer.json", lambda path: path.write_text(path.read_text() + "\n"), {"generate"}),
        (f"{MODEL}/scheduler/scheduler_config.json", edited("0.012", "0.013"), {"finetune_basic_ft", "generate"}),
        ("lite0.pth", other_bytes, {"reference", "generate"}),
        ("own/3.png", lambda path: image(path, 200), {"data", "latents", "generate"}),
        ("own/table.csv", lambda path: path.write_text(reordered(path.read_text())), {"data", "generate"}),
        ("tiny.yaml", edited("steps: 2", "steps: 3"), {"finetune_basic_ft"}),
        ("tiny.yaml", edited("images_per_seed: 2", "images_per_seed: 3"), {"generate", "score", "downstream"}),
        ("rules/score.smk", edited("workflow_scripts/score.py", "./workflow_scripts/score.py"), {"score"}),
        ("ldcore/report/tables/table1.py", lambda path: path.write_text(path.read_text() + "\nX = 1\n"), {"table"}),
    ],
)
def test_a_change_of_an_input_makes_its_stages_again(run, file, change, rules):
    path = run / file
    before, times = path.read_bytes(), path.stat()
    change(path)
    try:
        found = planned(run)
        assert rules | {"table", "page"} <= found
        assert file != "tiny.yaml" or "data" not in found
    finally:
        path.write_bytes(before)
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def reordered(table: str) -> str:
    head, *rows = table.strip().split("\n")
    return "\n".join([head, *reversed(rows)]) + "\n"


def test_a_copy_of_the_same_files_makes_nothing_again(run):
    for path in [*(run / MODEL).rglob("*.*"), *(run / "own").glob("*"), run / "lite0.pth"]:
        if path.name not in ("model_index.json", "table.csv", "lite0.pth"):  # inputs of rules, whose times count
            os.utime(path)
    assert planned(run) == set()


def samples(run) -> dict:
    return {str(path): path.stat().st_mtime_ns for path in (run / "results/tiny/samples").rglob("*.npz")}


def test_what_is_forced_is_made_anew_and_one_more_delta_samples_that_alone(run):
    before, table = samples(run), (run / "results/tiny/tables/table1.csv").read_bytes()
    snakemake(run, "--forcerun", "generate")
    forced = samples(run)
    assert forced.keys() == before.keys() and not set(forced.values()) & set(before.values())
    assert (run / "results/tiny/tables/table1.csv").read_bytes() == table
    config = yaml.safe_load((run / "tiny.yaml").read_text())
    config["drifts"] = {"0.30": {"kind": "prior", "value": 0.3}}
    config["grid"]["cells"].append({"label": "more", "training": "plain", "drift": "0.30"})
    (run / "more.yaml").write_text(yaml.safe_dump(config))
    said = snakemake(run, "more.yaml", "--until", "generate")
    assert "finetune" not in said
    more = samples(run)
    assert {path: time for path, time in more.items() if path in forced} == forced and len(more) == len(forced) + 1
    next((run / "results/tiny/samples").rglob("0.30.npz")).unlink()
    snakemake(run)


def test_results_of_older_code_say_so_and_the_command_they_give_mends_it(run):
    results, source = run / "results/tiny", run / "ldcore/sampling/ddim.py"
    text = source.read_text()
    source.write_text(text + "\n# a remark changes nothing\n")
    assert planned(run) == {"table", "page"}
    snakemake(run)
    assert "OF OLDER CODE" not in (results / "tables/table1.md").read_text() and not (results / "older.txt").exists()
    source.write_text(text + "\nMORE = 1\n")
    before = samples(run)
    snakemake(run)
    for name in ("tables/table1.md", "tables/table1.tex", "report/index.html"):
        said = (results / name).read_text()
        assert "OF OLDER CODE: generate (2); since then changed: ldcore/sampling/ddim.py" in said, name
    rows = pd.read_csv(results / "tables/table1.csv", keep_default_na=False)
    of_real = rows["method"].isin(["real", "reconstruction"])
    assert set(rows[~of_real]["older_code"]) == {"generate"} and set(rows[of_real]["older_code"]) == {""}
    command = [sys.executable, "workflow_scripts/summary.py", "--configfile", "tiny.yaml"]
    summary = subprocess.run(
        command, cwd=run, env={**os.environ, "PYTHONPATH": str(run)}, capture_output=True, text=True
    )
    assert "OF OLDER CODE: generate (2)" in summary.stdout
    assert samples(run) == before  # nothing costly was made again unasked
    snakemake(run, "--forcerun", *(results / "older.txt").read_text().split())
    assert not set(samples(run).values()) & set(before.values()) and not (results / "older.txt").exists()
    assert "OF OLDER CODE" not in (results / "report/index.html").read_text()
    assert "older_code" not in pd.read_csv(results / "tables/table1.csv")
    source.write_text(text)
    snakemake(run, "--forcerun", "generate")


def test_what_is_deleted_is_gone(run):
    copy = run.parent / "deleted"
    shutil.copytree(run, copy, symlinks=True)
    stopped = copy / "results/tiny/samples/own/basic_ft/plain/simple_info/9"
    stopped.mkdir()
    np.savez(stopped / "none.npz", key="k")  # of a job that was stopped: no output yet
    snakemake(copy, "--delete-all-output", "-n")
    assert list((copy / "results").rglob("*.npz"))
    snakemake(copy, "--delete-all-output")
    assert list((copy / "results").rglob("*.npz")) == [stopped / "none.npz"]
    assert json.loads((run / "results/tiny/samples/own/base/untrained/simple_info/0/index.json").read_text())
