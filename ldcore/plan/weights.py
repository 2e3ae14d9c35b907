"""Pre-trained weights by name: where each entry of the config's `weights` lies, who names it, what is missing, and fetching it.

An entry is {path}, used in place, else {repo, revision, files} of the hub or {url}, fetched into CACHE/NAME; sha256 and licence
beside it. Its name may stand wherever the config expects a path of weights (`places`). Read at parse time: imports nothing heavy.
"""

import hashlib
import shutil
from pathlib import Path

from ldcore.grid import used_datasets
from ldcore.runtime.errors import UserError
from ldcore.runtime.files import atomic, beside, write_json

RECORD = "source.json"  # written last, so its being there says that the weight is
NEEDY = {
    "extractors": ("dinov2", "xrv_densenet"),
    "editing.perceptual": ("lpips_alex", "lpips_vgg"),
}  # nothing works without weights
PICKLES = (".ckpt", ".pt", ".pth", ".bin", ".pkl")


def places(config: dict) -> list[tuple[str, dict, str]]:
    """Every (place in the config, mapping, key) that holds a path of weights or the name of one."""
    editing = config.get("editing") or {"perceptual": {}}
    found = [("model.path", config["model"], "path")]
    found += [(f"extractors.{name}.weights", options, "weights") for name, options in config["extractors"].items()]
    found += [
        (f"editing.perceptual.{name}.weights", options, "weights") for name, options in editing["perceptual"].items()
    ]
    found += [
        (f"datasets.{name}.classifier.options.weights", options["classifier"]["options"], "weights")
        for name, options in config["datasets"].items()
    ]
    return [(place, holder, key) for place, holder, key in found if holder.get(key) is not None]


def located(name: str, weight: dict, cache) -> Path:
    """Where a weight lies once it is there: a file, or the folder of a repository of which not one file alone is wanted."""
    if "path" in weight:
        return Path(weight["path"])
    if ("repo" in weight) == ("url" in weight):
        raise UserError(f"Config weights.{name}: give path, or one of repo and url.")
    if "url" in weight:
        return Path(cache, name, weight["url"].partition("?")[0].rsplit("/", 1)[-1])
    files = weight.get("files", [])
    alone = len(files) == 1 and not set(files[0]) & set("*?[")
    return Path(cache, name, files[0] if alone else "")


def resolve(config: dict) -> dict[str, str]:
    """Put its path in the place of every weight's name; returns path -> the file that says it is there, of those to be fetched.

    A model that is one .safetensors file moves to `model.single_file`, and `model.path` becomes the folder it is converted into.
    UserError: an entry without a source, a model as a pickle.
    """
    cache, named, fetched = config["weights_cache"], config["weights"], {}
    for _, holder, key in places(config):
        name = holder[key]
        if name in named:
            holder[key] = str(located(name, named[name], cache))
            if "path" not in named[name]:
                fetched[holder[key]] = str(Path(cache, name, RECORD))
    model = config["model"]
    if model["path"].endswith(PICKLES):
        raise UserError(
            f"Config model.path: {model['path']} is a pickle, which can run code when it is opened; give the model as "
            ".safetensors or as a diffusers folder."
        )
    if model["path"].endswith(".safetensors"):
        model["single_file"] = model["path"]
        model["path"] = str(Path(cache, f"{Path(model['path']).stem}.diffusers"))
    return fetched


def lacking(config: dict, fetched=()) -> list[str]:
    """A sentence for every path of weights that does not exist; `fetched`: those that will be."""
    found, named = [], ", ".join(config["weights"]) or "it is empty"
    for place, holder, key in places(config):
        path = holder[key]
        if place == "model.path":
            path = holder.get("single_file", path)
            there = Path(path).is_file() if "single_file" in holder else Path(path, "model_index.json").is_file()
            remedy = "give a diffusers folder of a Stable Diffusion model (with model_index.json), a .safetensors file of one"
        else:
            there, remedy = Path(path).exists(), "give the weights file"
        if path not in fetched and not there:
            found.append(f"Config {place}: {path} does not exist; {remedy}, or a name in `weights` ({named}).")
    sections = {
        "extractors": config["extractors"],
        "editing.perceptual": (config.get("editing") or {"perceptual": {}})["perceptual"],
    }
    return found + [
        f"Config {section}.{name}.weights: not given; give the weights file, or a name in `weights` ({named})."
        for section, names in NEEDY.items()
        for name, options in sections[section].items()
        if name in names and "weights" not in options
    ]


