"""No images: records for prompts alone, so that a run can sample a model without data (configs/page.yaml).

The prompt is the data set's `anatomy`, in words of one's own: with the style `simple`, "a sailing boat on a lake".
Every record has the same mid-gray placeholder for an image. Nothing may be compared with it: such a config says `only`
which tables, figures and claims it makes, of those that need samples alone.
"""

import numpy as np
import pandas as pd

from ldcore.datasets.records import SPLITS

TITLE = "prompts without images"
PATIENTS = False
SIZED = False
OPTIONS = {
    "records": {"type": "integer", "minimum": 12, "default": 24, "description": "records, a third in every split"},
    "image_size": {"type": "integer", "minimum": 8, "default": 64, "description": "pixels a side of the placeholder"},
}
LABEL = "prompt"  # what `classes` of such a data set is called
GRAY = 128  # of 0..255


def build(options: dict, seed: int):
    """(records, images uint8 [N, size, size], all GRAY); the seed changes nothing."""
    count, size = options["records"], options["image_size"]
    rows = [
        {
            "subject_id": f"prompt{number}",
            "session": 0,
            "age": None,
            "sex": "",
            "diagnosis": "",
            "findings": LABEL,
            "split": SPLITS[number % len(SPLITS)],
            "image_index": number,
        }
        for number in range(count)
    ]
    return pd.DataFrame(rows), np.full((count, size, size), GRAY, np.uint8)
