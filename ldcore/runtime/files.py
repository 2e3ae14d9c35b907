"""Writing so that a killed job leaves no half-written file: to a temporary name beside the target, then rename."""

import errno
import glob
import hashlib
import json
import os
import shutil
import socket
import tempfile
from contextlib import contextmanager
from pathlib import Path

from ldcore.runtime.errors import UserError


@contextmanager
def atomic(path):
    """Yield a temporary path with the same suffix in the same folder; rename it to `path` on success, remove it on error.

    What a job that was killed on this machine left beside `path` is removed first. UserError: the disk is full.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    host = socket.gethostname()  # a shared folder sees the process numbers of many machines
    for left in path.parent.glob(f".{glob.escape(host)}.*.part.{glob.escape(path.name)}"):
        number = left.name.removeprefix(f".{host}.").split(".part.")[0]
        if number.isdecimal() and not alive(int(number)):  # else of a host whose name begins like this one's
            left.unlink(missing_ok=True)
    temporary = path.with_name(f".{host}.{os.getpid()}.part.{path.name}")
    try:
        yield temporary
        readable(temporary)
        os.replace(temporary, path)
    except Exception as error:
        if full(error, path.parent):
            raise UserError(no_space(path)) from error
        raise
    finally:
        temporary.unlink(missing_ok=True)


def readable(path) -> None:
    """Add the access that the umask grants: safetensors writes for the owner alone, which locks out a group's other members."""
    mask = os.umask(0)
    os.umask(mask)
    mode = os.stat(path).st_mode & 0o7777
    if mode | (0o666 & ~mask) != mode:
        os.chmod(path, mode | (0o666 & ~mask))


def full(error: BaseException, folder) -> bool:
    """Whether an error says that a disk is full; libraries that hide the reason are believed where nothing is left in the folder."""
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT)
    return shutil.disk_usage(folder).free < 1 << 16


def no_space(path) -> str:
    """What to say then."""
    return f"No space left on the disk for {path}; free some and give the same command again."


def check_writable(*folders) -> None:
    """UserError: one of the folders, or a folder right in it, exists and is not this user's to write."""
    for folder in (inner for outer in folders for inner in (outer, *Path(outer).glob("*/"))):
        if os.path.isdir(folder) and not os.access(folder, os.W_OK | os.X_OK):
            theirs = (
                "belongs to another user and"
                if os.stat(folder).st_uid != os.getuid()
                else "has a mode, or lies on a disk, that"
            )
            raise UserError(
                f"Folder {folder} {theirs} cannot be written by you; run in a clone of your own, or have its owner share it "
                "(docs/cluster.md, Several people)."
            )


def alive(pid: int) -> bool:
    """Whether this machine runs a process of that number."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def staged(path) -> Path:
    """A copy of a file or folder on the node's own disk, $LDCORE_SCRATCH (variables in it are expanded), made once; unset: `path`.

    The copy's place follows from the names, sizes and times of what is copied, so a changed source is copied anew.
    """
    path, scratch = Path(path), os.path.expandvars(os.environ.get("LDCORE_SCRATCH", ""))
    if not scratch:
        return path
    if "$" in scratch:
        raise UserError(
            f"Config scratch: {scratch} names a variable that this node does not set; give a folder of its own disk."
        )
    inside = sorted(path.rglob("*")) if path.is_dir() else [path]
    found = [(str(one), one.stat().st_size, one.stat().st_mtime_ns) for one in inside if one.is_file()]
    target = Path(scratch, f"ldcore-{os.getuid()}", digest(str(path.resolve()), found), path.name)
    if not target.exists():
        with tempfile.TemporaryDirectory(dir=made(target.parent)) as folder:
            copy = shutil.copytree if path.is_dir() else shutil.copy2
            copied = copy(path, Path(folder, path.name))
            try:
                os.rename(copied, target)
            except OSError:
                if not target.exists():  # else another job was first
                    raise
    return target


def beside(path, folder) -> Path:
    """A path that may count from a folder too: itself where it exists, else folder/path."""
    return Path(path) if Path(path).exists() else Path(folder or "", path)


def made(folder: Path) -> Path:
    """The folder, made where it does not exist."""
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def write_json(path, value) -> None:
    """Write `value` as indented JSON, atomically."""
    with atomic(path) as temporary:
        temporary.write_text(json.dumps(value, indent=1, sort_keys=True) + "\n")


def read_json(path):
    """Read a JSON file."""
    return json.loads(Path(path).read_text())


def sha256(path) -> str:
    """The file's sha256 in hexadecimal, read in pieces."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digest(*values) -> str:
    """Sixteen hex digits of the JSON of the values: equal settings, equal digest."""
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:16]
