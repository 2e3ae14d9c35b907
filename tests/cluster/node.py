"""A folder that looks like a clone, and commands on it and on the Slurm that slurm_node.sh starts."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import configs
from configs import ROOT

NODE = str(Path(__file__).with_name("slurm_node.sh"))
SMOKE = ["--configfile", "configs/smoke.yaml"]
COMMAND = [sys.executable, "-m", "snakemake", "--profile", "slurm", *SMOKE]
# Jobs run this tree's library, and the accidents.
PYTHONPATH = os.pathsep.join([str(Path(__file__).with_name("accidents")), str(ROOT)])

STARTED = []  # every Snakemake left running


def why_not() -> str:
    """Why this machine cannot run a Slurm of its own; empty where it can."""
    if os.geteuid() != 0:
        return "starting slurmctld and slurmd needs root"
    if Path("/etc/slurm/slurm.conf").exists():
        return "this machine belongs to a Slurm already (/etc/slurm/slurm.conf)"
    if not shutil.which("slurmctld") and not shutil.which("apt-get"):
        return "no Slurm here, and no apt-get to install it: not a Debian"
    with tempfile.TemporaryDirectory() as folder:
        if subprocess.run(["mknod", f"{folder}/gpu", "c", "1", "3"], capture_output=True).returncode:
            return "pretend GPUs cannot be made here (mknod)"
    done = subprocess.run([NODE, "install"], capture_output=True, text=True)
    if done.returncode:
        return f"Debian's Slurm packages cannot be installed: {done.stderr.strip().splitlines()[-1:]}"
    return ""


def workspace(folder):
    """A folder that looks like a clone, with the profile for Slurm."""
    configs.workspace(folder)
    (folder / "slurm").symlink_to(ROOT / "slurm")
    return folder


def started(slurm, folder, *arguments, more_configs=(), accidents="[]"):
    """Snakemake as the README says, left running; what it prints goes to FOLDER/said.

    It asks for states every second: a test's jobs take seconds, and the executor waits 10 s longer after every look
    that shows nothing new (accidents/sitecustomize.py).
    """
    environment = {
        **slurm.environment,
        "LDCORE_ACCIDENTS": accidents,
        "LDCORE_POLL": "1",
        "PYTHONPATH": PYTHONPATH,
    }
    with open(folder / "said", "w") as said:
        # env: a shell that runs these tests in the background has them ignore SIGINT.
        STARTED.append(
            subprocess.Popen(
                ["env", "--default-signal=INT", *COMMAND, *more_configs, *arguments],
                cwd=folder,
                env=environment,
                stdout=said,
                stderr=said,
                start_new_session=True,
            )
        )
    return STARTED[-1]


def finished(slurm, folder, *arguments, accidents="[]", timeout=300):
    """The same, waited for; its exit status."""
    return started(slurm, folder, *arguments, accidents=accidents).wait(timeout)


def submitted_as_array(slurm, folder, rule, accidents):
    """What is missing of a rule as one Slurm array, waited for."""
    environment = {**slurm.environment, "LDCORE_ACCIDENTS": accidents, "PYTHONPATH": PYTHONPATH}
    command = [sys.executable, "workflow_scripts/slurm_array.py", "--rule", rule, *SMOKE]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


def output(slurm, *command) -> str:
    """What a Slurm command prints."""
    return subprocess.run(command, env=slurm.environment, capture_output=True, text=True, check=True).stdout


def slurm_jobs(slurm, folder) -> list[dict]:
    """`scontrol show job` of every job submitted from a folder, in order."""
    lines = output(slurm, "scontrol", "show", "job", "--oneliner").splitlines()
    jobs = [dict(word.split("=", 1) for word in line.split() if "=" in word) for line in lines]
    return [job for job in jobs if job.get("WorkDir") == str(folder)]


def waited(condition, what: str, timeout=300):
    """The condition's value once it is true."""
    end = time.monotonic() + timeout
    while not (value := condition()):
        assert time.monotonic() < end, f"waited {timeout} s for {what}"
        time.sleep(0.3)
    return value


def as_nobody(group) -> list[str]:
    """What to put before a command so that user `nobody` of a group gives it."""
    # Reads everything, as a colleague reads a shared file system: here Python may lie in root's home. Writes only what
    # its user may.
    capabilities = "-all,+dac_read_search"
    return [
        "setpriv",
        "--reuid=nobody",
        f"--regid={group}",
        "--clear-groups",
        f"--inh-caps={capabilities}",
        f"--bounding-set={capabilities}",
        "--ambient-caps=+dac_read_search",
    ]


def by_another_user(slurm, folder, group, home):
    """Snakemake as above, started by another user and waited for."""
    home.mkdir(mode=0o777, exist_ok=True)
    home.chmod(0o777)
    return subprocess.run(
        [*as_nobody(group), *COMMAND],
        cwd=folder,
        env={**slurm.environment, "HOME": str(home)},
        capture_output=True,
        text=True,
    )


def tables(folder) -> dict:
    return {path.name: path.read_bytes() for path in sorted((folder / "results/smoke/tables").iterdir())}


def results(folder) -> dict:
    """Bytes of all tables and fine-tuned weights, but for the seconds that a search took, which are a table's."""
    made = {name: content for name, content in tables(folder).items() if name not in ("deltas.md", "deltas.tex")}
    made["deltas.csv"] = b"".join(line for line in made["deltas.csv"].splitlines(True) if b",seconds," not in line)
    return made | {
        str(path.relative_to(folder)): path.read_bytes() for path in folder.glob("results/smoke/runs/**/*.safetensors")
    }
