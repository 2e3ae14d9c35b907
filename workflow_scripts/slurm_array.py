"""Submit what is missing of one rule as one Slurm job array, and wait for its end; then the usual command goes on from there.

python workflow_scripts/slurm_array.py --rule finetune_basic_ft [--sbatch "--account=me --partition=gpu"] --configfile my.yaml

What the rule needs must be there (snakemake --omit-from RULE); the largest of its jobs says memory, minutes and GPUs of all. Every task is a
Snakemake of its own that makes one job's outputs. Do not start another Snakemake in this folder meanwhile: an array takes no lock.
"""

import argparse
import subprocess
import sys
from pathlib import Path
from shlex import quote, split

from ldcore.errors import UserError
from summary import planned


def missing(rule: str, arguments: list[str]):
    """The planned jobs of the rule. UserError: there are none, or another rule must run first."""
    jobs = planned(arguments)
    found = jobs[jobs["rule"] == rule]
    if found.empty:
        raise UserError(f"Nothing of rule {rule!r} is missing; `snakemake -n` shows what is.")
    before = planned([*arguments, "--", *found["output"]])["rule"]
    if others := sorted(set(before) - {rule}):
        raise UserError(f"Rule {rule!r} waits for {', '.join(others)}: run `snakemake --profile slurm ... --omit-from {rule}` first.")
    return found


def script(rule: str, outputs: list[str], arguments: list[str]) -> str:
    """The batch script: task N makes the Nth output, and what is written with it."""
    again = ["--cores", "1", "--nolock", "--nocolor", "--rerun-incomplete", *arguments, "--allowed-rules", rule, "--"]
    return "\n".join(["#!/bin/sh", f"set -- {' '.join(map(quote, outputs))}", "shift $((SLURM_ARRAY_TASK_ID - 1))",
                      f'exec {quote(sys.executable)} -m snakemake {" ".join(map(quote, again))} "$1"', ""])


def main(rule, options, arguments):
    jobs = missing(rule, arguments)
    logs = Path(".snakemake", "slurm_logs", f"array_{rule}").absolute()
    logs.mkdir(parents=True, exist_ok=True)
    most = jobs[["gpu", "mem_mb", "runtime"]].max()
    wanted = [f"--array=1-{len(jobs)}", f"--mem={most['mem_mb']}M", f"--time={most['runtime']}", f"--output={logs}/%A_%a.log", f"--comment=rule_{rule}",
              *([f"--gpus-per-task={most['gpu']}", "--ntasks=1"] if most["gpu"] else [])]
    try:
        done = subprocess.run(["sbatch", "--wait", *wanted, *split(options)], input=script(rule, list(jobs["output"]), arguments), text=True)
    except FileNotFoundError:
        raise UserError("There is no sbatch here; run this where jobs are submitted.") from None
    absent = [output for output in jobs["output"] if not Path(output).exists()]
    print(f"{len(jobs) - len(absent)} of {len(jobs)} jobs of {rule} are done; logs in {logs}.")
    if absent or done.returncode:
        raise UserError(f"Not made: {', '.join(absent) or 'all outputs are there, yet sbatch failed'}; the same command, or Snakemake's, tries again.")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rule", required=True)
    parser.add_argument("--sbatch", default="", dest="options")
    known, rest = parser.parse_known_args()
    try:
        main(known.rule, known.options, rest)
    except UserError as error:
        sys.exit(f"error: {error}")
