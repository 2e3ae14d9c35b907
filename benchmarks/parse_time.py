"""What Snakemake itself costs on the paper's whole grid (configs/paper.yaml, three training seeds): the dry run, and parsing as one remote job does.

python benchmarks/parse_time.py     Beside an empty Snakefile, in turns, best of five; prints a table and whether torch was imported.
Every job on a cluster parses the workflow twice, so this is paid for every job.
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
PER_JOB, SHARE, TURNS = 0.003, 1.2, 5


def timed(command, folder):
    began = time.perf_counter()
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    if done.returncode:
        sys.exit(done.stdout + done.stderr)
    return time.perf_counter() - began, done.stdout + done.stderr


def main():
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        (folder / "Snakefile").write_text(EMPTY)
        for name in ("config.yaml", "configs", "resources", "workflow_scripts"):
            (folder / name).symlink_to(ROOT / name)
        snakemake = [sys.executable, "-m", "snakemake", "--cores", "1", "-n", "--quiet", "all"]
        ours = [*snakemake, "--snakefile", str(ROOT / "Snakefile"), "--configfile", "configs/paper.yaml"]
        target = "results/paper/data/brain/records.csv"
        commands = {
            "empty Snakefile": snakemake,
            "dry run of the paper": ours,
            "parsing for one job": [*snakemake, "--allowed-rules", "data", *ours[len(snakemake) :], "--", target],
        }
        best = {name: min(timed(command, folder)[0] for _ in range(TURNS)) for name, command in commands.items()}
        counted = [argument for argument in ours if argument not in ("--quiet", "all")]
        jobs = int(re.findall(r"^total\s+(\d+)", timed(counted, folder)[1], re.MULTILINE)[-1])
        imported = timed([sys.executable, "-X", "importtime", *ours[1:]], folder)[1]
    for name, seconds in best.items():
        print(f"{name:22} {seconds:6.2f} s")
    allowed = SHARE * (best["empty Snakefile"] + PER_JOB * jobs)
    print(
        f"jobs                   {jobs:6d}\nallowed for the grid   {allowed:6.2f} s ({SHARE} x (empty + {PER_JOB * 1000:g} ms a job))"
    )
    heavy = [
        name
        for name in ("torch", "diffusers", "transformers", "numpy", "pandas")
        if re.search(rf"\| +{name}$", imported, re.MULTILINE)
    ]
    print("imported while parsing:", ", ".join(heavy) or "none of torch, diffusers, transformers, numpy, pandas")


if __name__ == "__main__":
    main()
