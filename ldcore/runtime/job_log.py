"""A job and its log: the first line says where the job runs, the last line that it is done.

The summary of a run (workflow_scripts/summary.py) reads both lines again.
"""

import errno
import os
import re
import signal
import socket
import sys
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from ldcore.runtime.errors import UserError
from ldcore.runtime.files import disk_full_message, is_disk_full, process_runs

FIRST_LINE = re.compile(r"^job: host=(\S+) pid=(\d+) slurm=(\S+) started=(\S+)$", re.MULTILINE)
LAST_LINE = "job: done in "


@contextmanager
def as_job():
    """Print the first line of a job's log before the body and the last line after it; errors: `errors_for_people`."""
    started = datetime.now(UTC).isoformat(timespec="seconds")
    slurm = os.environ.get("SLURM_JOB_ID", "-")
    print(f"job: host={socket.gethostname()} pid={os.getpid()} slurm={slurm} started={started}", flush=True)
    began = time.perf_counter()
    with errors_for_people():
        yield
    print(f"{LAST_LINE}{time.perf_counter() - began:.1f} s", flush=True)


@contextmanager
def errors_for_people():
    """End the process with one sentence on stderr where a person can mend what went wrong.

    With status 1 after a UserError, a full disk, a name that no file can have, a missing permission and SIGTERM, with
    130 after Ctrl-C. Any other exception passes.
    """
    signal.signal(signal.SIGTERM, _exit_on_sigterm)
    try:
        yield
    except UserError as error:
        sys.exit(f"error: {error}")
    except PermissionError as error:
        path = Path(error.filename or ".")
        if _owner(path) == os.getuid():
            sys.exit(
                f"error: {error.strerror}: {path} may not be read or written by you; change its mode (chmod u+rwX), or "
                "name another place."
            )
        sys.exit(
            f"error: {error.strerror}: {path} belongs to another user, who can share it "
            "(docs/cluster.md, Several people)."
        )
    except KeyboardInterrupt:
        print("error: stopped by Ctrl-C; what can go on does with the same command.", file=sys.stderr)
        sys.exit(130)  # as a shell counts it
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            sys.exit(f"error: {error.strerror}: {error.filename}; use a shorter name.")
        if not is_disk_full(error, "."):
            raise
        sys.exit(f"error: {disk_full_message(error.filename or 'the outputs')}")


def _exit_on_sigterm(number, frame):
    """Raise SystemExit, so that `finally` clauses run and temporary files are removed."""
    sys.exit("error: stopped by SIGTERM: cancelled, or over its time or memory; a retry resumes.")


def _owner(path: Path) -> int:
    """User id of the owner of a path, or of its nearest parent that exists."""
    existing = next(parent for parent in (path, *path.absolute().parents) if os.path.exists(parent))
    return os.stat(existing).st_uid


def job_state(log, queue: set[str] | None) -> tuple[str, float]:
    """How a job stands whose outputs are missing, read from its log, and the hours since it started.

    queue: ids of the Slurm jobs that have not ended; None where squeue does not answer. A Slurm job whose log has no
    last line then counts as running. The states:

        waiting  it has no log, or the log of a run that is done: it is to run (again)
        running  its log has no last line, and its machine or Slurm still runs it
        failed   its log ends with an error
        stopped  its log ends without one, and nothing runs it any more
    """
    log = Path(log)
    text = log.read_text(errors="replace") if log.is_file() else ""
    first_line = FIRST_LINE.search(text)
    if not first_line:
        return ("failed", 0.0) if "error" in text.lower() else ("waiting", 0.0)
    host, pid, slurm, started = first_line.groups()
    started = datetime.fromisoformat(started).timestamp()
    hours_logged = (log.stat().st_mtime - started) / 3600
    if LAST_LINE in text.rstrip().rsplit("\n", 1)[-1]:
        return "waiting", hours_logged
    if slurm != "-":
        runs = queue is None or slurm in queue
    else:
        runs = host != socket.gethostname() or process_runs(int(pid))
    if runs:
        return "running", (time.time() - started) / 3600
    return ("failed" if re.search("error: |Traceback", text) else "stopped"), hours_logged
