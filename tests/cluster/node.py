"""A folder that looks like a clone, and commands on it and on the Slurm that slurm_node.sh starts."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
NODE = str(Path(__file__).with_name("slurm_node.sh"))
PARTS = ("Snakefile", "rules", "config.yaml", "configs", "schemas", "workflow_scripts", "resources", "envs", "profiles", "slurm")
# As the README says it, only asking more often: a test's jobs take seconds.
COMMAND = [sys.executable, "-m", "snakemake", "--profile", "slurm", "--configfile", "configs/smoke.yaml"]
OFTEN = ["--slurm-init-seconds-before-status-checks", "2", "--seconds-between-status-checks", "2"]


def why_not() -> str:
    """Why this machine cannot run a Slurm of its own; empty where it can."""
    if os.geteuid() != 0:
        return "starting slurmctld and slurmd needs root"
    if Path("/etc/slurm/slurm.conf").exists():
        return "this machine belongs to a Slurm already (/etc/slurm/slurm.conf)"
    if not shutil.which("slurmctld") and not shutil.which("apt-get"):
        return "no Slurm here, and no apt-get to install it: not a Debian"
    done = subprocess.run([NODE, "install"], capture_output=True, text=True)
    return "" if done.returncode == 0 else f"Debian's Slurm packages cannot be installed: {done.stderr.strip().splitlines()[-1:]}"


def workspace(folder):
    """A folder that looks like a clone, sharing the repository's files."""
    folder.mkdir(parents=True)
    for name in PARTS:
        (folder / name).symlink_to(ROOT / name)
    return folder


def started(slurm, folder, *arguments, accidents="[]"):
    """Snakemake as the README says, left running; what it prints goes to FOLDER/said."""
    environment = {**slurm.environment, "LDCORE_ACCIDENTS": accidents, "PYTHONPATH": str(Path(__file__).with_name("accidents"))}
    with open(folder / "said", "w") as said:
        return subprocess.Popen([*COMMAND, *OFTEN, *arguments], cwd=folder, env=environment, stdout=said, stderr=said,
                                start_new_session=True)


def finished(slurm, folder, *arguments, accidents="[]", timeout=300):
    """The same, waited for; its exit status."""
    return started(slurm, folder, *arguments, accidents=accidents).wait(timeout)


def asked(slurm, *command) -> str:
    """What a Slurm command prints."""
    return subprocess.run(command, env=slurm.environment, capture_output=True, text=True, check=True).stdout


def records(slurm, folder) -> list[dict]:
    """`scontrol show job` of every job submitted from a folder, in order."""
    lines = asked(slurm, "scontrol", "show", "job", "--oneliner").splitlines()
    found = [dict(word.split("=", 1) for word in line.split() if "=" in word) for line in lines]
    return [record for record in found if record.get("WorkDir") == str(folder)]


def waited(condition, what: str, timeout=120):
    """The condition's value once it is true."""
    end = time.monotonic() + timeout
    while not (value := condition()):
        assert time.monotonic() < end, f"waited {timeout} s for {what}"
        time.sleep(0.3)
    return value


def tables(folder) -> dict:
    return {path.name: path.read_bytes() for path in sorted((folder / "results/smoke/tables").iterdir())}
