"""Accidents for a test's jobs: Python runs this file at its start where PYTHONPATH names its folder.

LDCORE_ACCIDENTS: a JSON list of {"path": word, "do": "sleep" | "kill", "marker": file}. When a job renames a file whose
path holds the word, it sleeps afterwards, or is killed before; the marker is written, and it does not happen again.
LDCORE_POLL: seconds between two looks of Snakemake at the states of its Slurm jobs, in place of a wait that grows.
"""

import asyncio
import json
import os
import signal
import sys
import time

ACCIDENTS = json.loads(os.environ.get("LDCORE_ACCIDENTS", "[]"))
replace = os.replace


def replace_with_accidents(source, target, **options):
    for accident in ACCIDENTS:
        if accident["path"] in os.path.abspath(target) and not os.path.exists(accident["marker"]):
            open(accident["marker"], "w").close()
            if accident["do"] == "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            replace(source, target, **options)
            time.sleep(600)
    replace(source, target, **options)


if ACCIDENTS:
    os.replace = replace_with_accidents

if "LDCORE_POLL" in os.environ and "--profile" in sys.orig_argv:
    from snakemake_interface_executor_plugins.executors.remote import RemoteExecutor

    async def sleep(self):
        await asyncio.sleep(float(os.environ["LDCORE_POLL"]))

    RemoteExecutor.sleep = sleep
