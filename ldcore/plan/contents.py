"""What a run reads from outside its own folder, by content: a job is made again where that changes, whatever its time.

Model, weights and own images. A file is read once and then remembered by its place, size and time (`memory`: path ->
[size, time, sha256]). Read at parse time: imports nothing heavy.
"""

import contextlib
import csv
from pathlib import Path

from ldcore.runtime.files import digest, in_folder, model_files, read_json, sha256, write_json

TABLES = (".csv", ".tsv", ".xlsx", ".xls")


def recall(file) -> dict:
    """What `remember` wrote; nothing where it is missing or cannot be read."""
    try:
        return read_json(file)
    except (OSError, ValueError):
        return {}


def remember(file, memory: dict, before: dict) -> None:
    """Write the memory, where it has more than `before`; not where this user may not write."""
    if memory != before:
        with contextlib.suppress(OSError):  # it is read anew the next time
            write_json(file, memory)


def of_files(paths, memory: dict) -> str:
    """A digest of files by name and content; those that do not exist are left out. Adds to `memory`."""
    return digest([(Path(path).name, of_file(path, memory)) for path in map(Path, paths) if path.is_file()])


def of_file(path: Path, memory: dict) -> str:
    """The sha256 of one file, from the memory where size and time are those remembered. Adds to `memory`."""
    state, name = path.stat(), str(path.absolute())
    known = memory.get(name)
    if known is None or known[:2] != [state.st_size, state.st_mtime_ns]:
        known = memory[name] = [state.st_size, state.st_mtime_ns, sha256(path)]
    return known[2]


def of_weights(path, fetched: dict, memory: dict) -> str:
    """A digest of a weights file, or of a model's folder.

    fetched: path -> record of rule fetch. What that brought is known by its entry in the config, and need not be there
    yet: "" while it is as its record says.
    """
    path = Path(path)
    files = model_files(path) if path.is_dir() else [path]
    if str(path) not in fetched:
        return of_files(files, memory)
    record = Path(fetched[str(path)])
    if not record.is_file():
        return ""
    brought, folder = read_json(record)["files"], record.parent
    changed = [
        file
        for file in files
        if file.is_file() and brought.get(str(file.relative_to(folder)), {}).get("sha256") != of_file(file, memory)
    ]
    return of_files(changed, memory) if changed else ""


def of_model(model: dict, fetched: dict, memory: dict) -> str:
    """A digest of the model that the config names: of what it is made from, where it is converted or turned here."""
    return of_weights(model.get("single_file", model.get("turned_from", model["path"])), fetched, memory)


def of_data(options: dict, memory: dict) -> str:
    """A digest of a data set's tables; where a person's own table (`csv`) names images, of these too.

    Of the images of a download nothing is read: they are too many, and do not change.
    """
    folder = options.get("source", options.get("root"))
    files = [path for path in sorted(Path(folder).glob("*")) if path.suffix in TABLES] if folder else []
    if options.get("csv"):
        table = in_folder(options["csv"], folder)
        files += [table, *images_of(table, Path(folder or ""))]
    return of_files(files, memory)


def images_of(table: Path, folder: Path) -> list[Path]:
    """The images in the column `path` of a CSV; none of another kind of table, or of one that the job will refuse."""
    try:
        with open(table, newline="", encoding="utf-8-sig") as file:
            dialect = csv.Sniffer().sniff(file.readline(), ",;\t")
            file.seek(0)
            return [folder / row["path"] for row in csv.DictReader(file, dialect=dialect) if row.get("path")]
    except (OSError, ValueError, csv.Error, KeyError):
        return []
