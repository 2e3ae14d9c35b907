"""The smoke grid through a real Slurm, and the accidents of clusters.

After each accident: the same tables, nothing done twice, nothing done by hand.
"""

import csv
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import warnings
from types import SimpleNamespace

import pytest
from node import (
    COMMAND,
    SMOKE,
    as_nobody,
    by_another_user,
    finished,
    output,
    results,
    slurm_jobs,
    started,
    submitted_as_array,
    tables,
    waited,
    workspace,
)

from configs import CONFIG, ROOT

pytestmark = pytest.mark.slurm
RUN = "results/smoke/runs/{}/basic_ft/{}/{}/0/{}"
GROUPS = [
    "--groups",
    "score=small",
    "downstream=small",
    "edit_score=small",
    "--group-components",
    "small=4",
    "--resources",
    "gpu=1",
    "--set-resource-scopes",
    "gpu=local",
]  # as docs/cluster.md says
NAMES = ("claims", "colours", "deltas", "objective", "table1", "table2", "table3", "table4", "truth")
TABLES = [f"results/smoke/tables/{name}.csv" for name in NAMES]


@pytest.fixture(scope="module")
def local(tmp_path_factory):
    """The smoke grid without Slurm and, where that may be tried, without a network.

    Left running beside the accidents, which mostly wait; compared at the end.
    """
    folder = workspace(tmp_path_factory.mktemp("local") / "run")
    may_unshare = subprocess.run(["unshare", "--net", "true"], capture_output=True).returncode == 0
    command = ["unshare", "--net"] if may_unshare else []
    command += ["nice", "-n", "19", sys.executable, "-m", "snakemake", "--cores", "2", *SMOKE]
    path = f"{os.path.dirname(sys.executable)}:{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT)}
    with open(folder / "said", "w") as said:
        running = subprocess.Popen(
            command, cwd=folder, stdout=said, stderr=said, start_new_session=True, env=environment
        )
    yield SimpleNamespace(folder=folder, running=running)
    if running.poll() is None:
        os.killpg(running.pid, signal.SIGKILL)


@pytest.fixture(scope="module")
def cluster(slurm, tmp_path_factory):
    """The smoke grid through Slurm."""
    folder = workspace(tmp_path_factory.mktemp("cluster") / "run")
    assert finished(slurm, folder, timeout=1500) == 0, (folder / "said").read_text()[-4000:]
    return folder


@pytest.fixture(scope="module")
def undisturbed(cluster):
    """Tables and weights before any accident."""
    return results(cluster)


def without(folder, *runs):
    """Remove what some fine-tuning runs made, and the tables; return the times of all other weights."""
    for dataset, training, prompt in runs:
        shutil.rmtree(folder / RUN.format(dataset, training, prompt, ""))
        shutil.rmtree(folder / RUN.format(dataset, training, prompt, "").replace("/runs/", "/samples/"))
        (folder / f"results/smoke/scores/{dataset}.json").unlink()
    shutil.rmtree(folder / "results/smoke/tables")
    return times(folder)


def times(folder):
    """When each weights file was written."""
    return {path: path.stat().st_mtime_ns for path in folder.glob("results/smoke/runs/**/weights.safetensors")}


def untouched(folder, before):
    """No finished run was done again, and nobody's half-written file is left."""
    assert before.items() <= times(folder).items()
    assert not list(folder.glob("results/**/.*part*"))


def sleeping_after(path, marker):
    return {"path": path, "do": "sleep", "marker": str(marker)}


def test_the_smoke_grid_runs_as_slurm_jobs_with_the_resources_asked_for(slurm, cluster, undisturbed):
    jobs = slurm_jobs(slurm, cluster)
    stages = ("data", "latents", "finetune", "generate", "score", "downstream", "edit_train", "edit_score")
    for stage in (*stages, "edit_pix2pix"):
        section = "edit" if stage == "edit_pix2pix" else stage
        resources = {**CONFIG["resources"]["default"], **CONFIG["resources"].get(section, {})}
        memory = resources["mem_mb"]
        jobs_of_stage = [job for job in jobs if job["Comment"].startswith(f"rule_{stage}")]
        assert jobs_of_stage, f"no Slurm job of {stage}"
        for job in jobs_of_stage:
            assert job["JobState"] == "COMPLETED" and job["ExitCode"] == "0:0"
            assert ("gres:gpu:1" in job.get("TresPerJob", "")) == (resources["gpu"] == 1), (stage, job)
            assert f"mem={memory}M" in job["TRES"] or f"mem={memory / 1024:g}G" in job["TRES"]
            assert job["TimeLimit"] == "00:30:00"
    assert not any(re.match("rule_(drift(?!_search)|table|figure|page)", job["Comment"]) for job in jobs)


def test_the_summary_knows_every_job(slurm, cluster, undisturbed):
    command = [sys.executable, "workflow_scripts/summary.py", "--csv", "summary.csv", *SMOKE]
    done = subprocess.run(command, cwd=cluster, env=slurm.environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader((cluster / "summary.csv").open()))
    assert len(rows) == 62 and {row["state"] for row in rows} == {"done"}
    assert all((cluster / row["log"]).is_file() for row in rows)
    assert sum(float(row["hours"]) * int(row["gpu"]) for row in rows) > 0 and "total" in done.stdout


