"""What a run reads from outside its own folder, by content: a job is made again where that changes, whatever its time.

Model, weights and own images. A file is read once and then remembered by its place, size and time (`memory`: path ->
[size, time, sha256]). Read at parse time: imports nothing heavy.
"""

import contextlib
from pathlib import Path

from ldcore.datasets.delimited import opened, place_of, separated, stripped
from ldcore.runtime.errors import UserError
from ldcore.runtime.files import digest, files_below, in_folder, is_file, model_files, read_json, sha256, write_json

TABLES = (".csv", ".tsv", ".csv.gz", ".tsv.gz", ".xlsx", ".xls")


def recall(file) -> dict:
    """What `remember` wrote; nothing where it is missing or cannot be read."""
    try:
        return read_json(file)
    except (OSError, ValueError):
        return {}


def remember(file, memory: dict, before: dict) -> None:
    """Write the memory, where it has more than `before`; not where this user may not write."""
    if memory != before:
        with contextlib.suppress(OSError, UserError):  # it is read anew the next time
            write_json(file, memory)


def of_files(paths, memory: dict) -> str:
    """A digest of files by name and content; those that do not exist are left out. Adds to `memory`."""
    return digest([(Path(path).name, of_file(path, memory)) for path in map(Path, paths) if is_file(path)])


def of_file(path: Path, memory: dict) -> str:
    """The sha256 of one file, from the memory where size and time are those remembered. Adds to `memory`."""
    state, name = path.stat(), str(path.absolute())
    known = memory.get(name)
    if known is None or known[:2] != [state.st_size, state.st_mtime_ns]:
        try:
            known = memory[name] = [state.st_size, state.st_mtime_ns, sha256(path)]
        except OSError:  # the job that reads it says why
            return "cannot be read"
    return known[2]


def of_weights(path, fetched: dict, memory: dict) -> str:
    """A digest of a weights file, or of a model's folder.

    fetched: path -> record of rule fetch. What that brought is known by its entry in the config, and need not be there
    yet: "" while it is as its record says.
    """
    path = Path(path)
    files = model_files(path) if (path / "model_index.json").is_file() else files_below(path)
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

    options: those of its adapter; every one that names a file counts. Of the images of a download nothing is read: they
    are too many, and do not change. Of a folder that is gone, or may not be read now, the digest of before: the data
    may lie prepared.
    """
    folder = options.get("source", options.get("root"))
    name = f"data set in {Path(folder or '').absolute()} {digest(options)}"
    try:
        if not folder or Path(folder).exists():
            memory[name] = of_files(dict.fromkeys(files_of(options, folder)), memory)
    except PermissionError:
        pass
    return memory.get(name, "")


def files_of(options: dict, folder) -> list[Path]:
    """The tables in the folder of a data set, those that its options name, and the images of a person's own."""
    folder = Path(folder or "")
    files = [path for path in [*folder.glob("*"), *folder.glob("*atch*/*")] if path.name.lower().endswith(TABLES)]
    if folder == Path(""):  # none given: the working folder is no data set
        files = []
    named = [in_folder(value, folder) for value in options.values() if isinstance(value, str) and value]
    files += [path for path in named if is_file(path)]
    if options.get("csv"):
        files += images_of(in_folder(options["csv"], folder), folder)
    for part in options.get("parts", {}).values():  # of the adapter `merged`
        files += files_of(part, folder / part.get("source", ""))
    return sorted(files)


def images_of(table: Path, folder: Path) -> list[Path]:
    """The images of a person's own: those in the column `path` of the table; of a workbook, all files in the folder."""
    if table.suffix.lower() in (".xlsx", ".xls"):
        return list(files_below(folder))
    try:
        with opened(table) as file:
            (_, head), *rows = stripped(separated(file))
        column = head.index("path")
    except (OSError, ValueError):  # the job says so
        return []
    return [place_of(folder, cells[column]) for _, cells in rows if len(cells) > column and cells[column]]
