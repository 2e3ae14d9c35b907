"""What a config asks of its cells, checked before anything runs: plain ones are plain, and those compared differ."""

from ldcore.grid import cell_of, cells_of, judged_cells, reference_label
from ldcore.runtime.errors import UserError


def check_plain_names(config: dict) -> None:
    """UserError where what names the plain run, or the untouched model, is given another meaning."""
    if config["drifts"].get("none", {}).get("kind", "none") != "none":
        raise UserError(
            "Config drifts.none: it is the plain run's, of kind none, and not "
            f"{config['drifts']['none']['kind']}; give this drift another name."
        )
    untrained = config["trainings"].get("untrained")
    if untrained and not (changes_nothing(config, untrained["drift"]) and leaves_noise(untrained)):
        raise UserError(
            "Config trainings.untrained: the untouched model is called so; give this training another name."
        )
    grid, study, sweep = config["grid"], config.get("prompt_study"), config.get("sweep")
    uses = []
    if "base" in grid["methods"]:
        uses += [(f"grid.cells {cell['label']!r}", cell["training"]) for cell in cells_of(config, "base")]
    if study and study["method"] == "base":
        uses.append(("prompt_study.cell", cell_of(config, study["cell"])["training"]))
    if sweep and sweep["method"] == "base":
        uses += [("sweep.trainings", training) for training in sweep["trainings"]]
    for place, training in uses:
        if training != "untrained":
            raise UserError(
                f"Config {place}: the method `base` is the untouched model, which has no training {training!r}; give "
                "it `untrained` (trainings: {untrained: {}}), or leave the method out."
            )


def check_compared(config: dict) -> None:
    """UserError where a cell that the claims are asked of is no other than the one that it is compared with.

    Not in a grid of one cell: it compares nothing.
    """
    grid = config["grid"]
    if len(grid["cells"]) == 1:
        return
    for label in dict.fromkeys([grid["headline"], *judged_cells(config)]):
        place = "grid.headline" if label == grid["headline"] else "grid.judged"
        cell = cell_of(config, label)
        reference = cell_of(config, reference_label(config, cell))
        if cell["label"] == reference["label"]:
            raise UserError(f"Config {place}: {label!r} is the cell that others are compared with; name one of them.")
        if all(cell[key] == reference[key] for key in ("training", "drift", "guidance_scale")):
            raise UserError(
                f"Config {place}: the cell {label!r} has training, drift and guidance of {reference['label']!r}, which "
                "it is compared with; name one that differs."
            )
    headline = cell_of(config, grid["headline"])
    training = config["trainings"][headline["training"]]
    drifts = headline["drift"], training["drift"]
    if all(changes_nothing(config, drift) for drift in drifts) and leaves_noise(training):
        raise UserError(
            f"Config grid.headline: the cell {grid['headline']!r} has no drift, neither in training nor in sampling; "
            "name one that stands for Latent Drifting."
        )


def changes_nothing(config: dict, drift: str) -> bool:
    """Whether a drift is none, or always 0."""
    entry = config["drifts"][drift]
    return entry["kind"] == "none" or (entry["source"] == "fixed" and entry.get("value") in (0, [0] * 4))


def leaves_noise(training: dict) -> bool:
    """Whether the noise of a training, and its schedule, are the model's."""
    return training["noise"] == "normal" and not training["scheduler"]