def test_cancelled_drained_out_of_memory_and_out_of_time(slurm, cluster, undisturbed, local, tmp_path):
    """The four in one run: each hits another job, and each job's second attempt is given what it needs and ends."""
    cancelled, late = ("brain_phantom", "plain", "simple_info"), ("chest_phantom", "plain", "simple_info")
    before = without(cluster, cancelled, late)
    (tmp_path / "tight.yaml").write_text("resources: {finetune: {runtime: 1}, generate: {mem_mb: 450}}\n")
    slow = [sleeping_after(RUN.format(*run, "checkpoint.pt"), tmp_path / run[0]) for run in (cancelled, late)]
    output(slurm, "scontrol", "update", f"NodeName={slurm.host}", "State=DRAIN", "Reason=test")
    tight = [str(tmp_path / "tight.yaml")]
    running = started(slurm, cluster, "--", *TABLES, more_configs=tight, accidents=json.dumps(slow))
    last = int(slurm_jobs(slurm, cluster)[-1]["JobId"])
    waiting = waited(
        lambda: output(slurm, "squeue", "--noheader", "--states=PENDING", "--format=%r"),
        "jobs held by the drained node",
    )
    assert "Req" in waiting or "DRAIN" in waiting.upper() or "Unavail" in waiting, waiting
    output(slurm, "scontrol", "update", f"NodeName={slurm.host}", "State=RESUME")
    waited((tmp_path / cancelled[0]).exists, "the first checkpoint")
    ids = "_".join([cancelled[0], "basic_ft", *cancelled[1:], "0"])
    job = next(job for job in slurm_jobs(slurm, cluster)[::-1] if job["Comment"].endswith(ids))
    output(slurm, "scancel", job["JobId"])
    assert running.wait(300) == 0, (cluster / "said").read_text()[-4000:]
    assert results(cluster) == undisturbed
    untouched(cluster, before)
    jobs = [job for job in slurm_jobs(slurm, cluster) if int(job["JobId"]) > last]
    training = {
        run[0]: [job for job in jobs if job["Comment"].startswith("rule_finetune") and run[0] in job["Comment"]]
        for run in (cancelled, late)
    }
    assert [job["JobState"] for job in training["brain_phantom"]] == ["CANCELLED", "COMPLETED"]
    assert [job["JobState"] for job in training["chest_phantom"]] == ["TIMEOUT", "COMPLETED"]
    assert [job["TimeLimit"] for job in training["chest_phantom"]] == ["00:01:00", "00:02:00"]
    sampling = [job for job in jobs if job["Comment"].startswith("rule_generate")]
    states = {size: {job["JobState"] for job in sampling if f"mem={size}M" in job["TRES"]} for size in (450, 900)}
    assert len(sampling) >= 4 and states[900] == {"COMPLETED"}, states
    assert states[450] and states[450] <= {"OUT_OF_MEMORY", "CANCELLED", "FAILED"}, states
    slurmd_log = slurm.log.read_text()
    assert "exceeded" in slurmd_log, slurmd_log[-2000:]
    for run in (cancelled, late):
        log = (cluster / "results/smoke/logs/finetune" / run[0] / "basic_ft" / run[1] / run[2] / "0.log").read_text()
        assert "| 4/8" in log and "| 0/8" not in log, "the retry did not start from the checkpoint"


def refused_to_others(slurm, folder, home):
    """Who may not write here is told so; who may, that the run goes on already."""
    stranger = by_another_user(slurm, folder, "nogroup", home)
    assert (
        stranger.returncode != 0 and "belongs to another user" in stranger.stderr and "Traceback" not in stranger.stderr
    ), stranger.stderr
    for shared in (folder, *folder.glob(".snakemake/**/"), *folder.glob("results/**/")):
        shared.chmod(0o2775)
    colleague = by_another_user(slurm, folder, "root", home)
    assert colleague.returncode != 0 and "Directory cannot be locked" in colleague.stderr, colleague.stderr


