"""Submit what is missing of one rule as one Slurm job array, and wait for its end; then the usual command goes on from there.

python workflow_scripts/slurm_array.py --rule finetune_basic_ft --configfile mine.yaml [-- --qos=long ...]

What the rule reads must be there: `snakemake --profile slurm --configfile mine.yaml --omit-from RULE --notemp`. Memory, minutes, GPUs and
processors are those of the largest job; account and partition those of slurm/config.yaml; what stands after -- goes to sbatch and wins.
Every task is a Snakemake of its own that makes one job's outputs. Ctrl-C cancels the array. Nothing is tried again.
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
from shlex import quote

import yaml
from summary import planned, queue

from ldcore.runtime.errors import UserError

PROFILE = Path("slurm", "config.yaml")
LOCKS = Path(".snakemake", "locks")
POLL = 3  # seconds between two looks


def ready(rule: str, arguments: list[str]):
    """The missing jobs of the rule whose inputs are there. UserError: there are none, or another rule would run before them."""
    jobs = planned(arguments)
    jobs = jobs[jobs["rule"] == rule]
    if jobs.empty:
        raise UserError(f"Nothing of rule {rule!r} is missing; `snakemake -n` shows what is.")
    if not jobs["runtime"].all():
        raise UserError(f"Rule {rule!r} asks for no runtime; give it resources (runtime, mem_mb, gpu).")
    found = jobs[[all(Path(one).exists() for one in inputs) for inputs in jobs["inputs"]]]
    before = planned([*arguments, "--", *(jobs if found.empty else found)["output"]])["rule"]
    if others := sorted(set(before) - {rule}):
        raise UserError(
            f"Rule {rule!r} waits for {', '.join(others)}: run `snakemake --profile slurm ... --omit-from {rule} --notemp` first."
        )
    if len(found) < len(jobs):
        print(f"{len(jobs) - len(found)} more of {rule} lack an input and are left out.")
    return found


def script(rule: str, outputs: list[str], arguments: list[str], cores: int) -> str:
    """The batch script: task N makes the Nth output, and what is written with it."""
    # A task must not read the user's profile (it would submit again), nor remove weights that other tasks still read.
    again = [
        "--executor",
        "local",
        "--profile",
        "none",
        "--workflow-profile",
        "none",
        "--cores",
        str(cores),
        "--nolock",
        "--notemp",
        "--nocolor",
        "--rerun-incomplete",
        "--latency-wait",
        "60",
        "--allowed-rules",
        rule,
        *arguments,
        "--",
    ]
    return "\n".join(
        [
            "#!/bin/sh",
            f"export PATH={quote(str(Path(sys.executable).parent))}:$PATH",
            f"set -- {' '.join(map(quote, outputs))}",
            "shift $((SLURM_ARRAY_TASK_ID - 1))",
            f'exec {quote(sys.executable)} -m snakemake {" ".join(map(quote, again))} "$1"',
            "",
        ]
    )


def wanted(rule: str, jobs, options: list[str]) -> list[str]:
    """sbatch's options: the largest job's needs, the profile's account and partition, then the user's own."""
    profile = yaml.safe_load(PROFILE.read_text()).get("default-resources") or {} if PROFILE.is_file() else {}
    most = {name: int(jobs[name].max()) for name in ("gpu", "mem_mb", "runtime")}
    logs = Path(".snakemake", "slurm_logs", f"array_{rule}").absolute()
    logs.mkdir(parents=True, exist_ok=True)
    found = [
        f"--array=1-{len(jobs)}",
        "--nodes=1",
        "--ntasks=1",
        f"--cpus-per-task={cores(jobs)}",
        f"--mem={most['mem_mb']}M",
        f"--time={most['runtime']}",
        f"--comment=rule_{rule}",
        f"--output={logs}/%A_%a.log",
        "--export=ALL",
        f"--job-name={rule}",
    ]
    found += [f"--{name}={profile[f'slurm_{name}']}" for name in ("account", "partition") if f"slurm_{name}" in profile]
    if most["gpu"] and not any(one.startswith(("--gpus", "--gres")) for one in options):
        found.append(f"--gpus={most['gpu']}")
    return found + options


def cores(jobs) -> int:
    """Processors of a task: threads, and one at least a GPU, whose processes need one each."""
    return int(jobs[["threads", "gpu"]].max().max())


@contextmanager
def locked(outputs: list[str]):
    """Hold Snakemake's lock on the outputs. UserError: another run holds one, or jobs that were started from this folder still go on."""
    asked = queue("--me", "--format=%A %Z")
    if asked is None:
        raise UserError("squeue is absent or does not answer; run this where jobs are submitted.")
    if left := [line.split()[0] for line in asked if line.split(maxsplit=1)[1:] == [os.getcwd()]]:
        raise UserError(f"Slurm jobs of this folder go on: {' '.join(left)}; wait for them, or scancel them.")
    if LOCKS.is_dir() and any(LOCKS.iterdir()):
        raise UserError("Another run holds this folder; wait for it, or if it was killed, run `snakemake --unlock`.")
    LOCKS.mkdir(parents=True, exist_ok=True)
    lock = next(path for number in count() if not (path := LOCKS / f"{number}.output.lock").exists())
    lock.write_text("\n".join(outputs) + "\n")
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)


