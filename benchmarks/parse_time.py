"""What Snakemake itself costs on the paper's whole grid (configs/paper.yaml, three training seeds).

python benchmarks/parse_time.py

Prints the seconds of a dry run, of parsing as one job on a cluster does, and of an empty Snakefile, in turns, best of
five; and which heavy packages parsing imports. A job on a cluster parses the workflow twice, so every job pays this.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
EMPTY = "rule all:\n    localrule: True\n"
TURNS = 5
# What the dry run may take: SHARE x (an empty Snakefile's seconds + PER_JOB a job)
SHARE, PER_JOB = 1.2, 0.003
HEAVY = ("torch", "diffusers", "transformers", "numpy", "pandas", "matplotlib", "sklearn")


def timed(command: list[str], folder) -> tuple[float, str]:
    """Run a command in `folder`: its seconds and all it printed. Exits with that where the command fails."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    began = time.perf_counter()
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=environment)
    seconds = time.perf_counter() - began
    if done.returncode:
        sys.exit(done.stdout + done.stderr)
    return seconds, done.stdout + done.stderr


def imported(command: list[str], folder) -> set[str]:
    """Which of the HEAVY packages a Python command imports."""
    text = timed([command[0], "-X", "importtime", *command[1:]], folder)[1]
    return {name for name in HEAVY if re.search(rf"\| +{name}$", text, re.MULTILINE)}


def main():
    """Measure in a temporary folder that looks like a clone, and print."""
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        (folder / "Snakefile").write_text(EMPTY)
        for name in ("config.yaml", "configs", "resources", "workflow_scripts"):
            (folder / name).symlink_to(ROOT / name)
        snakemake = [sys.executable, "-m", "snakemake", "--cores", "1", "-n"]
        quiet = ["--quiet", "all"]
        paper = ["--snakefile", str(ROOT / "Snakefile"), "--configfile", "configs/paper.yaml"]
        one_job = ["--allowed-rules", "data", *paper, "--", "results/paper/data/brain/records.csv"]
        commands = {
            "empty Snakefile": [*snakemake, *quiet],
            "dry run of the paper": [*snakemake, *quiet, *paper],
            "parsing for one job": [*snakemake, *quiet, *one_job],
        }
        best = {name: min(timed(command, folder)[0] for _ in range(TURNS)) for name, command in commands.items()}
        counts = timed([*snakemake, *paper], folder)[1]
        own = imported([*snakemake, *quiet, *paper], folder) - imported([*snakemake, *quiet], folder)
    jobs = int(re.findall(r"^total\s+(\d+)", counts, re.MULTILINE)[-1])
    allowed = SHARE * (best["empty Snakefile"] + PER_JOB * jobs)
    for name, seconds in best.items():
        print(f"{name:22} {seconds:6.2f} s")
    print(f"jobs                   {jobs:6d}")
    print(f"allowed for the grid   {allowed:6.2f} s ({SHARE} x (empty + {PER_JOB * 1000:g} ms a job))")
    print("imported beside Snakemake's own:", ", ".join(sorted(own)) or f"none of {', '.join(HEAVY)}")


if __name__ == "__main__":
    main()
