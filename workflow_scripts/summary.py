"""How far a run is: every job done, running, failed, stopped or waiting, with its log, and GPU hours spent and to come.

python workflow_scripts/summary.py [--csv FILE] [--measured results/NAME ...] [anything for snakemake, e.g. --configfile my.yaml]

stopped: it wrote no end and its machine no longer runs it. Before anything ran, GPU hours to come need the mean seconds a job of each
rule took in another run: --measured.
"""

import argparse
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd

from ldcore.runtime.files import atomic
from ldcore.runtime.jobs import job_state

BLOCK = re.compile(r"^(?:local)?rule (\w+):\n((?:    .*\n)+)", re.MULTILINE)
ASKED = ("gpu", "mem_mb", "runtime")
COLUMNS = ["rule", "wildcards", *ASKED, "threads", "inputs", "output", "log", "benchmark"]
STATES = ("done", "running", "failed", "stopped", "waiting")


def planned(arguments: list[str], *more) -> pd.DataFrame:
    """The jobs of a dry run, a row of COLUMNS each: runtime in minutes, output the first one. Exits with Snakemake's own words on an error."""
    command = [
        sys.executable,
        "-m",
        "snakemake",
        "-n",
        "--cores",
        "1000",
        "--nocolor",
        "--nolock",
        "--rerun-incomplete",
        *more,
        *arguments,
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stdout + done.stderr)
    found = []
    for rule, block in BLOCK.findall(done.stdout + done.stderr):
        keys = dict(line.strip().split(": ", 1) for line in block.splitlines() if ": " in line)
        if "log" in keys:
            asked = dict(re.findall(r"\b(gpu|mem_mb|runtime)=(\d+)", keys.get("resources", "")))
            found.append(
                {
                    "rule": rule,
                    "wildcards": keys.get("wildcards", ""),
                    **{name: int(asked.get(name, 0)) for name in ASKED},
                    "threads": int(keys.get("threads", 1)),
                    "inputs": keys["input"].split(", ") if "input" in keys else [],
                    "output": keys["output"].split(", ")[0],
                    "log": keys["log"],
                    "benchmark": keys.get("benchmark", ""),
                }
            )
    return pd.DataFrame(found, columns=COLUMNS)


def seconds(benchmark) -> float:
    """What a finished job took, from its benchmark file; NaN where there is none."""
    path = Path(benchmark)
    return float(pd.read_csv(path, sep="\t")["s"].iloc[0]) if path.is_file() else float("nan")


def queue(*options) -> list[str] | None:
    """What squeue says of each Slurm job that has not ended, or that the options ask for; None where it does not answer."""
    try:
        done = subprocess.run(["squeue", "--noheader", "--array", *options], capture_output=True, text=True)
    except FileNotFoundError:
        return None
    return None if done.returncode else done.stdout.splitlines()


def with_states(jobs: pd.DataFrame, left: set[str]) -> pd.DataFrame:
    """Add state, hours (so far, or of the last attempt) and said (a failed job's last words)."""
    ids, rows = queue("--format=%A"), []
    for job in jobs.itertuples():
        taken = seconds(job.benchmark)
        found, hours = ("done", taken / 3600) if job.output not in left else job_state(job.log, ids)
        lines = Path(job.log).read_text(errors="replace").split("\n") if found == "failed" else []
        said = (
            [line for line in lines if line.startswith("error: ")] or [line for line in lines if line.strip()] or [""]
        )
        rows.append({"state": found, "hours": hours, "said": said[-1]})
    return pd.concat([jobs, pd.DataFrame(rows, columns=["state", "hours", "said"])], axis=1)


def by_rule(jobs: pd.DataFrame, measured: dict[str, float]) -> pd.DataFrame:
    """A row a rule: jobs in each state, mean seconds of those done (else `measured`), GPU hours spent and to come."""
    rows = []
    for rule, group in jobs.groupby("rule", sort=False):
        counts = group["state"].value_counts()
        mean = (group["hours"][group["state"] == "done"] * 3600).mean()
        mean = measured.get(rule, float("nan")) if pd.isna(mean) else mean
        to_come = (len(group) - counts.get("done", 0)) * group["gpu"].iloc[0] * mean / 3600
        rows.append(
            {
                "rule": rule,
                "jobs": len(group),
                **{name: counts.get(name, 0) for name in STATES},
                "mean_s": mean,
                "gpu_h_spent": (group["hours"] * group["gpu"]).sum(),
                "gpu_h_to_come": to_come if group["gpu"].iloc[0] else 0.0,
            }
        )
    table = pd.DataFrame(rows)
    total = table.drop(columns=["rule", "mean_s"]).sum(skipna=False)
    table = pd.concat([table, pd.DataFrame([{"rule": "total", "mean_s": float("nan"), **total}])], ignore_index=True)
    return table.astype({name: int for name in ("jobs", *STATES)})


def measurements(folders: list[str]) -> dict[str, float]:
    """Mean seconds by rule of other runs, from the benchmark files under their results/NAME/benchmarks."""
    found: dict[str, list[float]] = {}
    for folder in folders:
        for path in Path(folder, "benchmarks").rglob("*.tsv"):
            parts = path.relative_to(Path(folder, "benchmarks")).with_suffix("").parts
            rule = (
                parts[0]
                if len(parts) > 1
                else re.sub(r"^(table|figure)\d.*|^gains$", lambda m: m[1] or "figure", parts[0])
            )
            method = {"finetune": 2, "edit": 2, "edit_train": 2}.get(rule)
            for name in {rule, f"{rule}_{parts[method]}" if method else rule}:
                found.setdefault(name, []).append(seconds(path))
    return {name: sum(values) / len(values) for name, values in found.items()}


def main(csv, measured, arguments):
    jobs = planned(arguments, "--forceall")
    jobs = with_states(jobs, set(planned(arguments)["output"]))
    table = by_rule(jobs, measurements(measured))
    print(table.to_string(index=False, na_rep="?", float_format=lambda value: f"{value:.2f}"))
    for name in ("failed", "stopped", "running"):
        for job in jobs[jobs["state"] == name].itertuples():
            print(
                f"\n{name}: {job.rule} {job.wildcards} ({job.hours * 60:.1f} min)  {job.log}"
                + (f"\n    {job.said}" if job.said else "")
            )
    if table["gpu_h_to_come"].isna().any():
        print(
            "\n?: no job of this rule is done yet; run one, or give --measured results/NAME of a run on the same machine."
        )
    if csv:
        with atomic(csv) as temporary:
            jobs.drop(columns=["mem_mb", "runtime", "threads", "inputs", "benchmark"]).to_csv(temporary, index=False)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--csv")
    parser.add_argument("--measured", nargs="+", default=[])
    known, rest = parser.parse_known_args()
    main(known.csv, known.measured, rest)
