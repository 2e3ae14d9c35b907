"""Arrays on disk, each read when it is first asked for: most readers want a few of a file's."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np


class Arrays(Mapping):
    """The arrays of an npz file by name; what was read is kept."""

    def __init__(self, path):
        self.path = Path(path)
        self.read = {}

    def __getitem__(self, name: str) -> np.ndarray:
        """Read one array. KeyError: the file has none of that name; FileNotFoundError: no file."""
        if name not in self.read:
            with np.load(self.path) as file:
                self.read[name] = file[name]
        return self.read[name]

    def __iter__(self):
        """The names of the arrays."""
        with np.load(self.path) as file:
            return iter(file.files)

    def __len__(self) -> int:
        """How many arrays the file has."""
        return len(list(iter(self)))


def load_part(folder, drift: str) -> Arrays:
    """The arrays of one drift, as sampling and editing jobs write them into their folder."""
    return Arrays(Path(folder) / f"{drift}.npz")
