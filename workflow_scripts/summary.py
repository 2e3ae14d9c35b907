"""How far a run is: every job with its state and log, GPU hours spent and to come, and what it says of the claims.

python workflow_scripts/summary.py [--csv FILE] [--measured results/NAME ...] [options of snakemake: --configfile ...]

A job is done, running, failed, stopped (its log has no end, and its machine no longer runs it) or waiting. GPU hours to
come follow from the mean seconds of a rule's jobs that are done; where none is, from another run's: --measured. Once
the table of claims is there, how many rows of each claim of the paper are supported, contradicted or not resolved.
What was made by older code is named, with what makes it again.
"""

import argparse
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd

from ldcore.commands.summary import add_arguments
from ldcore.report import markup, older, verdicts
from ldcore.report.results import Results
from ldcore.runtime.errors import UserError
from ldcore.runtime.files import atomic
from ldcore.runtime.job_log import job_state

# A job in what a dry run prints: "rule NAME:", then indented lines "key: value".
JOB = re.compile(r"^(?:local)?rule (\w+):\n((?:    .*\n)+)", re.MULTILINE)
RESOURCES = ("gpu", "mem_mb", "runtime")
COLUMNS = ["rule", "wildcards", *RESOURCES, "threads", "inputs", "output", "log", "benchmark"]
STATES = ("done", "running", "failed", "stopped", "waiting")


def planned(arguments: list[str], *options: str) -> pd.DataFrame:
    """The jobs of a dry run, one row of COLUMNS per job: runtime in minutes, `output` its first one.

    arguments: Snakemake's, as the user gave them; options: more of them. Exits with Snakemake's own words on an error.
    """
    command = [sys.executable, "-m", "snakemake", "-n", "--cores", "1000", "--nocolor", "--nolock"]
    command += ["--rerun-incomplete", *options, *arguments]
    dry_run = subprocess.run(command, capture_output=True, text=True)
    if dry_run.returncode:
        sys.exit(dry_run.stdout + dry_run.stderr)
    jobs = []
    for rule, lines in JOB.findall(dry_run.stdout + dry_run.stderr):
        values = dict(line.strip().split(": ", 1) for line in lines.splitlines() if ": " in line)
        if "log" not in values:  # rule all
            continue
        resources = dict(re.findall(r"\b(gpu|mem_mb|runtime)=(\d+)", values.get("resources", "")))
        jobs.append(
            {
                "rule": rule,
                "wildcards": values.get("wildcards", ""),
                **{name: int(resources.get(name, 0)) for name in RESOURCES},
                "threads": int(values.get("threads", 1)),
                "inputs": values["input"].split(", ") if "input" in values else [],
                "output": values["output"].split(", ")[0],
                "log": values["log"],
                "benchmark": values.get("benchmark", ""),
            }
        )
    return pd.DataFrame(jobs, columns=COLUMNS)


def seconds(benchmark) -> float:
    """What a finished job took, from its benchmark file; NaN where there is none."""
    path = Path(benchmark)
    return float(pd.read_csv(path, sep="\t")["s"].iloc[0]) if path.is_file() else float("nan")


def queue(*options: str) -> list[str] | None:
    """What squeue prints, one line per Slurm job that has not ended, or that the options ask for.

    None where squeue is absent or does not answer.
    """
    try:
        answer = subprocess.run(["squeue", "--noheader", "--array", *options], capture_output=True, text=True)
    except FileNotFoundError:
        return None
    return None if answer.returncode else answer.stdout.splitlines()


def message(log) -> str:
    """The last error of a log, else its last line that is not empty."""
    lines = [line for line in Path(log).read_text(errors="replace").split("\n") if line.strip()]
    errors = [line for line in lines if line.startswith("error: ")]
    return (errors or lines or [""])[-1]


def with_states(jobs: pd.DataFrame, missing: set[str]) -> pd.DataFrame:
    """The jobs with three more columns: state, hours (of a running job so far) and message, why a failed job failed.

    missing: first outputs of the jobs that are not done.
    """
    slurm_ids, rows = queue("--format=%A"), []
    for job in jobs.itertuples():
        if job.output in missing:
            state, hours = job_state(job.log, slurm_ids)
        else:
            state, hours = "done", seconds(job.benchmark) / 3600
        rows.append({"state": state, "hours": hours, "message": message(job.log) if state == "failed" else ""})
    return pd.concat([jobs, pd.DataFrame(rows, columns=["state", "hours", "message"])], axis=1)


