"""workflow_scripts/slurm_array.py with a pretend sbatch, which runs the tasks at once, one after the other."""

import os
import subprocess
import sys

import pytest

from configs import workspace

SBATCH = """#!/bin/sh
cat >script
echo "$@" >options
env >environment
cp -r .snakemake/locks locks
[ -e refuse ] && echo "sbatch: error: Invalid account" >&2 && exit 1
for number in 1 2; do SLURM_ARRAY_TASK_ID=$number sh script >&2 || true; done
echo 7
"""


@pytest.fixture
def folder(tmp_path):
    folder = workspace(tmp_path / "clone")
    (folder / "slurm").mkdir()
    (folder / "slurm/config.yaml").write_text(
        "executor: slurm\ndefault-resources: {slurm_account: lab, slurm_partition: long}\n"
    )
    (folder / "threads.yaml").write_text("resources: {data: {threads: 2, mem_mb: 1234, runtime: 45}}\n")
    (folder / "bin").mkdir()
    # scontrol ...: real ones, where installed, look for a controller for ten seconds.
    for name, text in {
        "sbatch": SBATCH,
        "squeue": "#!/bin/sh\n[ -e busy ] && echo 5 $PWD; true\n",
        **dict.fromkeys(("scontrol", "sacct", "sinfo", "sacctmgr"), "#!/bin/sh\nexit 1\n"),
    }.items():
        (folder / "bin" / name).write_text(text)
        (folder / "bin" / name).chmod(0o755)
    return folder


def run(folder, rule, *options, **environment):
    command = [sys.executable, "workflow_scripts/slurm_array.py", "--rule", rule]
    command += ["--configfile", "configs/smoke.yaml", "threads.yaml", *options]
    environment = {**os.environ, "PATH": f"{folder / 'bin'}:{os.environ['PATH']}", **environment}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


def test_the_missing_jobs_run_as_one_array_with_what_the_rule_asks_for(folder):
    profile = folder / "cluster"
    profile.mkdir()
    (profile / "config.yaml").write_text("executor: slurm\njobs: 5\n")  # a site's own: tasks must not submit again
    done = run(
        folder, "data", "--", "--partition=short", SLURM_JOB_ID="3", SLURM_CONF="here", SNAKEMAKE_PROFILE=str(profile)
    )
    assert done.returncode == 0 and "2 of 2 jobs of data are done." in done.stdout, done.stderr
    options = (folder / "options").read_text().split()
    assert {
        "--array=1-2",
        "--mem=1234M",
        "--time=45",
        "--cpus-per-task=2",
        "--account=lab",
        "--comment=rule_data",
    } <= set(options)
    assert options.index("--partition=long") < options.index("--partition=short")
    assert not any("gpu" in option for option in options)
    environment = (folder / "environment").read_text()
    assert "SLURM_CONF=here" in environment and "SLURM_JOB_ID" not in environment
    assert "results/smoke/data/brain_phantom/records.csv" in (folder / "locks/0.output.lock").read_text()
    assert not list((folder / ".snakemake/locks").iterdir())
    again = run(folder, "data")
    assert again.returncode == 1 and again.stderr.startswith("error: Nothing of rule 'data' is missing")


def test_what_cannot_run_is_refused_with_the_remedy(folder):
    early = run(folder, "finetune_basic_ft")
    assert (
        early.returncode == 1
        and "waits for data, drift, latents" in early.stderr
        and "--omit-from finetune_basic_ft --notemp" in early.stderr
    )
    (folder / "refuse").touch()
    refused = run(folder, "data")
    assert (
        "Invalid account" in refused.stderr
        and "error: sbatch refused the array" in refused.stderr
        and "are done" not in refused.stdout
    )
    assert not list((folder / ".snakemake/locks").iterdir())
    (folder / "busy").touch()
    assert "error: Slurm jobs of this folder go on: 5;" in run(folder, "data").stderr
    (folder / "busy").unlink()
    (folder / ".snakemake/locks/0.input.lock").write_text("a\n")
    assert "error: Another run holds this folder" in run(folder, "data").stderr
    (folder / "bin/squeue").write_text("#!/bin/sh\nexit 1\n")
    assert (
        run(folder, "data").stderr == "error: squeue is absent or does not answer; run this where jobs are submitted.\n"
    )


def test_a_failed_task_is_named(folder):
    (folder / "results/smoke/data").mkdir(parents=True)
    (folder / "results/smoke/data/chest_phantom").write_text("in the way")
    done = run(folder, "data")
    assert done.returncode == 1 and "1 of 2 jobs of data are done." in done.stdout
    assert "error: Not made: results/smoke/data/chest_phantom/records.csv;" in done.stderr