def lacking_data(config: dict, store=None) -> list[str]:
    """A sentence for every folder or table that a dataset in use names and that does not exist.

    None for a dataset that lies prepared in the store: the download may be gone by then.
    """
    found = []
    for name in used_datasets(config):
        if store and (store.data(name) / "records.csv").is_file():
            continue
        options = config["datasets"][name]["options"]
        parts = options.get("parts", {})  # of the adapter `merged`, below its own source
        paths = {
            f"options.parts.{part}.source": Path(options.get("source", ""), own.get("source", ""))
            for part, own in parts.items()
        }
        paths |= {
            f"options.{key}": options.get(key) for key in ("source", "root", "splits") if key != "source" or not parts
        }
        paths |= {"options.csv": options.get("csv") and beside(options["csv"], options.get("root"))}
        found += [
            f"Config datasets.{name}.{place}: {path} does not exist; give the place of the download."
            for place, path in paths.items()
            if path and not Path(path).exists()
        ]
    return found


def fetch(name: str, weight: dict, out) -> None:
    """Bring a weight into the folder `out` and, last, write out/source.json: source, licence, size and sha256 of every file.

    weight: an entry with url, or with repo and any of revision and files (patterns); sha256: of the url's file, or file -> sha256;
    the first 8 digits or more will do. Uses the network. UserError: not reached, cut short, or another sha256; then the
    folder keeps no such file. A call after one that was cut short goes on with what the hub gave whole.
    """
    out, wanted = Path(out), weight.get("sha256") or {}
    if "url" in weight:
        path = located(name, weight, out.parent)
        sums = {path.name: from_url(name, weight["url"], path, wanted)}
        source = weight["url"]
    else:
        sums = from_hub(name, weight, out)
        source = f"{weight['repo']}@{weight.get('revision', 'main')}"
        for file, digits in wanted.items():
            try:
                verify(name, file, sums.get(file, "absent"), digits)
            except UserError:
                shutil.rmtree(out)
                raise
    files = {file: {"bytes": (out / file).stat().st_size, "sha256": found} for file, found in sums.items()}
    write_json(out / RECORD, {"source": source, "licence": weight.get("licence", "not stated"), "files": files})
    for file, facts in files.items():
        print(f"{name}: {file}, {facts['bytes']} bytes, sha256 {facts['sha256']}")
    print(f"{name}: from {source}, licence: {weight.get('licence', 'not stated')}")


def from_url(name: str, url: str, path: Path, wanted: str) -> str:
    """Write what the URL (http, https or file) holds to `path`, whole or not at all; its sha256."""
    import http.client
    import urllib.request

    from tqdm import tqdm

    found, size = hashlib.sha256(), 0
    try:
        with atomic(path) as temporary:
            with (
                urllib.request.urlopen(url, timeout=60) as answer,
                open(temporary, "wb") as file,
                tqdm(desc=name, unit="B", unit_scale=True, mininterval=2) as bar,
            ):
                length = answer.headers.get("Content-Length")
                bar.total = length and int(length)
                while part := answer.read(1 << 20):
                    found.update(part)
                    file.write(part)
                    size += len(part)
                    bar.update(len(part))
            if length is not None and size != int(length):
                raise OSError(f"it ended after {size} of {length} bytes")
            verify(name, path.name, found.hexdigest(), wanted or "")
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise UserError(unreached(name, url, error)) from error
    return found.hexdigest()


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
            with open(path, "rb") as opened:
                sums[str(file)] = hashlib.file_digest(opened, "sha256").hexdigest()
    if not sums:
        raise UserError(
            f"Weight {name}: {weight['repo']} has no file like {', '.join(weight.get('files', '*'))}; correct weights.{name}.files."
        )
    return sums


def verify(name: str, file: str, found: str, wanted: str) -> None:
    """UserError unless the sha256 `found` begins with the digits `wanted`."""
    if not found.startswith(wanted.lower()):
        raise UserError(
            f"Weight {name}: the sha256 of {file} is {found}, not {wanted}, so it was not kept; correct weights.{name}.sha256 "
            "or the source."
        )


def unreached(name: str, source: str, error: BaseException) -> str:
    """What to say where a source cannot be read to its end."""
    said = " ".join(str(error).split())[:200] or type(error).__name__
    return (
        f"Weight {name}: {source} cannot be fetched ({said}); give the same command again where there is a network, or fetch it by "
        f"hand and give its place as weights.{name}.path."
    )
