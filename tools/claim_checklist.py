"""Write docs/claim_checklist.md: the checklist CLAIM, filled in for a run as far as its config says it.

python -m tools.claim_checklist --config config.yaml --into docs/claim_checklist.md

CONFIG: config.yaml, or results/NAME/config.yaml of any run. Item numbers are those of the 2024 update of the Checklist
for Artificial Intelligence in Medical Imaging (Radiology: Artificial Intelligence 2024, doi 10.1148/ryai.240300), the
words beside them our own. Of data that are not synthetic the tool leaves open what it cannot know.
"""

from collections import Counter
from pathlib import Path

import pandas as pd
import yaml

from ldcore import plugins
from ldcore.plan.config import check
from ldcore.report import markup
from ldcore.runtime import cli
from ldcore.runtime.errors import UserError
from ldcore.runtime.files import atomic

ROOT = Path(__file__).parents[1]
NAMED = ("torch", "diffusers", "transformers", "snakemake")  # of the pinned packages, those that the checklist names
HEAD = """# CLAIM checklist of `{name}`

Written by `make cards` from the run's config. Item numbers follow CLAIM, 2024 update (Tejani et al., Radiology:
Artificial Intelligence 2024, [doi 10.1148/ryai.240300](https://doi.org/10.1148/ryai.240300)); the words are ours and
shorter, compared with a summary of the update and not with its published table, so take the table itself for a
submission. Of your own run: `python -m tools.claim_checklist --config results/NAME/config.yaml --into FILE`.

"""
SYNTHETIC = "not applicable: synthetic"
OPEN = "to fill in"
NOT_APPLICABLE = "not applicable"
NOT_OURS = (1, 2, 3, 5, 11, 12, 13, 14, 15, 16, 17, 18, 34, 41, 44)  # of a run on data that are not synthetic
ITEMS = {
    1: "title names AI and its kind",
    2: "structured summary",
    3: "background, intended role",
    4: "aims and hypotheses",
    5: "prospective or retrospective",
    6: "goal of the study",
    7: "where data are from",
    8: "who is in, who is out",
    9: "preprocessing",
    10: "subsets that were chosen",
    11: "de-identification",
    12: "missing data",
    13: "how images were acquired",
    14: "reference standard",
    15: "why that one",
    16: "annotators",
    17: "annotation of test data",
    18: "agreement of annotators",
    19: "partitions",
    20: "what keeps partitions apart",
    21: "size of the test set",
    22: "model",
    23: "software",
    24: "where weights start",
    25: "training",
    26: "which weights are used",
    27: "ensembles",
    28: "metrics",
    29: "uncertainty, significance",
    30: "robustness",
    31: "explanations",
    32: "testing on data of the same source",
    33: "testing on data of another source",
    34: "registration as a trial",
    35: "numbers in and out",
    36: "who is in each partition",
    37: "performance, also of subgroups",
    38: "accuracy with intervals",
    39: "failures",
    40: "limits",
    41: "what follows for practice",
    42: "full protocol",
    43: "what is available",
    44: "funding",
}


def page(config: dict) -> str:
    """The checklist and the tables that it points at; config: checked and filled."""
    found = {**of_the_project(config), **of_the_data(config), **of_the_run(config)}
    rows = [
        {"Item": number, "About": about, "Answer": found[number][0], "Where, or what": found[number][1]}
        for number, about in ITEMS.items()
    ]
    counts = Counter(answer for answer, _ in found.values())
    said = ", ".join(f"{count} {answer}" for answer, count in counts.most_common())
    parts = [HEAD.format(name=config["name"]) + f"Of {len(rows)} items: {said}.\n", table(rows)]
    parts += [f"## Data\n\n{table(data(config))}", f"## Training\n\n{table(training(config))}"]
    parts += [f"## Cells\n\n{table(cells(config))}"]
    return "\n".join(parts)


def of_the_project(config: dict) -> dict[int, tuple]:
    """Item -> (answer, what), of what is so in every run."""
    claims = len(plugins.names("claim"))
    numbers = "[numbers.md](numbers.md)"
    return {
        1: ("yes", "latent diffusion models, in the [README](../README.md)"),
        2: ("in part", "the head of the [README](../README.md); not in a journal's form"),
        3: ("yes", "[README](../README.md), [drift.md](drift.md); no role in care is intended"),
        4: ("yes", f"the paper's claims, {claims} kinds, each judged by its interval"),
        6: ("yes", "to repeat a published method and see where its claims hold; no product, no diagnosis"),
        23: ("yes", software()),
        27: (NOT_APPLICABLE, "no ensemble"),
        31: (NOT_APPLICABLE, "nothing is explained by a model"),
        34: (NOT_APPLICABLE, "no trial"),
        39: (
            "in part",
            "rows contradicted and not resolved in the README's table, [findings.md](findings.md), figures of edits",
        ),
        40: ("yes", numbers),
        41: ("yes", "none: nothing here is a clinical finding"),
        42: ("yes", f"the config; as checked, with all defaults, results/{config['name']}/config.yaml"),
        44: ("no", "nothing is stated in the repository; whoever publishes a run states it"),
    }


