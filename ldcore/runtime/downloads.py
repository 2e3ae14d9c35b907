"""Fetching pre-trained weights: the only part that uses the network."""

import hashlib
import shutil
from pathlib import Path

from ldcore.runtime.errors import UserError
from ldcore.runtime.files import atomic, sha256, write_json

RECORD = "source.json"  # written last, so its being there says that the weight is


def located(name: str, weight: dict, cache) -> Path:
    """Where a weight lies once it is there: a file, or a folder where several files of a repository are wanted."""
    if "path" in weight:
        return Path(weight["path"])
    if ("repo" in weight) == ("url" in weight):
        raise UserError(f"Config weights.{name}: give path, or one of repo and url.")
    if "url" in weight:
        return Path(cache, name, weight["url"].partition("?")[0].rsplit("/", 1)[-1])
    files = weight.get("files", [])
    alone = len(files) == 1 and not set(files[0]) & set("*?[")
    return Path(cache, name, files[0] if alone else "")


def fetch(name: str, weight: dict, out) -> None:
    """Bring a weight into the folder `out`; write out/source.json last: source, licence, size and sha256 of every file.

    weight: an entry with url, or with repo and any of revision and files (patterns). Its sha256 is that of the url's
    file, or file -> sha256; the first 8 digits or more will do. Uses the network. A call after one that was cut short
    goes on with what the hub gave whole. UserError: not reached, cut short, or another sha256; then the folder keeps no
    such file.
    """
    out, expected = Path(out), weight.get("sha256") or {}
    if "url" in weight:
        path = located(name, weight, out.parent)
        sums = {path.name: from_url(name, weight["url"], path, expected)}
        source = weight["url"]
    else:
        sums = from_hub(name, weight, out)
        source = f"{weight['repo']}@{weight.get('revision', 'main')}"
        for file, digits in expected.items():
            try:
                verify(name, file, sums.get(file, "absent"), digits)
            except UserError:
                shutil.rmtree(out)
                raise
    files = {file: {"bytes": (out / file).stat().st_size, "sha256": digits} for file, digits in sums.items()}
    write_json(out / RECORD, {"source": source, "licence": weight.get("licence", "not stated"), "files": files})
    for file, facts in files.items():
        print(f"{name}: {file}, {facts['bytes']} bytes, sha256 {facts['sha256']}")
    print(f"{name}: from {source}, licence: {weight.get('licence', 'not stated')}")


def from_url(name: str, url: str, path: Path, expected: str) -> str:
    """Write what the URL (http, https or file) holds to `path`, whole or not at all; its sha256."""
    import http.client
    import urllib.request

    from tqdm import tqdm

    running, size = hashlib.sha256(), 0
    try:
        with atomic(path) as temporary:
            with (
                urllib.request.urlopen(url, timeout=60) as answer,
                open(temporary, "wb") as file,
                tqdm(desc=name, unit="B", unit_scale=True, mininterval=2) as bar,
            ):
                length = answer.headers.get("Content-Length")
                bar.total = length and int(length)
                while block := answer.read(1 << 20):
                    running.update(block)
                    file.write(block)
                    size += len(block)
                    bar.update(len(block))
            if length is not None and size != int(length):
                raise OSError(f"it ended after {size} of {length} bytes")
            verify(name, path.name, running.hexdigest(), expected or "")
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise UserError(unreached(name, url, error)) from error
    return running.hexdigest()


def from_hub(name: str, weight: dict, folder: Path) -> dict[str, str]:
    """Bring a repository's files into the folder; file -> sha256. Files that were there whole are not fetched again."""
    from huggingface_hub import snapshot_download

    try:
        snapshot_download(
            weight["repo"], revision=weight.get("revision"), allow_patterns=weight.get("files"), local_dir=folder
        )
    except Exception as error:  # the hub's own kinds, and those of the network below it
        raise UserError(unreached(name, weight["repo"], error)) from error
    sums = {}
    for path in sorted(folder.rglob("*")):
        file = path.relative_to(folder)
        if path.is_file() and file.parts[0] != ".cache" and str(file) != RECORD:
            sums[str(file)] = sha256(path)
    if not sums:
        raise UserError(
            f"Weight {name}: {weight['repo']} has no file like {', '.join(weight.get('files', '*'))}; "
            f"correct weights.{name}.files."
        )
    return sums


def verify(name: str, file: str, digest: str, expected: str) -> None:
    """UserError unless the sha256 `digest` begins with the digits `expected`."""
    if not digest.startswith(expected.lower()):
        raise UserError(
            f"Weight {name}: the sha256 of {file} is {digest}, not {expected}, so it was not kept; "
            f"correct weights.{name}.sha256 or the source."
        )


def unreached(name: str, source: str, error: BaseException) -> str:
    """What to say where a source cannot be read to its end."""
    said = " ".join(str(error).split())[:200] or type(error).__name__
    return (
        f"Weight {name}: {source} cannot be fetched ({said}); give the same command again where there is a network, "
        f"or fetch it by hand and give its place as weights.{name}.path."
    )
