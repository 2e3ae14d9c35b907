"""A Slurm of one node for the session."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

import pytest
from node import NODE, STARTED, why_not

from configs import ROOT


@pytest.fixture(scope="session")
def slurm():
    if reason := why_not():
        pytest.skip(reason)
    folder = Path(tempfile.mkdtemp(prefix="slurm-node-"))
    try:
        started = subprocess.run([NODE, "start", folder], stdout=subprocess.PIPE, text=True)
        assert started.returncode == 0, started.stdout
        environment = {
            **os.environ,
            "SLURM_CONF": str(folder / "slurm.conf"),
            "PYTHONPATH": str(ROOT),  # this tree's library
            "PATH": os.pathsep.join([str(folder / "bin"), str(Path(sys.executable).parent), os.environ["PATH"]]),
        }
        yield SimpleNamespace(
            environment=environment, log=folder / "slurmd.log", host=os.uname().nodename.split(".")[0]
        )
    finally:
        for snakemake in STARTED:
            if snakemake.poll() is None:  # left by a test that failed
                os.killpg(snakemake.pid, signal.SIGKILL)
        subprocess.run(["scancel", "--user=root"], env={**os.environ, "SLURM_CONF": str(folder / "slurm.conf")})
        subprocess.run([NODE, "stop", folder])
        shutil.rmtree(folder, ignore_errors=True)
