"""TEMPLATE: say here what the images are, and where they come from."""

import numpy as np
import pandas as pd

from ldcore.runtime.seeds import numpy_rng

TITLE = "TEMPLATE"
EXTENDS = ("ldcore.datasets.records",)  # the option `fractions`, shares of the splits
OPTIONS = {
    "subjects": {"type": "integer", "minimum": 4, "default": 40, "description": "one image each"},
    "image_size": {"type": "integer", "minimum": 8, "default": 64, "description": "pixels a side"},
}
CLASSES = ("CN", "AD")


def build(options, seed):
    """(records, images uint8 [N, size, size]). Here: noise, brighter for the second class."""
    from ldcore.datasets.splits import assign_splits

    subjects, size = [f"s{number}" for number in range(options["subjects"])], options["image_size"]
    splits = assign_splits(subjects, options["fractions"], seed)
    rows, images = [], []
    for number, subject in enumerate(subjects):
        case = number % len(CLASSES)
        rows.append(
            {
                "subject_id": subject,
                "session": 0,
                "age": 50.0 + number % 40,
                "sex": "FM"[number // 2 % 2],
                "diagnosis": CLASSES[case],
                "findings": "",
                "split": splits[subject],
                "image_index": number,
            }
        )
        images.append(numpy_rng(seed, "TEMPLATE", subject).integers(0, 128 * (case + 1), (size, size), dtype=np.uint8))
    return pd.DataFrame(rows), np.stack(images)
