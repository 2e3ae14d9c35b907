"""What both phantoms share: options, rows turned into a data set, causes changed."""

import numpy as np
import pandas as pd
from tqdm import tqdm

from ldcore.runtime.errors import UserError

OPTIONS = {
    "image_size": {"type": "integer", "minimum": 16, "maximum": 512, "default": 64, "description": "pixels a side"},
    "val_fraction": {"type": "number", "minimum": 0, "maximum": 1, "default": 0.1, "description": "of all subjects"},
}


def build(name: str, options: dict, seed: int, sessions, render):
    """(records, images uint8 [N, size, size]) of every subject's sessions; name: for the progress bar."""
    rows = [row for index in range(options["subjects"]) for row in sessions(index, options, seed)]
    images = np.empty((len(rows), options["image_size"], options["image_size"]), np.uint8)
    for number, row in enumerate(tqdm(rows, desc=name, mininterval=2)):
        images[number], truth = render(row, options, seed)
        row.update(image_index=number, **truth)
    return pd.DataFrame(rows), images


def changed(record, keys: tuple, changes: dict) -> dict:
    """The record's causes under `keys` with `changes`; UserError for a key that is no cause."""
    for key in changes:
        if key not in keys:
            raise UserError(f"Cannot change {key!r} in a counterfactual; change one of {', '.join(keys)}.")
    return {**{key: record[key] for key in keys}, **changes}
