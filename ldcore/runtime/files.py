"""Files appear whole or not at all: each is written to a temporary name beside its place, then renamed."""

import errno
import glob
import hashlib
import json
import os
import re
import shutil
import socket
import tempfile
from contextlib import contextmanager
from pathlib import Path

from ldcore.runtime.errors import UserError

MODEL_PARTS = ("tokenizer", "text_encoder", "vae", "unet", "scheduler")


@contextmanager
def atomic(path):
    """Yield a temporary path, same folder and suffix; rename it to `path` on success, remove it on an error.

    What killed jobs of this machine left beside `path` is removed first. UserError: the disk is full.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    host = socket.gethostname()  # a shared folder sees the process numbers of many machines
    for leftover in path.parent.glob(f".{glob.escape(host)}.*.part.{glob.escape(path.name)}"):
        pid = leftover.name.removeprefix(f".{host}.").split(".part.")[0]
        if pid.isdecimal() and not process_runs(int(pid)):  # no number: another host, whose name begins like this one's
            leftover.unlink(missing_ok=True)
    temporary = path.with_name(f".{host}.{os.getpid()}.part.{path.name}")
    try:
        with told_when_full(path):
            yield temporary
            apply_umask(temporary)
            os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def new_folder(path):
    """Yield a temporary folder beside `path`, which it becomes on success and which an error removes.

    UserError: `path` is there already, and not empty; the disk is full.
    """
    path = Path(path)
    if path.exists() and not (path.is_dir() and not any(path.iterdir())):
        raise UserError(f"{path} exists already; remove it or give another --out.")
    temporary = path.with_name(f".{os.getpid()}.part.{path.name}")
    temporary.mkdir(parents=True)
    try:
        with told_when_full(path):
            yield temporary
            for file in temporary.rglob("*"):
                if file.is_file() and file.stat().st_nlink == 1:  # else a link to a file of another's
                    apply_umask(file)
            os.replace(temporary, path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


@contextmanager
def told_when_full(path: Path):
    """Let errors pass, but for those of a full disk: UserError, which names the path that was to be written."""
    try:
        yield
    except Exception as error:
        if is_disk_full(error, path.parent):
            raise UserError(disk_full_message(path)) from error
        raise


def apply_umask(path) -> None:
    """Give a file the access that the umask grants.

    safetensors writes for the owner alone, which locks out the other members of a group.
    """
    mask = os.umask(0)
    os.umask(mask)
    mode = os.stat(path).st_mode & 0o7777
    if mode | (0o666 & ~mask) != mode:
        os.chmod(path, mode | (0o666 & ~mask))


def is_disk_full(error: BaseException, folder) -> bool:
    """Whether an error comes of a full disk.

    Some libraries hide the reason; their errors count where the folder's disk has less than 64 KiB left.
    """
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT)
    return shutil.disk_usage(folder).free < 1 << 16


def disk_full_message(path) -> str:
    """The error text for a full disk."""
    return f"No space left on the disk for {path}; free some and give the same command again."


def denied_message(path) -> str:
    """The error text for a file or folder that this user may not read."""
    return f"{path} may not be read by you (permission denied); have its owner share it, or copy it where you may."


def check_writable(*folders) -> None:
    """UserError: one of the folders, or one above it, is a file, or this user may not write there or right inside.

    Absent ones pass.
    """
    for outer in folders:
        there = next((place for place in (Path(outer), *Path(outer).parents) if os.path.lexists(place)), Path())
        if not os.path.isdir(there):
            raise UserError(
                f"{there} is no folder, so nothing can be written to {outer}; name another place, or move it."
            )
        for folder in (outer, *Path(outer).glob("*/")):
            if not os.path.isdir(folder) or os.access(folder, os.W_OK | os.X_OK):
                continue
            if os.stat(folder).st_uid != os.getuid():
                reason = "belongs to another user and"
            else:
                reason = "has a mode, or lies on a disk, that"
            raise UserError(
                f"Folder {folder} {reason} cannot be written by you; run in a clone of your own, or have its owner "
                "share it (docs/cluster.md, Several people)."
            )


def process_runs(pid: int) -> bool:
    """Whether this machine runs a process of that number."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # it runs, for another user
        return True
    return True


def staged(path) -> Path:
    """A copy of a file or folder on the node's own disk, made by the first job that asks for it.

    $LDCORE_SCRATCH (variables in it are expanded) is the folder of that disk; where it is not set, `path` itself is
    returned. The copy's place follows from the names, sizes and times of what is copied, so a changed source is copied
    anew. UserError: $LDCORE_SCRATCH names a variable that is not set.
    """
    path, scratch = Path(path), os.path.expandvars(os.environ.get("LDCORE_SCRATCH", ""))
    if not scratch:
        return path
    if "$" in scratch:
        raise UserError(
            f"Config scratch: {scratch} names a variable that this node does not set; give a folder of its own disk."
        )
    files = [file for file in (sorted(path.rglob("*")) if path.is_dir() else [path]) if file.is_file()]
    state = [(str(file), file.stat().st_size, file.stat().st_mtime_ns) for file in files]
    target = Path(scratch, f"ldcore-{os.getuid()}", digest(str(path.resolve()), state), path.name)
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent) as folder:
            copy = shutil.copytree if path.is_dir() else shutil.copy2
            temporary = copy(path, Path(folder, path.name))
            try:
                os.rename(temporary, target)
            except OSError:
                if not target.exists():  # else another job was first
                    raise
    return target


def is_file(path) -> bool:
    """Whether a file is there; one whose name is too long for any is not. PermissionError: this user may not look."""
    try:
        return Path(path).is_file()
    except PermissionError:
        raise
    except OSError:
        return False


def in_folder(path, folder) -> Path:
    """A path that may count from the working folder or from `folder`: itself where it exists, else folder/path."""
    return Path(path) if os.path.exists(path) else Path(folder or "", path)


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


def model_files(folder) -> list[Path]:
    """The files of a diffusers folder that a model is loaded from, in order: no variants (fp16), no other parts."""
    found = [path for part in MODEL_PARTS for path in Path(folder, part).glob("*")]
    weights = r"(diffusion_pytorch_model|model)(-\d+-of-\d+)?\.safetensors"
    return sorted(path for path in found if path.suffix in (".json", ".txt") or re.fullmatch(weights, path.name))


def files_below(path) -> list[Path]:
    """A file, or all files of a folder, in order; not hidden ones."""
    path = Path(path)
    if not path.is_dir():
        return [path]
    found = (file for file in path.rglob("*") if file.is_file())
    return sorted(file for file in found if not any(part.startswith(".") for part in file.relative_to(path).parts))


def digest(*values) -> str:
    """Sixteen hex digits of the JSON of the values: equal settings, equal digest."""
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:16]


def with_contents(options: dict) -> dict:
    """Options of a plug-in in which a file or folder, such as its weights, stands by its content, not by its path."""

    def content(value):
        there = isinstance(value, str) and os.path.exists(value)
        return [sha256(file) for file in files_below(value)] if there else value

    return {name: content(value) for name, value in options.items()}