def test_sigint_a_second_user_and_a_killed_snakemake(slurm, cluster, undisturbed, tmp_path):
    run = ("brain_phantom", "ld", "diverse")
    before = without(cluster, run)
    slow = json.dumps([sleeping_after(RUN.format(*run, "checkpoint.pt"), tmp_path / "first")])
    running = started(slurm, cluster, "--", *TABLES, accidents=slow)
    waited((tmp_path / "first").exists, "the first checkpoint")
    running.send_signal(signal.SIGINT)
    running.wait(60)
    waited(lambda: not output(slurm, "squeue", "--noheader"), "an empty queue after SIGINT", 20)
    assert slurm_jobs(slurm, cluster)[-1]["JobState"] == "CANCELLED"

    slow = json.dumps([sleeping_after(RUN.format(*run, "weights.safetensors"), tmp_path / "second")])
    running = started(slurm, cluster, "--", *TABLES, accidents=slow)
    waited((tmp_path / "second").exists, "the second run's weights")
    again = subprocess.run(COMMAND, cwd=cluster, env=slurm.environment, capture_output=True, text=True)
    assert again.returncode != 0 and "Directory cannot be locked" in again.stderr
    array = submitted_as_array(slurm, cluster, "finetune_basic_ft", "[]")
    assert array.returncode == 1 and "error: Slurm jobs of this folder go on" in array.stderr, array.stderr
    if subprocess.run([*as_nobody("nogroup"), "true"], capture_output=True).returncode:
        warnings.warn(
            "not tried: a start by another user; setpriv may not give that user the right to read root's files here",
            stacklevel=1,
        )
    else:
        refused_to_others(slurm, cluster, tmp_path / "home")
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()
    running_jobs = output(slurm, "squeue", "--noheader", "--format=%A").split()
    assert running_jobs, "the job died with Snakemake"
    output(slurm, "scancel", *running_jobs)
    waited(lambda: not output(slurm, "squeue", "--noheader"), "an empty queue", 30)
    output(slurm, *COMMAND, "--directory", str(cluster), "--snakefile", str(cluster / "Snakefile"), "--unlock")
    assert finished(slurm, cluster, "--", *TABLES) == 0, (cluster / "said").read_text()[-4000:]
    assert results(cluster) == undisturbed
    untouched(cluster, before)
    ran = re.findall(r"^rule (\w+):", (cluster / "said").read_text(), re.MULTILINE)
    assert "data" not in ran and ran.count("finetune_basic_ft") <= 1


def test_the_executors_own_arrays_are_refused(slurm, cluster, undisturbed):
    """One failing task of them would remove a finished task's outputs."""
    shutil.rmtree(cluster / "results/smoke/tables")
    assert finished(slurm, cluster, "--slurm-array-jobs", "finetune_basic_ft", "--", *TABLES) != 0
    assert "use workflow_scripts/slurm_array.py" in (cluster / "said").read_text()
    assert finished(slurm, cluster, "--", *TABLES) == 0 and results(cluster) == undisturbed


def test_a_full_disk_and_a_job_that_dies_before_renaming(slurm, cluster, undisturbed, tmp_path):
    """The whole run folder on a disk of its own, filled to the last byte, then cleared.

    It goes on by the arrays and groups of docs/cluster.md.
    """
    run, other = ("chest_phantom", "plain", "simple_info"), ("brain_phantom", "plain", "simple_info")
    disk, moved = cluster / "results", tmp_path / "results"
    disk.rename(moved)
    disk.mkdir()
    besides = 160 << 20  # a checkpoint, weights and samples
    size = sum(path.stat().st_size + 4096 for path in moved.rglob("*")) + besides
    if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", disk]).returncode:
        disk.rmdir()
        moved.rename(disk)
        pytest.skip("mounting a small disk is not allowed here")
    try:
        shutil.copytree(moved, disk, dirs_exist_ok=True)
        before = without(cluster, run, other)
        with open(disk / "ballast", "wb") as ballast, pytest.raises(OSError):
            while True:
                ballast.write(bytes(1 << 20))
                ballast.flush()
        assert finished(slurm, cluster, "--retries", "0", "--", *TABLES) != 0
        logs = "".join(path.read_text(errors="replace") for path in cluster.glob(".snakemake/slurm_logs/**/*.log"))
        assert "error: No space left on the disk for" in logs
        (disk / "ballast").unlink()
        dies = [{"path": RUN.format(*run, "weights.safetensors"), "do": "kill", "marker": str(tmp_path / "died")}]
        array = submitted_as_array(slurm, cluster, "finetune_basic_ft", json.dumps(dies))
        assert "1 of 2 jobs" in array.stdout, array
        assert f"Not made: {RUN.format(*run, 'weights.safetensors')};" in array.stderr, array
        before = times(cluster) | before
        tasks = [job for job in slurm_jobs(slurm, cluster) if "ArrayJobId" in job]
        assert (tmp_path / "died").exists() and sorted(task["JobState"] for task in tasks) == ["COMPLETED", "FAILED"]
        for task in tasks:
            assert "mem=2500M" in task["TRES"] and task["TimeLimit"] == "00:30:00" and "gpu:1" in task["TresPerJob"]
        assert finished(slurm, cluster, *GROUPS, "--", *TABLES) == 0, (cluster / "said").read_text()[-4000:]
        assert results(cluster) == undisturbed
        untouched(cluster, before)
        group = next(job for job in slurm_jobs(slurm, cluster) if job["Comment"] == "rule_small_downstream_score")
        # two score jobs and one of the two downstream jobs, which share the GPU, at once
        assert "cpu=3,mem=7500M" in group["TRES"] and group["TresPerJob"] == "gres:gpu:1", group
    finally:
        subprocess.run(["umount", disk])


def test_the_tables_are_those_of_a_run_without_slurm(local, undisturbed):
    assert local.running.wait(300) == 0, (local.folder / "said").read_text()[-4000:]
    assert results(local.folder) == undisturbed and len(tables(local.folder)) == 3 * len(NAMES)
