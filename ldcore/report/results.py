"""The results of one run, as tables and figures read them: nothing else opens its files."""

import functools
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from ldcore import store
from ldcore.datasets import records
from ldcore.edit.dataset import Dataset
from ldcore.edit.requests.edits import Request, requests
from ldcore.edit.requests.ground_truth import GroundTruth, ground_truth, source_images
from ldcore.grid import Checkpoint, EditRun, drift_origin, edit_cells, part_of, tasks
from ldcore.runtime.arrays import Arrays, load_part
from ldcore.runtime.files import read_json
from ldcore.store import Store


@dataclass(frozen=True)
class Edited:
    """What an editing task asked for and what came of it, of N requests and S styles."""

    task: dict  # its entry in the config
    dataset: Dataset
    requests: list[Request]
    # (base, label of the cell) -> what rule `edit` wrote (ldcore.edit.job): decoded uint8 [S, N, H, W, 3],
    # changed uint8 [S, N, H, W], ...
    edits: dict[tuple[str, str], Arrays]

    @cached_property
    def source(self) -> np.ndarray:
        """The image of each request, uint8 [N, H, W]."""
        return source_images(self.requests, self.dataset)

    @cached_property
    def truth(self) -> GroundTruth:
        """What each image should become, where it is known."""
        return ground_truth(self.requests, self.dataset)


@dataclass(frozen=True)
class Results:
    """One run: its config, where its files lie, and a method for each thing that its jobs wrote."""

    config: dict
    store: Store
    reported_file: Path = Path("resources/reported_values.csv")
    official_file: Path = Path("resources/official_page.csv")

    @classmethod
    def opened(cls, config_file) -> "Results":
        """From results/NAME/config.yaml."""
        return cls(*store.opened(config_file))

    def scores(self) -> list[dict]:
        """Distances to the real images, of every cell of the grid: a row a value."""
        return [row for name in self.config["grid"]["datasets"] for row in read_json(self.store.scores(name))["cells"]]

    def downstream(self) -> list[dict]:
        """AUC of classifiers trained on images of every cell of the grid: a row a value."""
        return [row for name in self.config["grid"]["datasets"] for row in read_json(self.store.downstream(name))]

    def sweep(self, dataset: str) -> list[dict]:
        """Distances to the real images at every delta of the sweep: a row a value."""
        return read_json(self.store.scores(dataset))["sweep"]

    def samples(self, checkpoint: Checkpoint, drift: str) -> Arrays:
        """What was sampled from a checkpoint under a drift, N images.

        images uint8 [N, H, W, 3]; rows [N], the record whose prompt each has; seeds [N]; trace [N, steps + 1, C], the
        mean of the latents' channels along the reverse process; features [N, D] by the name of their extractor.
        """
        return load_part(self.store.samples(checkpoint), drift)

    def cell_samples(self, dataset: str, method: str, cell: dict) -> Arrays:
        """The samples of one cell of the grid, of the first prompt style and the first training seed."""
        grid = self.config["grid"]
        run = str(grid["training_seeds"][0])
        return self.samples(Checkpoint(dataset, method, cell["training"], grid["prompts"][0], run), part_of(cell))

    def reference(self, dataset: str) -> Arrays:
        """Features [N, D] of the real test images and of the floors: EXTRACTOR/test, /train, /reconstruction."""
        return Arrays(self.store.reference(dataset))

    def drift(self, checkpoint: Checkpoint, name: str) -> dict:
        """The drift of this name that a checkpoint takes: kind, source, value, and what its source found on its way."""
        return read_json(self.store.drift(drift_origin(self.config, checkpoint, name), name))

    def records_and_images(self, dataset: str) -> tuple[pd.DataFrame, np.ndarray]:
        """A data set's records, a row an image, and its images uint8 [N, H, W], which stay on disk until read."""
        return records.load(self.store.data(dataset), mmap=True)

    def tasks_with(self, **entries) -> list[str]:
        """The editing tasks with these entries, e.g. table="table2"; all tasks without."""
        return [name for name, task in tasks(self.config).items() if entries.items() <= task.items()]

    def edit_rows(self, section: str, names: list[str]) -> list[dict]:
        """Rows of editing tasks, a row a value.

        section: "table", "truth" (against the exact image), "tradeoff", or "selection" (of lambda, on the val split).
        """
        return [row for name in names for row in read_json(self.store.edit_scores(name))[section]]

    def edited(self, name: str) -> Edited:
        """The requests, the true images and the edits of one editing task."""
        task, seed = tasks(self.config)[name], self.config["seed"]
        entry = self.config["datasets"][task["dataset"]]
        dataset = Dataset.of(entry, *self.records_and_images(task["dataset"]), seed)
        return Edited(
            task,
            dataset,
            requests(task["edits"], task["images"], dataset.records, seed),
            {
                (base, cell["label"]): self.edits(EditRun(name, task["method"], base, cell["training"]), cell["drift"])
                for base in task["bases"]
                for cell in edit_cells(self.config, name)
            },
        )

    def edits(self, run: EditRun, drift: str) -> Arrays:
        """What an editing job made under a drift."""
        return load_part(self.store.edits(run), drift)

    def reported(self) -> pd.DataFrame:
        """The values that the paper prints: table, dataset, task, method, ld, prompt, patient_info, metric, value."""
        return table_at(self.reported_file)

    def official(self) -> pd.DataFrame:
        """What we measured on the paper's project page: figure, subject, delta, red, green, blue, chroma, note."""
        return table_at(self.official_file)


@functools.cache
def table_at(path: Path) -> pd.DataFrame:
    """A csv file, read once: claims ask for the paper's values row by row."""
    return pd.read_csv(path)
