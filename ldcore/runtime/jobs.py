"""A job and the log it writes: a first line that says where it runs, a last line that says how it ended.

The summary of a run (workflow_scripts/summary.py) reads both again.
"""

import os
import re
import signal
import socket
import sys
import time
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path

from ldcore.runtime.errors import UserError
from ldcore.runtime.files import alive, full, no_space

FIRST = re.compile(r"^job: host=(\S+) pid=(\d+) slurm=(\S+) started=(\S+)$", re.MULTILINE)
LAST = "job: done in "


@contextmanager
def announced():
    """Print the first and last line of a job's log; people's errors, a full disk, a closed folder and SIGTERM end it with
    one sentence."""
    started = datetime.now(timezone.utc).isoformat(timespec="seconds")
    print(
        f"job: host={socket.gethostname()} pid={os.getpid()} slurm={os.environ.get('SLURM_JOB_ID', '-')} started={started}",
        flush=True,
    )
    began = time.perf_counter()
    # SystemExit, so that temporary files are removed.
    signal.signal(
        signal.SIGTERM,
        lambda *_: sys.exit("error: stopped by SIGTERM: cancelled, or over its time or memory; a retry resumes."),
    )
    try:
        yield
    except UserError as error:
        sys.exit(f"error: {error}")
    except PermissionError as error:
        path = Path(error.filename or ".")
        if os.stat(next(one for one in (path, *path.absolute().parents) if os.path.exists(one))).st_uid == os.getuid():
            raise
        sys.exit(
            f"error: {error.strerror}: {path} belongs to another user, who can share it (docs/cluster.md, Several people)."
        )
    except OSError as error:
        if not full(error, "."):
            raise
        sys.exit(f"error: {no_space(error.filename or 'the outputs')}")
    print(f"{LAST}{time.perf_counter() - began:.1f} s", flush=True)


def take_gpu(count: int, folder) -> int | None:
    """On a machine of `count` GPUs without a scheduler: lock the first free one until this process ends; its number.

    None where there is nothing to share: count 0, or CUDA_VISIBLE_DEVICES set (by Slurm or by hand). UserError: all are taken.
    """
    import fcntl

    if not count or os.environ.get("CUDA_VISIBLE_DEVICES") is not None:
        return None
    for gpu in range(count):
        file = open(Path(folder, f"ldcore-{os.getuid()}-gpu{gpu}.lock"), "w")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            continue
        HELD.append(file)
        os.environ["CUDA_VISIBLE_DEVICES"] = str(gpu)
        return gpu
    raise UserError(
        f"All {count} GPUs are taken; give this job's rule gpu: 1 under `resources` of the config, or lower --resources gpu."
    )


HELD = []  # open lock files: closed, hence unlocked, by the process's end however it comes


def state(log, queue: set[str] | None) -> tuple[str, float]:
    """(running, failed, stopped or waiting; hours since its start), of a job whose outputs are not there, from its log.

    queue: ids of the Slurm jobs that have not ended; None: nobody knows, so a Slurm job without an end counts as running. stopped: it wrote no end and its machine no longer runs it. waiting: no log, or
    a log that ends well, so that the job is to run again.
    """
    log = Path(log)
    text = log.read_text(errors="replace") if log.is_file() else ""
    found = FIRST.search(text)
    if not found:
        return ("failed", 0.0) if "error" in text.lower() else ("waiting", 0.0)
    host, pid, slurm, started = found.groups()
    end = text.rstrip().rsplit("\n", 1)[-1]
    last = log.stat().st_mtime
    began = datetime.fromisoformat(started).timestamp()
    if LAST in end:
        return "waiting", (last - began) / 3600
    if (queue is None or slurm in queue) if slurm != "-" else (host != socket.gethostname() or alive(int(pid))):
        return "running", (time.time() - began) / 3600
    return ("failed" if re.search("error: |Traceback", text) else "stopped"), (last - began) / 3600