def of_the_data(config: dict) -> dict[int, tuple]:
    """Item -> (answer, what), of what depends on whether all data sets are phantoms."""
    synthetic = all(config["datasets"][name]["adapter"].endswith("_phantom") for name in config["grid"]["datasets"])
    sizes = numbers_of(config, lambda dataset: dataset["test_images"])
    partitions = numbers_of(config, splits_said)
    common = {
        10: (
            "yes",
            f"test images, evenly over classes: {sizes}; prompts sampled: of {config['sampling']['prompts_from']}",
        ),
        19: ("yes", f"by subject, a hash or a list that was given, of phantoms a sequence over groups: {partitions}"),
        20: ("yes", "the subject: nobody is in two partitions"),
        21: ("no", f"no power analysis; {sizes}"),
        32: ("yes", f"everything is measured on the test partition of the same data sets; {results_of(config)}"),
        33: ("no", "no data of another source"),
    }
    if not synthetic:
        known = {
            7: ("in part", "below, Data; add versions, links and dates of download"),
            8: ("in part", "what adapters leave out, with reasons, is in [data.md](data.md) and excluded.csv"),
            9: ("yes", "below, Data; steps in [data.md](data.md)"),
            35: ("in part", f"results/{config['name']}/data/*/excluded.csv; draw the flow from it"),
            36: (OPEN, f"from results/{config['name']}/data/*/records.csv"),
        }
        unknown = {item: (OPEN, "by whoever holds the data and writes the report") for item in NOT_OURS}
        return {**common, **known, **unknown}
    return {
        **common,
        5: (SYNTHETIC, "simulated subjects"),
        7: ("yes", "[data sheets](datasheets.md)"),
        8: ("yes", "all simulated subjects; classes in tests and prompts below, Data"),
        9: ("yes", "none after drawing; sizes below, Data"),
        11: (SYNTHETIC, "nobody to identify; what was taken from real rows is in the [data sheets](datasheets.md)"),
        12: (SYNTHETIC, "nothing is missing"),
        13: (SYNTHETIC, "a simulated scanner, written down in the [data sheets](datasheets.md)"),
        14: ("yes", "labels are the causes that images are drawn from; counterfactuals are drawn by the same model"),
        15: ("yes", "known exactly, which no reader of real images could be"),
        16: (SYNTHETIC, "no annotators"),
        17: (SYNTHETIC, "no annotation"),
        18: (SYNTHETIC, "no annotators"),
        35: ("yes", "[data sheets](datasheets.md); nobody is left out"),
        36: ("yes", "[data sheets](datasheets.md)"),
    }


def of_the_run(config: dict) -> dict[int, tuple]:
    """Item -> (answer, what), of models, training and measures as the config has them."""
    grid, sampling = config["grid"], config["sampling"]
    editing, sweep, study = (config.get(part) for part in ("editing", "sweep", "prompt_study"))
    runs, seeds = len(grid["training_seeds"]), len(sampling["seeds"])
    over = f"over {runs} training runs" if runs > 1 else f"over {seeds} sampling seeds of one training run"
    edits = f"; of edits {', '.join([*editing['likeness'], *editing['perceptual']])}" if editing else ""
    classifiers = numbers_of(config, lambda dataset: (dataset["classifier"] or {}).get("name", "none"))
    tried = f"sampled at deltas {', '.join(f'{delta:g}' for delta in sweep['deltas'])}; " if sweep else ""
    tried += f"prompts {', '.join(study['prompts'])}; " if study else ""
    embedded = config["model"]["path"] == "resources/embedded_model"
    model = "[model card](model_card.md)" if embedded else "its own card; [weights.md](weights.md)"
    started = ", ".join(grid["methods"])
    return {
        22: ("yes", f"{config['model']['path']}: {model}"),
        24: ("yes", f"{started}: from the pre-trained model"),
        25: ("yes", f"below, Training; seeds {', '.join(map(str, grid['training_seeds']))}; no augmentation of images"),
        26: (
            "yes",
            "those after the last step, or their running average (ema_decay); what chooses a delta or lambda sees no "
            "test image",
        ),
        28: (
            "yes",
            f"{', '.join(config['metrics'])} in features of {', '.join(config['extractors'])}; AUC by classifier: "
            f"{classifiers}{edits}; the paper's values beside ours where it has any",
        ),
        29: (
            "yes",
            f"95 % intervals: FID and KID {over}; AUC over test subjects"
            + (" and runs" if runs > 1 else "")
            + "; gains paired; Holm's correction",
        ),
        30: ("yes" if tried else "no", f"{tried}readings of the method: [readings.md](readings.md)"),
        37: ("in part", f"{results_of(config)}, by data set, method and cell; not by age or sex"),
        38: ("in part", f"AUC with intervals, table 1 of {results_of(config)}; no curve, no confusion matrix"),
        43: (
            "yes" if embedded else "in part",
            "code, embedded weights and phantoms under Apache-2.0 ([licences.md](licences.md)); data that are "
            "downloaded and large weights from their publishers",
        ),
    }


