"""Pre-trained weights by name: where each entry of the config's `weights` lies, who names it, and what is missing.

An entry is {path}, used in place; or {repo, revision, files} of the hub or {url}, fetched (runtime/downloads.py).
Its name may stand wherever the config expects a path of weights (`places`). Read at parse time: imports nothing heavy.
"""

from pathlib import Path

from ldcore import plugins
from ldcore.grid import used_datasets
from ldcore.model.check import check_model, check_single_file
from ldcore.plan.contents import of_file
from ldcore.runtime.downloads import RECORD, located
from ldcore.runtime.errors import UserError
from ldcore.runtime.files import in_folder
from ldcore.runtime.weight_files import PICKLES, check_weights

# Endings of weights, also of networks from outside that read them themselves.
WEIGHTS = (*PICKLES, ".safetensors", ".onnx", ".npz", ".npy", ".h5", ".msgpack")


def places(config: dict) -> list[tuple[str, dict, str]]:
    """Every (place in the config, mapping, key) that holds a path of weights or the name of one."""
    editing = config.get("editing") or {"perceptual": {}}
    keys = [("model.path", config["model"], "path")]
    keys += [(f"extractors.{name}.weights", options, "weights") for name, options in config["extractors"].items()]
    keys += [
        (f"editing.perceptual.{name}.weights", options, "weights") for name, options in editing["perceptual"].items()
    ]
    keys += [
        (f"datasets.{name}.classifier.options.weights", options["classifier"]["options"], "weights")
        for name, options in config["datasets"].items()
    ]
    return [(place, holder, key) for place, holder, key in keys if holder.get(key) is not None]


def resolve(config: dict) -> dict[str, str]:
    """Replace every weight's name in the config by its path.

    Returns, for those to be fetched, path -> the file whose presence says that the weight is there. A model that is one
    .safetensors file moves to `model.single_file`, and `model.path` becomes the folder it is converted into. So does
    a model whose channels are turned, to `model.turned_from`.
    UserError: an entry without a source or with keys of another, a model as a pickle.
    """
    cache, named, fetched = config["weights_cache"], config["weights"], {}
    for name, weight in named.items():
        check_entry(name, weight, cache)
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
    if "turn" in model:
        model["turned_from"] = model["path"]
        signs = "".join("+" if sign > 0 else "-" for sign in model["turn"])
        model["path"] = str(Path(cache, f"{Path(model['path']).name}.turned{signs}"))
    return fetched


def check_entry(name: str, weight: dict, cache) -> None:
    """UserError where an entry, whether it is used or not, has no source, or says what its source has not."""
    located(name, weight, cache)
    place = f"Config weights.{name}"
    if "repo" not in weight:
        for key in ("revision", "files"):
            if key in weight:
                raise UserError(f"{place}.{key}: only a repository has {key}; give `repo`, or leave {key} out.")
    sums = weight.get("sha256", {})
    if "url" in weight and isinstance(sums, dict) and sums:
        raise UserError(f"{place}.sha256: a url brings one file; give its digits, and no file names.")
    if "repo" in weight and isinstance(sums, str):
        raise UserError(f"{place}.sha256: a repository has many files; give {{FILE: digits}}.")


def other_sums(config: dict, memory: dict) -> list[str]:
    """A sentence for every file at an entry's `path` that has another sha256 than the entry says.

    memory: that of ldcore.plan.contents; adds to it.
    """
    sentences = []
    for name, weight in config["weights"].items():
        path, sums = Path(weight.get("path", "")), weight.get("sha256", {})
        folder = path if path.is_dir() else path.parent
        files = {path: sums} if isinstance(sums, str) else {folder / file: digits for file, digits in sums.items()}
        for file, digits in files.items():
            if "path" in weight and file.is_file() and not of_file(file, memory).startswith(digits.lower()):
                sentences.append(
                    f"Config weights.{name}.sha256: that of {file} is {of_file(file, memory)}, not {digits}; correct "
                    "it, or give the file that it belongs to."
                )
    return sentences


def lacking(config: dict, fetched: dict | None = None) -> list[str]:
    """A sentence for every path of weights that does not exist, or holds something that the suite cannot use.

    fetched: those that rule fetch brings, as `resolve` returns them; they are looked at once they are there.
    """
    sentences, known, fetched = [], ", ".join(config["weights"]) or "it is empty", fetched or {}
    for place, holder, key in places(config):
        path = holder[key]
        if place == "model.path":
            path = holder.get("single_file", holder.get("turned_from", path))
            there = Path(path).is_file() if "single_file" in holder else Path(path, "model_index.json").is_file()
            remedy = (
                "give a diffusers folder of a Stable Diffusion model (with model_index.json), its .safetensors file"
            )
        else:
            there, remedy = Path(path).exists(), "give the weights file"
        if not there and path not in fetched:
            sentences.append(f"Config {place}: {path} does not exist; {remedy}, or a name in `weights` ({known}).")
        if there and (path not in fetched or Path(fetched[path]).exists()):
            sentences += unfit(place, Path(path))
    sections = {
        ("extractor", "extractors"): config["extractors"],
        ("metric", "editing.perceptual"): (config.get("editing") or {"perceptual": {}})["perceptual"],
    }
    return sentences + [
        f"Config {section}.{name}.weights: not given; give the weights file, or a name in `weights` ({known})."
        for (kind, section), plug_ins in sections.items()
        for name, options in plug_ins.items()
        if options.get("weights") is None and plugins.declared(kind, name).get("NEEDS_WEIGHTS", False)
    ]


def unfit(place: str, path: Path) -> list[str]:
    """A sentence where weights that lie there are damaged, or a model of a kind that nothing here can run."""
    try:
        if place == "model.path":
            (check_single_file if path.is_file() else check_model)(path)
            return []
        files = sorted(path.glob("*.safetensors")) if path.is_dir() else [path]
        files = files or sorted(file for file in path.glob("*") if file.suffix in PICKLES)
        if not files and not any(file.suffix in WEIGHTS for file in path.rglob("*")):
            raise UserError(f"{path} is a folder without a file of weights; give the file, or the folder it lies in.")
        for file in files:
            check_weights(file)
    except UserError as error:
        return [f"Config {place}: {error}"]
    return []


def lacking_data(config: dict, store=None) -> list[str]:
    """A sentence for every folder or table that a dataset in use names and that does not exist.

    None for a dataset that lies prepared in the store: the download may be gone by then.
    """
    sentences = []
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
        paths |= {"options.csv": options.get("csv") and in_folder(options["csv"], options.get("root"))}
        sentences += [
            f"Config datasets.{name}.{place}: {path} does not exist; give the place of the download."
            for place, path in paths.items()
            if path and not Path(path).exists()
        ]
    return sentences
