"""Submit what is missing of one rule as one Slurm job array, and wait for its end; then the usual command goes on.

python workflow_scripts/slurm_array.py --rule finetune_basic_ft --configfile mine.yaml [-- --qos=long ...]

What the rule reads must be there: `snakemake --profile slurm --configfile mine.yaml --omit-from RULE --notemp`. Each
task gets the memory, minutes, GPUs and processors of the largest job, and account and partition of slurm/config.yaml;
what stands after -- goes to sbatch and wins. Each task is a Snakemake of its own that makes the outputs of one job.
Ctrl-C cancels the array. Nothing is tried again.
"""

import argparse
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from shlex import join, quote

import yaml
from summary import planned, queue

from ldcore.runtime.errors import UserError

PROFILE = Path("slurm", "config.yaml")
LOCKS = Path(".snakemake", "locks")
POLL = 3  # seconds between two looks at the queue
LATENCY = 60  # seconds a shared file system may take to show a file
# How a task starts Snakemake. It must not read the user's profile (it would submit again), nor remove weights that
# other tasks still read.
TASK_OPTIONS = [
    *("--executor", "local"),
    *("--profile", "none"),
    *("--workflow-profile", "none"),
    *("--latency-wait", str(LATENCY)),
    "--nolock",
    "--notemp",
    "--nocolor",
    "--rerun-incomplete",
]


def ready(rule: str, arguments: list[str]):
    """The missing jobs of a rule whose inputs are there, as `planned` gives them.

    UserError: there are none, the rule asks for no runtime, or another rule would run before them.
    """
    jobs = planned(arguments)
    jobs = jobs[jobs["rule"] == rule]
    if jobs.empty:
        raise UserError(f"Nothing of rule {rule!r} is missing; `snakemake -n` shows what is.")
    if not jobs["runtime"].all():
        raise UserError(f"Rule {rule!r} asks for no runtime; give it resources (runtime, mem_mb, gpu).")
    startable = jobs[[all(Path(file).exists() for file in inputs) for inputs in jobs["inputs"]]]
    needed = planned([*arguments, "--", *(jobs if startable.empty else startable)["output"]])["rule"]
    if others := sorted(set(needed) - {rule}):
        raise UserError(
            f"Rule {rule!r} waits for {', '.join(others)}: "
            f"run `snakemake --profile slurm ... --omit-from {rule} --notemp` first."
        )
    if len(startable) < len(jobs):
        print(f"{len(jobs) - len(startable)} more of {rule} lack an input and are left out.")
    return startable


def cores(jobs) -> int:
    """Processors of a task: threads, and at least one per GPU, whose processes need one each."""
    return int(jobs[["threads", "gpu"]].max().max())


def batch_script(rule: str, jobs, arguments: list[str]) -> str:
    """The script of the array: task N makes the first output of the Nth job, and what is written with it."""
    snakemake = [sys.executable, "-m", "snakemake", *TASK_OPTIONS, "--cores", str(cores(jobs))]
    snakemake += ["--allowed-rules", rule, *arguments, "--"]
    lines = [
        "#!/bin/sh",
        f"export PATH={quote(str(Path(sys.executable).parent))}:$PATH",
        f"set -- {join(jobs['output'])}",
        "shift $((SLURM_ARRAY_TASK_ID - 1))",
        f'exec {join(snakemake)} "$1"',
    ]
    return "\n".join(lines) + "\n"


def sbatch_options(rule: str, jobs, options: list[str]) -> list[str]:
    """The largest job's needs, the profile's account and partition, then the user's own options, which win."""
    profile = yaml.safe_load(PROFILE.read_text()).get("default-resources") or {} if PROFILE.is_file() else {}
    gpus, memory, minutes = (int(jobs[name].max()) for name in ("gpu", "mem_mb", "runtime"))
    logs = Path(".snakemake", "slurm_logs", f"array_{rule}").absolute()
    logs.mkdir(parents=True, exist_ok=True)
    needs = [
        f"--array=1-{len(jobs)}",
        "--nodes=1",
        "--ntasks=1",
        f"--cpus-per-task={cores(jobs)}",
        f"--mem={memory}M",
        f"--time={minutes}",
        f"--comment=rule_{rule}",
        f"--output={logs}/%A_%a.log",
        "--export=ALL",
        f"--job-name={rule}",
    ]
    needs += [f"--{name}={profile[f'slurm_{name}']}" for name in ("account", "partition") if f"slurm_{name}" in profile]
    if gpus and not any(option.startswith(("--gpus", "--gres")) for option in options):
        needs.append(f"--gpus={gpus}")
    return needs + options