def submitted(command: list[str], text: str) -> str:
    """The array's number. UserError: sbatch refuses; it has said why."""
    # Started inside a job, e.g. a long one for Snakemake, sbatch would take that job's settings for ours.
    clean = {
        key: value
        for key, value in os.environ.items()
        if key == "SLURM_CONF" or not key.startswith(("SLURM_", "SBATCH_", "CUDA_VIS"))
    }
    done = subprocess.run(["sbatch", "--parsable", *command], input=text, stdout=subprocess.PIPE, text=True, env=clean)
    if done.returncode:
        raise UserError(
            "sbatch refused the array, for the reason above; nothing was submitted. Options after -- are passed to sbatch."
        )
    return done.stdout.strip().split(";")[0]


def waited(number: str) -> None:
    """Return when the array has ended; being interrupted cancels it."""
    for one in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(one, lambda *_: sys.exit(1))
    try:
        while (asked := queue("--me", "--format=%F")) is None or number in asked:  # None: no answer, ask again
            time.sleep(POLL)
    except (KeyboardInterrupt, SystemExit):
        subprocess.run(["scancel", number])
        raise UserError(
            f"Interrupted; array {number} is cancelled. The same command submits what is missing."
        ) from None


def missing(outputs: list[str], arguments: list[str], number: str) -> list[str]:
    """What the array did not make; for up to a minute not believed of tasks that Slurm calls completed, as files may be shown late."""
    made = len(queue("--states=COMPLETED", f"--jobs={number}") or [])
    end = time.monotonic() + 60
    while (
        (left := list(planned([*arguments, "--", *outputs])["output"]))
        and len(left) + made > len(outputs)
        and time.monotonic() < end
    ):
        time.sleep(POLL)
    return left


def main(rule, configfile, options):
    arguments = ["--configfile", *configfile] if configfile else []
    jobs = ready(rule, arguments)
    outputs = list(jobs["output"])
    with locked(outputs):
        number = submitted(wanted(rule, jobs, options), script(rule, outputs, arguments, cores(jobs)))
        print(f"Array {number}: {len(jobs)} jobs of {rule}; logs in .snakemake/slurm_logs/array_{rule}", flush=True)
        waited(number)
        left = missing(outputs, arguments, number)
    print(f"{len(jobs) - len(left)} of {len(jobs)} jobs of {rule} are done.")
    if left:
        raise UserError(
            f"Not made: {', '.join(left[:10])}{' ...' * (len(left) > 10)}; its log says why. The usual Snakemake command tries again, with "
            "retries; or this one, with more after --, e.g. -- --mem=64G --time=600."
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument("--rule", required=True)
    parser.add_argument("--configfile", nargs="+", default=[])
    parser.add_argument("options", nargs="*", help="after --: for sbatch")
    try:
        main(**vars(parser.parse_args()))
    except UserError as error:
        sys.exit(f"error: {error}")
