"""Where everything of a run lies: every path under results/NAME, for rules, scripts and figures alike.

Paths are built from ids; a rule gives wildcards for them ("{dataset}"). Imports nothing heavy: every job parses this.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from ldcore.grid import Checkpoint, EditRun, all_drifts, tasks
from ldcore.prompts import STYLES
from ldcore.runtime import config_files
from ldcore.runtime.errors import UserError
from ldcore.runtime.files import digest


@dataclass(frozen=True)
class Store:
    """The folder of one run, e.g. results/embedded."""

    root: Path

    @property
    def config(self) -> Path:
        """The checked config with every default filled in, as all jobs read it."""
        return self.root / "config.yaml"

    def data(self, dataset: str) -> Path:
        """Folder of records.csv, images.npy, excluded.csv, splits.csv."""
        return self.root / "data" / dataset

    def latents(self, dataset: str) -> Path:
        """Latent posteriors of the training images: mean, std [N, 4, h, w], rows [N]."""
        return self.root / "latents" / f"{dataset}.npz"

    def reference(self, dataset: str) -> Path:
        """Features of the real test images and of the floors."""
        return self.root / "reference" / f"{dataset}.npz"

    def drift(self, origin: str | Checkpoint, name: str) -> Path:
        """One drift of a dataset or, where it is searched, of a checkpoint (grid.drift_origin); read by Drift.read."""
        ids = (origin,) if isinstance(origin, str) else origin
        return self.root.joinpath("drifts", *ids, f"{name}.json")

    def training(self, checkpoint: Checkpoint) -> Path:
        """Folder of a fine-tuning job: weights.safetensors, log.json, and checkpoint.pt while it runs."""
        return self.root.joinpath("runs", *checkpoint)

    def weights(self, checkpoint: Checkpoint) -> Path | None:
        """The fine-tuned weights; the untouched model has none."""
        return None if checkpoint.method == "base" else self.training(checkpoint) / "weights.safetensors"

    def samples(self, checkpoint: Checkpoint) -> Path:
        """Folder of DRIFT.npz for every drift sampled, and index.json, written last."""
        return self.root.joinpath("samples", *checkpoint)

    def scores(self, dataset: str) -> Path:
        """Distances of every cell to the real images: rows for the tables and the sweep."""
        return self.root / "scores" / f"{dataset}.json"

    def downstream(self, dataset: str) -> Path:
        """AUC of classifiers trained on every cell's images: rows for the tables."""
        return self.root / "downstream" / f"{dataset}.json"

    def edits(self, run: EditRun) -> Path:
        """Folder of an editing job: DRIFT.npz, index.json, and weights.safetensors where it was trained."""
        return self.root.joinpath("edits", *run)

    def edit_scores(self, task: str) -> Path:
        """Rows of an editing task for its table, for the table of truth and for the trade-off."""
        return self.root / "edits" / task / "scores.json"

    def table(self, name: str, suffix: str = "csv") -> Path:
        """A table: csv (long form), md or tex (the paper's layout)."""
        return self.root / "tables" / f"{name}.{suffix}"

    def figure(self, name: str, suffix: str = "png") -> Path:
        """A figure: png or pdf."""
        return self.root / "figures" / f"{name}.{suffix}"

    @property
    def page(self) -> Path:
        """The page with everything."""
        return self.root / "report" / "index.html"

    def made(self, stage: str, *ids: str) -> Path:
        """Which code made what a job wrote (ldcore.runtime.code), written by the job last: its script and its ids."""
        return self.root.joinpath("made", stage, *ids[:-1], f"{ids[-1]}.json")

    @property
    def older(self) -> Path:
        """Outputs of jobs of older code, a path a line, for snakemake --forcerun; absent where there are none."""
        return self.root / "older.txt"

    def log(self, *ids: str) -> Path:
        """The log of a job: its rule and its ids."""
        return self.root.joinpath("logs", *ids[:-1], f"{ids[-1]}.log")

    def benchmark(self, *ids: str) -> Path:
        """Time and memory of a job, laid out as its log: the summary pairs them."""
        return self.root.joinpath("benchmarks", *ids[:-1], f"{ids[-1]}.tsv")

    def indices(self) -> list[Path]:
        """The index.json of every sampling and editing job that is done."""
        return [*self.root.glob("samples/**/index.json"), *self.root.glob("edits/**/index.json")]

    def remove_parts(self, indices: list[Path]) -> None:
        """Remove the parts (ldcore.runtime.parts), of which Snakemake does not know, beside indices that are gone."""
        for index in indices:
            if not index.exists():
                for path in [*index.parent.glob("*.npz"), index.with_name("finished.json")]:
                    path.unlink(missing_ok=True)


def opened(config_file, **ids: str) -> tuple[dict, Store]:
    """The config of a run and its store, from results/NAME/config.yaml; ids: dataset, method, ... that it must have.

    Within a job of the workflow (LDCORE_CONFIG) the file must be the one that its run has written.
    UserError: no such file, not a run's config, another run's, or an id that it does not have.
    """
    path = Path(config_file)
    if not path.is_file():
        raise UserError(f"{path} is missing; snakemake writes it when a run starts (not with --no-hooks).")
    config = config_files.read(path)
    if os.environ.get("LDCORE_CONFIG", digest(config)) != digest(config):
        raise UserError(
            f"{path} is not of this run: another one of the same name has started since, or --no-hooks was given; "
            "give each run a `name` of its own, and the same command again."
        )
    if config.get("name") != path.absolute().parent.name or not {"datasets", "grid", "methods"} <= config.keys():
        raise UserError(f"{path} is not the config of a run; give results/NAME/config.yaml, which snakemake writes.")
    for kind, name in ids.items():
        known = SECTIONS[kind](config) if kind in SECTIONS else [name]
        if name not in known:
            raise UserError(f"--{kind.replace('_', '-')} {name}: {path} has only {', '.join(known)}.")
    return config, Store(path.parent)


# id of a job -> the names that a config has for it
SECTIONS = {
    "dataset": lambda config: list(config["datasets"]),
    "method": lambda config: ["base", *config["methods"]],
    "base": lambda config: ["base", *config["methods"]],
    "training": lambda config: ["untrained", *config["trainings"]],
    "prompt": lambda config: STYLES,
    "run": lambda config: [str(seed) for seed in config["grid"]["training_seeds"]],
    "task": lambda config: list(tasks(config)),
    "edit_method": lambda config: list(dict.fromkeys(task["method"] for task in tasks(config).values())),
    "drift": lambda config: list(all_drifts(config)),
}