def results_of(config: dict) -> str:
    """Where a run's tables are: those of the embedded benchmark are committed."""
    return "[results.md](results.md)" if config["name"] == "embedded" else f"results/{config['name']}/tables"


def software() -> str:
    """The versions of NAMED, and where all others are pinned."""
    pins = dict(line.split("==") for line in (ROOT / "constraints.txt").read_text().split() if "==" in line)
    return f"{', '.join(f'{name} {pins[name]}' for name in NAMED)}; all pins in constraints.txt"


def numbers_of(config: dict, value) -> str:
    """'NAME value' of every data set of the grid, joined."""
    return ", ".join(f"{name} {value(config['datasets'][name])}" for name in config["grid"]["datasets"])


def splits_said(dataset: dict) -> str:
    """The options of a data set that say how subjects are split."""
    options = plugins.options("dataset adapter", dataset["adapter"], dataset["options"])
    return " ".join(
        f"{key} {value}" for key, value in options.items() if "fraction" in key or key == "splits" and value
    )


def data(config: dict) -> list[dict]:
    """A row a data set of the grid."""
    rows = []
    for name in config["grid"]["datasets"]:
        dataset = config["datasets"][name]
        options = plugins.options("dataset adapter", dataset["adapter"], dataset["options"])
        rows.append(
            {
                "Data set": name,
                "Adapter": dataset["adapter"],
                "Pixels": options.get("image_size", ""),
                "Classes": ", ".join(dataset["classes"]),
                "Test images": dataset["test_images"],
                "Partitions": splits_said(dataset),
            }
        )
    return rows


def training(config: dict) -> list[dict]:
    """A row an option, a column a method: all options, filled."""
    methods = config["grid"]["methods"]
    filled = {name: plugins.options("method", name, config["methods"].get(name)) for name in methods}
    names = dict.fromkeys(name for options in filled.values() for name in options)
    return [{"Option": name} | {method: filled[method].get(name, "") for method in methods} for name in names]


def cells(config: dict) -> list[dict]:
    """A row a cell: what its training adds to the noise, and its drift at sampling."""
    rows = []
    for cell in config["grid"]["cells"]:
        added, drift = config["trainings"][cell["training"]], config["drifts"][cell["drift"]]
        rows.append(
            {
                "Cell": cell["label"],
                "Training": cell["training"],
                "Noise in training": f"{added['noise']} {added['scale']:g}" if added["scale"] else added["noise"],
                "Drift in training": added["drift"],
                "Drift at sampling": " ".join(str(drift[key]) for key in ("kind", "source", "value") if key in drift),
                "Methods": ", ".join(cell["methods"] or config["grid"]["methods"]),
            }
        )
    return rows


def table(rows: list[dict]) -> str:
    """Rows as a pipe table and an empty line."""
    return markup.markdown(pd.DataFrame(rows).astype(object).map(str), ()).rstrip() + "\n"


def read(config) -> dict:
    """The config of a file, checked and filled. UserError: there is none, or it is not whole."""
    schema = yaml.safe_load((ROOT / "schemas/config.schema.yaml").read_text())
    try:
        return check(yaml.safe_load(Path(config).read_text()) or {}, schema)
    except (OSError, yaml.YAMLError) as error:
        raise UserError(
            f"{config} cannot be read ({type(error).__name__}); give config.yaml or a run's own."
        ) from error


def main(config, into):
    """Write the checklist of CONFIG into INTO."""
    with atomic(into) as temporary:
        temporary.write_text(page(read(config)))


if __name__ == "__main__":
    cli.run(main, cli.parser(__doc__, config=str, into=str))
