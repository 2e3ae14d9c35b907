"""The data set whose images a task edits, with what edits ask of it beside its images."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ldcore.datasets.records import selection_records


@dataclass(frozen=True)
class Dataset:
    """One data set of a benchmark."""

    records: pd.DataFrame  # ldcore.datasets.records: a row an image
    images: np.ndarray  # uint8 [N, H, W]
    adapter: str  # what made it, and may render counterfactuals
    options: dict  # of the adapter
    anatomy: str  # ldcore.prompts.subject_words
    classes: list[str]  # labels of the test set: the first is "no case", every other label is "case"
    classifier: dict  # its name and options
    seed: int  # everything random follows from it
    measures: list[str] | None = None  # what edits should move (scoring.measures), by name; None: the anatomy's

    def images_of(self, rows) -> np.ndarray:
        """The images of the records at positions `rows`: uint8 [R, H, W] of R positions, [H, W] of one."""
        return self.images[self.records["image_index"].to_numpy()[rows]]

    def for_choosing(self) -> "Dataset":
        """The data set without its test split: what chooses lambda gets this one, so it cannot look there."""
        return replace(self, records=selection_records(self.records))

    @classmethod
    def of(cls, entry: dict, records: pd.DataFrame, images: np.ndarray, seed: int) -> "Dataset":
        """From its entry under `datasets` of a config, and what ldcore.datasets.records.load gives."""
        names = ("adapter", "options", "anatomy", "classes", "classifier")
        return cls(records, images, **{name: entry[name] for name in names}, seed=seed, measures=entry.get("measures"))
