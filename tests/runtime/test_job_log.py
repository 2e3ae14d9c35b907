"""A job's log says how it went; a full disk and a cancelled job end in one sentence."""

import errno
import os
import signal
import socket
import subprocess
import sys
from types import SimpleNamespace

import pytest

from ldcore.runtime.errors import UserError
from ldcore.runtime.files import atomic
from ldcore.runtime.job_log import as_job, job_state

HOST = socket.gethostname()
START = "2026-01-02T03:04:05+00:00"


def log(tmp_path, text):
    path = tmp_path / "job.log"
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    "text, queue, expected",
    [
        (f"job: host={HOST} pid={os.getpid()} slurm=- started={START}\n50%|", set(), "running"),
        (f"job: host={HOST} pid=4194300 slurm=- started={START}\n50%|", set(), "stopped"),
        (f"job: host={HOST} pid=4194300 slurm=- started={START}\nerror: no such file\n", set(), "failed"),
        (
            f"job: host={HOST} pid=4194300 slurm=- started={START}\nTraceback (most recent call last):\n",
            set(),
            "failed",
        ),
        (f"job: host=node7 pid=1 slurm=42 started={START}\n", {"42"}, "running"),
        (f"job: host=node7 pid=1 slurm=42 started={START}\n", {"43"}, "stopped"),
        (f"job: host=node7 pid=1 slurm=42 started={START}\n", None, "running"),
        (f"job: host=node7 pid=1 slurm=42 started={START}\n99%|\rjob: done in 4.0 s\n", set(), "waiting"),
        ("", set(), "waiting"),
        ("usage: error: the following arguments are required\n", set(), "failed"),
    ],
    ids=range(10),  # the texts have the number of this process in them
)
def test_the_state_of_a_job_follows_from_its_log(tmp_path, text, queue, expected):
    state, hours = job_state(log(tmp_path, text), queue)
    assert state == expected and (hours > 0) == text.startswith("job:")


def test_no_log_is_a_job_that_waits(tmp_path):
    assert job_state(tmp_path / "none.log", set()) == ("waiting", 0.0)


def test_a_log_says_where_it_ran_and_that_it_ended(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("SLURM_JOB_ID", "17")
    with as_job():
        assert job_state(log(tmp_path, capsys.readouterr().out), {"17"})[0] == "running"
    assert capsys.readouterr().out.startswith("job: done in ")


@pytest.mark.parametrize(
    "number, sentence",
    [(errno.ENOSPC, "error: No space left on the disk for a/b.npz"), (errno.EDQUOT, "No space left")],
)
def test_a_full_disk_and_a_closed_folder_are_one_sentence(number, sentence, tmp_path, monkeypatch):
    with pytest.raises(SystemExit, match=sentence), as_job():
        raise OSError(number, "full", "a/b.npz")
    with pytest.raises(SystemExit, match="error: denied: .*/a may not be read or written by you; change"), as_job():
        raise PermissionError(errno.EACCES, "denied", str(tmp_path / "a"))
    monkeypatch.setattr("os.getuid", lambda: os.stat(tmp_path).st_uid + 1)
    with pytest.raises(SystemExit, match="error: denied: .*/a belongs to another user, who can share it"), as_job():
        raise PermissionError(errno.EACCES, "denied", str(tmp_path / "a"))
    with pytest.raises(SystemExit, match="error: too long: a/nnn; use a shorter name"), as_job():
        raise OSError(errno.ENAMETOOLONG, "too long", "a/nnn")
    with pytest.raises(FileNotFoundError), as_job():
        raise FileNotFoundError(errno.ENOENT, "absent", "a")


def test_a_library_that_hides_a_full_disk_does_not(tmp_path, monkeypatch):
    def fails():
        with atomic(tmp_path / "x.pt"):
            raise RuntimeError("unexpected pos 128 vs 0")

    with pytest.raises(RuntimeError):
        fails()
    monkeypatch.setattr("shutil.disk_usage", lambda folder: SimpleNamespace(free=0))
    with pytest.raises(UserError, match="No space left on the disk for .*x.pt; free some"):
        fails()


WRITE = """
import sys, time
from ldcore.runtime.files import atomic
from ldcore.runtime.job_log import as_job
with as_job(), atomic(sys.argv[1]) as temporary:
    temporary.write_text("half")
    print("ready", flush=True)
    time.sleep(60)
"""


@pytest.mark.parametrize(
    "sent, status, sentence",
    [
        (signal.SIGTERM, 1, "error: stopped by SIGTERM"),
        (signal.SIGINT, 130, "error: stopped by Ctrl-C; what can go on does with the same command.\n"),
    ],
)
def test_a_stopped_job_removes_temporary_files_and_says_so(tmp_path, sent, status, sentence):
    job = subprocess.Popen(
        [sys.executable, "-c", WRITE, tmp_path / "x.txt"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell ignores it for what runs behind it
    )
    assert job.stdout.readline().startswith("job: ") and job.stdout.readline() == "ready\n"
    assert len(list(tmp_path.iterdir())) == 1
    job.send_signal(sent)
    said = job.communicate(timeout=20)[1]
    assert sentence in said and "Traceback" not in said and job.returncode == status
    assert not list(tmp_path.iterdir())
