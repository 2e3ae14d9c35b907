"""Prompts with the patient's information, and prompts of many wordings, bring pictures nearer to real ones."""

from ldcore import plugins
from ldcore.evaluation.distances import cell_gains, cell_groups
from ldcore.features import like_inception
from ldcore.grid import cell_checkpoints, cell_of, part_of
from ldcore.report.cells import gain_of, reported

TITLE = "Informed and diverse prompts help"
PAPER = "Table 3: FID and KID fall with patient information, and with diverse wording; they are lowest with both."
NEEDS = ("samples", "reference")
ASKED_BY = "prompt_study"
# a prompt style -> a richer one
STEPS = (
    ("simple", "simple_info"),
    ("diverse", "diverse_info"),
    ("simple", "diverse"),
    ("simple_info", "diverse_info"),
)


def rows(results) -> list[dict]:
    """How much lower each metric gets, step by step from a prompt style of the study to a richer one."""
    config, study, found = results.config, results.config["prompt_study"], []
    steps = [step for step in STEPS if set(step) <= set(study["prompts"])]
    real, labels = results.reference(study["dataset"]), {key: study[key] for key in ("dataset", "method", "cell")}
    for extractor in config["extractors"]:
        groups = {style: style_groups(results, style, extractor) for style in study["prompts"]}
        for less, more in steps:
            for metric in config["metrics"]:
                words = {"statistic": f"{plugins.title('metric', metric)}, {less} - {more}", "above": 0.0}
                if like_inception(extractor):
                    words["paper_value"] = paper_gain(results, metric, less, more)
                compared = (groups[more], groups[less], real[f"{extractor}/test"], extractor, [metric])
                found += [{**gain, **words} for gain in cell_gains(*compared, **labels)]
    return found


def style_groups(results, style: str, extractor: str) -> list[list]:
    """Features of the study's cell under one prompt style: of each training run its groups by sampling seed."""
    config, study = results.config, results.config["prompt_study"]
    cell = {**cell_of(config, study["cell"]), "method": study["method"], "prompt": style}
    runs = cell_checkpoints(config, study["dataset"], cell)
    parts = [results.samples(run, part_of(cell)) for run in runs]
    return cell_groups(parts, extractor, config["sampling"]["images_per_seed"])


def paper_gain(results, metric: str, less: str, more: str) -> float | None:
    """The same of table 3."""
    study = results.config["prompt_study"]

    def value(style):
        wording, _, info = style.partition("_")
        entries = {"table": 3, "method": study["method"], "prompt": wording, "patient_info": int(bool(info))}
        return reported(results, study["dataset"], metric, **entries)

    return gain_of(metric, value(more), value(less))
