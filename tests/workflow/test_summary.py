"""workflow_scripts/summary.py: jobs by state, what failed jobs said, and GPU hours from measured seconds."""

import csv
import math
import os
import subprocess
import sys

import pandas as pd
import pytest

from configs import workspace
from ldcore.runtime.errors import UserError
from workflow_scripts.summary import by_rule, measurements


def write_benchmark(path, seconds):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"s\th:m:s\n{seconds}\t0:00:01\n")


def jobs(*rows):
    return pd.DataFrame(rows, columns=["rule", "gpu", "state", "hours"])


def test_gpu_hours_follow_from_the_jobs_that_are_done():
    table = by_rule(
        jobs(("generate", 2, "done", 0.5), ("generate", 2, "failed", 0.25), ("score", 0, "waiting", 0.0)), {}
    ).set_index("rule")
    assert table.loc["generate", ["jobs", "done", "failed", "waiting"]].tolist() == [2, 1, 1, 0]
    assert table.loc["generate", ["mean_s", "gpu_h_spent", "gpu_h_to_come"]].tolist() == [1800, 1.5, 1.0]
    assert table.loc["score", "gpu_h_to_come"] == 0 and table.loc["total", "gpu_h_to_come"] == 1.0


def test_hours_of_a_rule_of_which_nothing_is_done_come_from_another_run():
    waiting = jobs(("finetune_basic_ft", 1, "waiting", 0.0), ("finetune_basic_ft", 1, "waiting", 0.0))
    assert math.isnan(by_rule(waiting, {})["gpu_h_to_come"].iloc[-1])
    assert by_rule(waiting, {"finetune_basic_ft": 3600.0})["gpu_h_to_come"].iloc[-1] == 2.0


def test_measurements_are_means_by_rule_and_by_the_rule_of_a_method(tmp_path):
    benchmarks = tmp_path / "benchmarks"
    write_benchmark(benchmarks / "finetune/brain/basic_ft/plain/simple/0.tsv", 10)
    write_benchmark(benchmarks / "finetune/brain/dreambooth/plain/simple/0.tsv", 30)
    write_benchmark(benchmarks / "edit/ageing/pix2pix_zero/basic_ft/plain.tsv", 5)
    write_benchmark(benchmarks / "page.tsv", 2)
    assert measurements([str(tmp_path)]) == {
        "finetune": 20,
        "finetune_basic_ft": 10,
        "finetune_dreambooth": 30,
        "edit": 5,
        "edit_pix2pix_zero": 5,
        "page": 2,
    }


def test_a_folder_that_is_no_run_is_named(tmp_path):
    with pytest.raises(UserError, match="--measured .*/none: .*/none/benchmarks is missing"):
        measurements([str(tmp_path / "none")])


def test_a_config_that_is_not_there_is_one_sentence(tmp_path):
    command = [sys.executable, "workflow_scripts/summary.py", "--configfile", "none.yaml"]
    done = subprocess.run(command, cwd=workspace(tmp_path / "clone"), capture_output=True, text=True)
    assert done.returncode == 1 and "Config file none.yaml does not exist" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_summary_of_a_run_that_failed_in_its_first_job(tmp_path):
    folder = workspace(tmp_path / "clone")
    log = folder / "results/smoke/logs/data/brain_phantom.log"
    log.parent.mkdir(parents=True)
    log.write_text("job: host=elsewhere pid=1 slurm=7 started=2026-01-02T03:04:05+00:00\nerror: no such table\n\nbye\n")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/squeue").write_text("#!/bin/sh\n")  # answers, and knows of no job
    (tmp_path / "bin/squeue").chmod(0o755)
    command = [sys.executable, "workflow_scripts/summary.py", "--csv", "jobs.csv", "--configfile", "configs/smoke.yaml"]
    environment = {**os.environ, "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "failed: data dataset=brain_phantom" in done.stdout and "    error: no such table" in done.stdout
    rows = {row["output"]: row for row in csv.DictReader((folder / "jobs.csv").open())}
    assert rows["results/smoke/data/brain_phantom/records.csv"]["state"] == "failed"
    assert [row["state"] for row in rows.values()].count("waiting") == len(rows) - 1 > 30
