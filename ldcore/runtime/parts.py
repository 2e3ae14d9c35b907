"""The parts of a sampling or editing job, NAME.npz in its folder, and how a job that was stopped goes on from them.

A part is kept where its key (what its arrays follow from) and the code that made it are today's. `index.json` is the
job's output to Snakemake, which removes it before the job; `finished.json` stays and says with which keys the job last
came to its end. So a job that had ended with the very keys of today, and finds all its parts as they should be, was
asked for anew (--forcerun, outputs deleted): it makes all of them again.
"""

import json
import zipfile
from pathlib import Path

import numpy as np

from ldcore.runtime import code
from ldcore.runtime.files import atomic, read_json, write_json


def to_make(folder, keys: dict[str, str]) -> list[str]:
    """Which parts (name -> key) of a job in `folder` have to be made; call it when the job starts, once."""
    folder = Path(folder)
    made, finished = [name for name in keys if not kept(folder / f"{name}.npz", keys[name])], folder / "finished.json"
    same = finished.exists() and read_json(finished) == keys
    if not made and same and not (folder / "index.json").exists():
        made = list(keys)
        for name in made:
            (folder / f"{name}.npz").unlink()
    finished.unlink(missing_ok=True)
    return made


def kept(path: Path, key: str) -> bool:
    """Whether the part at `path` was made from `key` by the code of today; not if it cannot be read."""
    try:
        with np.load(path) as part:
            return str(part["key"]) == key and not code.changed(json.loads(str(part["code"])))
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile):
        return False


def save(folder, name: str, key: str, **arrays) -> None:
    """Write one part, with its key and the code that made it, atomically."""
    with atomic(Path(folder, f"{name}.npz")) as temporary, open(temporary, "wb") as file:
        np.savez_compressed(file, key=key, code=json.dumps(code.loaded()), **arrays)


def finish(folder, index: dict[str, dict]) -> None:
    """The job has all its parts: write index.json (name -> facts, `key` among them), last."""
    write_json(Path(folder, "finished.json"), {name: facts["key"] for name, facts in index.items()})
    write_json(Path(folder, "index.json"), index)
