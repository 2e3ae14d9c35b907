"""A task whose answers are known: a case is a picture that is bright on the right, no case one bright on the left."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from ldcore.edit.scoring.material import material

SIDE = 32
EDITS = {"CN to AD": ("CN", "AD"), "AD to CN": ("AD", "CN")}
DATASET = {
    "adapter": "folder",
    "options": {},
    "anatomy": "brain_mr",
    "classes": ["CN", "AD"],
    "classifier": {"name": "pixels_logistic", "options": {}},
}
SCORING = {"extractors": {"pooled_pixels": {}}, "perceptual": {}, "real_images": 4, "amounts": [0.0, 1.0]}


def pictures(diagnoses) -> np.ndarray:
    """uint8 [N, 32, 32]: the half that the diagnosis says is brighter, over noise of each image's own."""
    draw = np.random.default_rng(len(diagnoses))
    images = draw.integers(0, 60, (len(diagnoses), SIDE, SIDE))
    for image, diagnosis in zip(images, diagnoses):
        image[:, SIDE // 2 :] += 120 if diagnosis == "AD" else 0
        image[:, : SIDE // 2] += 0 if diagnosis == "AD" else 120
    return images.astype(np.uint8)


def records_of(splits) -> pd.DataFrame:
    """One subject an image, by turns CN and AD, each a year older than the one before."""
    count = len(splits)
    return pd.DataFrame(
        {
            "subject_id": [f"s{number}" for number in range(count)],
            "session": 0,
            "age": 60.0 + np.arange(count),
            "sex": ["F", "M"] * (count // 2),
            "diagnosis": ["CN", "AD"] * (count // 2),
            "findings": "",
            "split": splits,
            "image_index": np.arange(count),
        }
    )


@pytest.fixture
def task():
    """Functions that build the requests of a task and what its cells are measured against."""
    records = records_of(["train"] * 20 + ["test"] * 12)
    images = pictures(records["diagnosis"])
    rows = records.to_dict("records")

    def negations(count=2):
        """`count` requests of each edit of EDITS, of the first test subjects of its kind."""
        return [
            {
                "edit": edit,
                "source_row": row,
                "source": rows[row],
                "target": {**rows[row], "diagnosis": after},
                "rendered": {},
                "amount": 1.0,
            }
            for edit, (before, after) in EDITS.items()
            for row in [row for row in range(20, 32) if rows[row]["diagnosis"] == before][:count]
        ]

    def ageing(gaps):
        """One request a gap, from a test subject to the next as if it were the same one later."""
        return [
            {
                "edit": "older",
                "source_row": 20 + number,
                "source": rows[20 + number],
                "target": {**rows[20 + number], "age": rows[20 + number]["age"] + gap},
                "rendered": {},
                "target_row": 28 + number,
                "gap": gap,
            }
            for number, gap in enumerate(gaps)
        ]

    def measured(requests, styles=("simple_info",), exact=None):
        """What the cells of a task are measured against; `exact` stands for a renderer's images."""
        sources = images[[request["source_row"] for request in requests]]
        against = material("t", {"styles": list(styles)}, requests, sources, records, images, DATASET, SCORING, 0)
        return {**against, "exact": exact}

    return SimpleNamespace(
        records=records, images=images, dataset=DATASET, negations=negations, ageing=ageing, measured=measured
    )


def opposite(images) -> np.ndarray:
    """The images with their halves swapped: each becomes the other kind."""
    return np.concatenate([images[..., SIDE // 2 :], images[..., : SIDE // 2]], -1)


@pytest.fixture(name="opposite")
def opposite_fixture():
    return opposite