@contextmanager
def locked(outputs: list[str]):
    """Hold Snakemake's lock on the outputs.

    UserError: another run holds one, jobs that were started from this folder still go on, or squeue does not answer.
    """
    lines = queue("--me", "--format=%A %Z")  # id and folder
    if lines is None:
        raise UserError("squeue is absent or does not answer; run this where jobs are submitted.")
    if running := [line.split()[0] for line in lines if line.split(maxsplit=1)[1:] == [os.getcwd()]]:
        raise UserError(f"Slurm jobs of this folder go on: {' '.join(running)}; wait for them, or scancel them.")
    if LOCKS.is_dir() and any(LOCKS.iterdir()):
        raise UserError("Another run holds this folder; wait for it, or if it was killed, run `snakemake --unlock`.")
    LOCKS.mkdir(parents=True, exist_ok=True)
    lock = next(path for number in count() if not (path := LOCKS / f"{number}.output.lock").exists())
    lock.write_text("\n".join(outputs) + "\n")
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)


def submit(options: list[str], script: str) -> str:
    """Give the script to sbatch; returns the array's number. UserError: sbatch refuses; it has said why."""
    # Started inside a job, e.g. a long one for Snakemake, sbatch would take that job's settings for ours.
    environment = {
        key: value
        for key, value in os.environ.items()
        if key == "SLURM_CONF" or not key.startswith(("SLURM_", "SBATCH_", "CUDA_VIS"))
    }
    command = ["sbatch", "--parsable", *options]
    answer = subprocess.run(command, input=script, stdout=subprocess.PIPE, text=True, env=environment)
    if answer.returncode:
        raise UserError(
            "sbatch refused the array, for the reason above; nothing was submitted. Options after -- are passed to it."
        )
    return answer.stdout.strip().split(";")[0]


def wait_for(array: str) -> None:
    """Return when the array has ended. UserError: interrupted, which cancels the array."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(1))
    try:
        while (arrays := queue("--me", "--format=%F")) is None or array in arrays:  # None: no answer, ask again
            time.sleep(POLL)
    except (KeyboardInterrupt, SystemExit):
        subprocess.run(["scancel", array])
        raise UserError(f"Interrupted; array {array} is cancelled. The same command submits what is missing.") from None


def missing(outputs: list[str], arguments: list[str], array: str) -> list[str]:
    """What the array did not make.

    Files may be shown late: for up to a minute, an output is not believed missing whose task Slurm calls completed.
    """
    completed = len(queue("--states=COMPLETED", f"--jobs={array}") or [])
    deadline = time.monotonic() + LATENCY
    while True:
        absent = list(planned([*arguments, "--", *outputs])["output"])
        if not absent or len(absent) + completed <= len(outputs) or time.monotonic() > deadline:
            return absent
        time.sleep(POLL)


def main(rule, configfile, options):
    """Submit the array, wait for it, and say what it made. UserError: some outputs are not made."""
    arguments = ["--configfile", *configfile] if configfile else []
    jobs = ready(rule, arguments)
    outputs = list(jobs["output"])
    with locked(outputs):
        array = submit(sbatch_options(rule, jobs, options), batch_script(rule, jobs, arguments))
        print(f"Array {array}: {len(jobs)} jobs of {rule}; logs in .snakemake/slurm_logs/array_{rule}", flush=True)
        wait_for(array)
        absent = missing(outputs, arguments, array)
    print(f"{len(jobs) - len(absent)} of {len(jobs)} jobs of {rule} are done.")
    if absent:
        names = ", ".join(absent[:10]) + (" ..." if len(absent) > 10 else "")
        raise UserError(
            f"Not made: {names}; its log says why. The usual Snakemake command tries again, with retries; or this one, "
            "with more after --, e.g. -- --mem=64G --time=600."
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument("--rule", required=True)
    parser.add_argument("--configfile", nargs="+", action="extend", default=[], help="as for snakemake")
    parser.add_argument("options", nargs="*", help="after --: for sbatch")
    try:
        main(**vars(parser.parse_args()))
    except UserError as error:
        sys.exit(f"error: {error}")
