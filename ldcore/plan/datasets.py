"""What a config asks of its data sets, checked before anything runs: adapters, their options, patient information."""

from pathlib import Path

from ldcore import plugins
from ldcore.datasets import part_options
from ldcore.grid import used_datasets
from ldcore.model.check import picture_side
from ldcore.prompts import check_told_apart, label_prompts, said_of_cut
from ldcore.runtime.errors import UserError
from ldcore.runtime.files import read_json

WITHOUT_PATIENT = ("simple", "diverse")  # prompt styles that name neither age nor sex


def check_datasets(config: dict) -> None:
    """UserError: an unknown adapter, an unknown option or value, prompts about unknown patients, too few images."""
    for name, dataset in config["datasets"].items():
        plugins.check("dataset adapter", dataset["adapter"], f"datasets.{name}.adapter")
        check_options(dataset["adapter"], dataset["options"], f"Config datasets.{name}.options")
    check_patients(config)
    check_numbers(config)


def check_numbers(config: dict) -> None:
    """UserError where a data set in use is to give less than one image of every class."""
    of_a_cell = len(config["sampling"]["seeds"]) * config["sampling"]["images_per_seed"]
    for name in used_datasets(config):
        classes, asked = (config["datasets"][name][key] for key in ("classes", "test_images"))
        if asked < len(classes):
            raise UserError(
                f"Config datasets.{name}.test_images: {asked} is less than one of each of its {len(classes)} classes; "
                "ask for more, or name fewer classes."
            )
        if of_a_cell < len(classes):
            raise UserError(
                f"Config sampling: {of_a_cell} images a cell (seeds times images_per_seed) are less than one of each "
                f"of the {len(classes)} classes of {name!r}; ask for more, or name fewer classes."
            )


def check_options(adapter: str, given: dict, place: str) -> None:
    """UserError, which begins with the place, for an option that the adapter, or one of its parts, does not have."""
    options = plugins.options("dataset adapter", adapter, given, place)
    parts = plugins.declared("dataset adapter", adapter).get("PARTS")
    for part, own in options.get(parts, {}).items():
        part_options(part, own, options, f"{place}.{parts}.{part}")


def styles_used(config: dict) -> list[tuple[str, str, list[str]]]:
    """(Data set, place in the config, prompt styles) wherever the config asks for prompts of a data set."""
    grid, study, sweep = config["grid"], config.get("prompt_study"), config.get("sweep")
    uses = [(name, "grid.prompts", grid["prompts"]) for name in grid["datasets"]]
    if study:
        uses.append((study["dataset"], "prompt_study.prompts", study["prompts"]))
    if sweep:
        uses += [(name, "sweep.prompt", [sweep["prompt"]]) for name in sweep["datasets"]]
    for key, task in (config.get("editing") or {"tasks": {}})["tasks"].items():
        uses.append((task["dataset"], f"editing.tasks.{key}.styles", task["styles"]))
        if task["bases"] != ["base"]:
            uses.append((task["dataset"], f"editing.tasks.{key}.base_prompt", [task["base_prompt"]]))
    return uses


def check_patients(config: dict) -> None:
    """UserError where a data set that the config uses is asked for patient information that it lacks."""
    for name, place, styles in styles_used(config):
        informed = [style for style in styles if style not in WITHOUT_PATIENT]
        adapter = config["datasets"][name]["adapter"]
        if informed and not plugins.declared("dataset adapter", adapter).get("PATIENTS", True):
            raise UserError(
                f"Config {place}: {informed[0]!r} writes age and sex into prompts, and dataset {name!r} ({adapter}) "
                "has neither; use simple or diverse."
            )


def check_sizes(config: dict) -> None:
    """UserError where images are not as large as the model's: samples would be compared with others than it draws.

    Nothing is said of a model that is still to be fetched, nor of a data set whose records are all there is (SIZED).
    """
    folder = Path(config["model"].get("turned_from", config["model"]["path"]))
    if not all((folder / part / "config.json").is_file() for part in ("unet", "vae")):
        return
    side = picture_side(folder)
    for name in used_datasets(config):
        adapter, given = (config["datasets"][name][key] for key in ("adapter", "options"))
        size = plugins.options("dataset adapter", adapter, given).get("image_size", side)
        if size != side and plugins.declared("dataset adapter", adapter).get("SIZED", True):
            raise UserError(
                f"Config datasets.{name}.options: image_size is {size}, and the model {folder} draws {side} pixels a "
                f"side; set image_size: {side}."
            )


def cut_prompts(config: dict) -> list[str]:
    """A sentence for every class whose prompt is cut. UserError where two classes are one prompt to the model.

    Without the model's tokenizer, still to be fetched or of the old two files, only words are compared.
    """
    folder = Path(config["model"].get("turned_from", config["model"]["path"]), "tokenizer")
    encode, most = in_words, 10**9
    if all(Path(folder, name).is_file() for name in ("tokenizer.json", "tokenizer_config.json")):
        encode, most = tokenizer(folder)
    sentences = []
    for name, _, styles in styles_used(config):
        dataset = config["datasets"][name]
        for style in styles:
            texts = label_prompts(dataset["classes"], dataset["anatomy"], style)
            tokens = encode(list(texts.values()))
            try:
                check_told_apart(texts, tokens, most)
            except UserError as error:
                raise UserError(f"Config datasets.{name}.classes: {error}") from None
            sentences += [
                said_of_cut(text, len(ids), most) for text, ids in zip(texts.values(), tokens) if len(ids) > most
            ]
    return list(dict.fromkeys(sentences))


def tokenizer(folder: Path):
    """(What turns texts into the model's tokens, not cut; how many of them it sees)."""
    from tokenizers import Tokenizer

    try:
        words = Tokenizer.from_file(str(folder / "tokenizer.json"))
    except Exception as error:  # the package has no kinds of its own
        raise UserError(f"Model {folder.parent}: its tokenizer/tokenizer.json cannot be read ({error}).") from error
    words.no_truncation()
    words.no_padding()
    most = int(read_json(folder / "tokenizer_config.json")["model_max_length"])
    return (lambda texts: [encoding.ids for encoding in words.encode_batch(texts)]), most


def in_words(texts: list[str]) -> list[list]:
    """Texts as a tokenizer that knows no capitals would split them at least, with a start and an end."""
    return [["", *text.lower().split(), ""] for text in texts]
