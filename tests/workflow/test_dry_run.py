"""What a dry run says: the budget, which weights go, how a job of several GPUs starts."""

import os
import subprocess
import sys
from pathlib import Path

import yaml

from configs import ROOT, workspace
from ldcore.store import Store

GONE = "Would remove temporary output"


def dry_run(tmp_path, changes):
    (tmp_path / "more.yaml").write_text(changes)
    command = [
        sys.executable,
        "-m",
        "snakemake",
        "-n",
        "-p",
        "--cores",
        "1",
        "--nolock",
        "--configfile",
        "configs/smoke.yaml",
        str(tmp_path / "more.yaml"),
    ]
    folder = tmp_path / "clone"
    done = subprocess.run(command, cwd=folder if folder.exists() else workspace(folder), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def test_the_budget_and_what_is_kept(tmp_path):
    kept = dry_run(tmp_path, "keep_weights: true")
    assert "5,198,228" in kept and "instruct_pix2pix" in kept and GONE not in kept
    removed = [line for line in dry_run(tmp_path, "keep_weights: false").splitlines() if GONE in line]
    assert removed and all(line.endswith("weights.safetensors") for line in removed)
    assert any("/runs/" in line for line in removed) and any("/edits/" in line for line in removed)


def test_a_job_of_several_gpus_has_a_process_each(tmp_path):
    said = dry_run(tmp_path, "resources: {finetune: {gpu: 2}, edit_train: {gpu: 1}}")
    assert (
        "accelerate launch --multi_gpu --num_processes 2 --num_machines 1 --main_process_port 0 "
        "workflow_scripts/finetune.py" in said
    )
    assert "python workflow_scripts/edit_train.py" in said and "python workflow_scripts/finetune.py" not in said


def said_by(tmp_path, *arguments, **environment):
    """(Exit status, what is said) of Snakemake called as VENV/bin/snakemake, in an environment not activated."""
    folder = tmp_path / "clone"
    done = subprocess.run(
        [str(Path(sys.executable).with_name("snakemake")), "--cores", "1", "--nolock", "--quiet", "rules", *arguments],
        cwd=folder if folder.exists() else workspace(folder),
        env={**os.environ, "PYTHONPATH": str(ROOT), "PATH": os.defpath, **environment},
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stdout + done.stderr


def test_a_second_configfile_flag_is_refused(tmp_path):
    (tmp_path / "more.yaml").write_text("name: more")
    files = ("--configfile", "configs/smoke.yaml", "--configfile", str(tmp_path / "more.yaml"))
    code, said = said_by(tmp_path, "-n", *files)
    assert code == 1 and "--configfile is given 2 times" in said and "Traceback" not in said


def test_resources_of_no_rule_are_refused(tmp_path):
    code, said = said_by(tmp_path, "-n", "--config", "resources={finetun: {gpu: 1}}")
    assert code == 1 and "Config resources.finetun: no rule is called so; use one of" in said
    assert said_by(tmp_path, "-n", "--config", "resources={finetune_dreambooth: {gpu: 1}, turn: {gpu: 0}}")[0] == 0


def test_a_job_runs_without_an_activated_environment_and_a_home_of_its_own(tmp_path):
    """And an entry that one file takes out is there again where a later one says {}."""
    (tmp_path / "out.yaml").write_text("extractors: {efficientnet_lite0: null, pooled_pixels: null}\nsweep: null")
    (tmp_path / "back.yaml").write_text("extractors: {efficientnet_lite0: {}}")
    files = ("configs/smoke.yaml", str(tmp_path / "out.yaml"), str(tmp_path / "back.yaml"))
    drift = str(Store(Path("results", "smoke")).drift("brain_phantom", "0.10"))
    code, said = said_by(tmp_path, "--configfile", *files, "--", drift, HOME="/proc", XDG_CACHE_HOME="/proc")
    assert code == 0 and (tmp_path / "clone" / drift).is_file(), said[-3000:]
    config = yaml.safe_load((tmp_path / "clone" / "results" / "smoke" / "config.yaml").read_text())
    assert config["extractors"] == {"efficientnet_lite0": {}} and config["sweep"] is None
