"""Provenance: commit, machine, packages, and of every job the code that made it, its seconds and its memory."""

import os
import platform
import subprocess
from pathlib import Path

import pandas as pd

from ldcore.plan.resources import resources
from ldcore.report import older
from ldcore.runtime import code
from ldcore.runtime.files import digest, read_json


def section(results, of_older: list) -> dict:
    """The facts and packages, name -> text each, and jobs, a line a job that left a record.

    of_older: the jobs of older code (older.older).
    """
    jobs = [job for job in older.jobs(results) if job.record.exists()]
    stale = {job.record for job, _ in of_older}
    lines = [line(results, job, job.record in stale) for job in jobs]
    config = results.config
    return {
        "facts": {
            "Seed": str(config["seed"]),
            "Sampling seeds": ", ".join(map(str, config["sampling"]["seeds"])),
            "Training seeds": ", ".join(map(str, config["grid"]["training_seeds"])),
            "Commit at which the page was written": commit(),
            "Page written on": machine(),
            "Jobs": f"{len(lines)}, {sum(line['Wall seconds'] or 0 for line in lines) / 3600:.2f} hours in all",
        },
        "packages": {name: code.release(name) for name in sorted({*code.PACKAGES.values()}) if code.release(name)},
        "jobs": pd.DataFrame(lines).fillna(""),
    }


def line(results, job: older.Job, is_older: bool) -> dict:
    """One job: what it made, from which code, and what that took, where its benchmark file is there."""
    gpus = resources(results.config, (f"{job.stage}_{job.ids.get('method')}", job.stage))["gpu"]
    seconds, memory = took(results.store.benchmark(job.stage, *job.ids.values())) if job.ids else (None, None)
    return {
        "Stage": job.stage,
        "Of": ", ".join(job.ids.values()),
        "Wall seconds": seconds,
        "GPU hours asked": round(seconds * gpus / 3600, 4) if seconds and gpus else None,
        "Memory, MB": memory,
        "Code": digest(read_json(job.record))[:8] + (" (older)" if is_older else ""),
    }


def took(benchmark: Path) -> tuple[float | None, float | None]:
    """Seconds and megabytes of a job; None for what was not measured."""
    if not benchmark.exists():
        return None, None
    found = pd.read_csv(benchmark, sep="\t", na_values="-").iloc[0]
    return tuple(round(float(found[name]), 1) if pd.notna(found[name]) else None for name in ("s", "max_rss"))


def commit() -> str:
    """The commit of the suite, and whether its files differ from it; 'unknown' outside git."""
    try:
        said = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--abbrev=12"], cwd=code.ROOT, capture_output=True, text=True
        )
    except FileNotFoundError:
        return "unknown"
    return said.stdout.strip() or "unknown"


def machine() -> str:
    """Processor, cores and memory of this machine."""
    named = [row.split(":", 1)[1].strip() for row in cpuinfo() if row.startswith("model name")]
    gigabytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    name = named[0] if named else platform.machine()
    return f"{name}, {os.cpu_count()} cores, {gigabytes:.0f} GB, {platform.system()}"


def cpuinfo() -> list[str]:
    """The lines of /proc/cpuinfo; none elsewhere than on Linux."""
    path = Path("/proc/cpuinfo")
    return path.read_text().splitlines() if path.exists() else []