def by_rule(jobs: pd.DataFrame, measured: dict[str, float]) -> pd.DataFrame:
    """One row per rule: jobs in each state, mean seconds a job, GPU hours spent and to come. The last row is the total.

    measured: mean seconds of a rule in other runs, for rules of which no job is done.
    """
    rows = []
    for rule, group in jobs.groupby("rule", sort=False):
        counts = group["state"].value_counts()
        mean = (group["hours"][group["state"] == "done"] * 3600).mean()
        mean = measured.get(rule, float("nan")) if pd.isna(mean) else mean
        gpus = group["gpu"].iloc[0]
        to_come = (len(group) - counts.get("done", 0)) * gpus * mean / 3600
        rows.append(
            {
                "rule": rule,
                "jobs": len(group),
                **{state: counts.get(state, 0) for state in STATES},
                "mean_s": mean,
                "gpu_h_spent": (group["hours"] * group["gpu"]).sum(),
                "gpu_h_to_come": to_come if gpus else 0.0,
            }
        )
    table = pd.DataFrame(rows)
    total = table.drop(columns=["rule", "mean_s"]).sum(skipna=False)
    table = pd.concat([table, pd.DataFrame([{"rule": "total", "mean_s": float("nan"), **total}])], ignore_index=True)
    return table.astype({name: int for name in ("jobs", *STATES)})


def measurements(folders: list[str]) -> dict[str, float]:
    """Mean seconds of each rule in other runs, from the files under their results/NAME/benchmarks.

    These lie as Store.benchmark says: RULE/IDS.tsv. Rules finetune, edit and edit_train have a rule of their own per
    method, which is the second of their ids. UserError: a folder that is none of a run.
    """
    samples: dict[str, list[float]] = {}
    for folder in (Path(folder, "benchmarks") for folder in folders):
        if not folder.is_dir():
            raise UserError(
                f"--measured {folder.parent}: {folder} is missing; give results/NAME of a run that has begun."
            )
        for path in folder.rglob("*.tsv"):
            rule, *ids = path.relative_to(folder).with_suffix("").parts
            rules = [rule, f"{rule}_{ids[1]}"] if rule in ("finetune", "edit", "edit_train") else [rule]
            for name in rules:
                samples.setdefault(name, []).append(seconds(path))
    return {rule: sum(values) / len(values) for rule, values in samples.items()}


def claims_so_far(jobs: pd.DataFrame) -> str:
    """Verdicts on the paper's claims, counted, from the table of claims; '' while it is not done."""
    tables = jobs[(jobs["rule"] == "table") & (jobs["wildcards"] == "table=claims") & (jobs["state"] == "done")]
    if tables.empty:
        return ""
    rows = markup.read(tables["output"].iloc[0])
    return f"\nThe paper's claims: {verdicts.total(rows)}\n\n{verdicts.overview(rows).to_string(index=False)}"


def older_code(jobs: pd.DataFrame) -> str:
    """What is of older code, in the words of the tables; '' where nothing is, or no job has started yet."""
    pages = jobs[jobs["rule"] == "page"]["output"]  # results/NAME/report/index.html
    config = Path(pages.iloc[0]).parents[1] / "config.yaml" if len(pages) else None
    if not config or not config.is_file():
        return ""
    results = Results.opened(config)
    return "".join(f"\n{note}\n" for note in older.notes(results, older.older(results)))


def main(csv, measured, arguments):
    """Print jobs by rule, those that failed, stopped or run, and the claims; write all to the file `csv`, if given."""
    known = measurements(measured)
    jobs = planned(arguments, "--forceall")
    jobs = with_states(jobs, set(planned(arguments)["output"]))
    table = by_rule(jobs, known)
    print(table.to_string(index=False, na_rep="?", float_format=lambda value: f"{value:.2f}"))
    for state in ("failed", "stopped", "running"):
        for job in jobs[jobs["state"] == state].itertuples():
            print(f"\n{state}: {job.rule} {job.wildcards} ({job.hours * 60:.1f} min)  {job.log}")
            if job.message:
                print(f"    {job.message}")
    if table["gpu_h_to_come"].isna().any():
        print(
            "\n?: no job of this rule is done yet; run one, "
            "or give --measured results/NAME of a run on the same machine."
        )
    if claims := claims_so_far(jobs):
        print(claims)
    if note := older_code(jobs):
        print(note)
    if csv:
        with atomic(csv) as temporary:
            jobs.drop(columns=["mem_mb", "runtime", "threads", "inputs", "benchmark"]).to_csv(temporary, index=False)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_arguments(parser)
    known, snakemake_arguments = parser.parse_known_args()
    try:
        main(known.csv, known.measured, snakemake_arguments)
    except UserError as error:
        sys.exit(f"error: {error}")
