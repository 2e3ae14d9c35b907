"""A task whose answers are known: a case is a picture that is bright on the right, no case one bright on the left."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from ldcore.edit.dataset import Dataset
from ldcore.edit.requests.edits import Request
from ldcore.edit.requests.ground_truth import GroundTruth
from ldcore.edit.scoring.reference import Metrics, reference

SIDE = 32
EDITS = {"CN to AD": ("CN", "AD"), "AD to CN": ("AD", "CN")}
ENTRY = {
    "adapter": "folder",
    "options": {},
    "anatomy": "brain_mr",
    "classes": ["CN", "AD"],
    "classifier": {"name": "pixels_logistic", "options": {}},
}
PIXELS = Metrics(extractors={"pooled_pixels": {}}, perceptual={})


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
    """Functions that build the requests of a task and what its cells are measured against.

    The test images are rows 20 to 31 of 32.
    """
    records = records_of(["train"] * 20 + ["test"] * 12)
    dataset = Dataset.of(ENTRY, records, pictures(records["diagnosis"]), 0)
    rows = records.to_dict("records")

    def negations(count=2):
        """`count` requests of each edit of EDITS, of the first test subjects of its kind."""
        return [
            Request(edit, row, rows[row], {**rows[row], "diagnosis": after})
            for edit, (before, after) in EDITS.items()
            for row in [row for row in range(20, 32) if rows[row]["diagnosis"] == before][:count]
        ]

    def ageing(gaps):
        """One request a gap, from a test subject to another's image as if it were the same one's later."""
        return [
            Request("older", row, rows[row], {**rows[row], "age": rows[row]["age"] + gap}, target_row=row + 8, gap=gap)
            for row, gap in enumerate(gaps, 20)
        ]

    def sources(requests):
        return dataset.images_of([request.source_row for request in requests])

    def measured(requests, styles=("simple_info",), exact=None, metrics=PIXELS):
        """What the cells of a task are measured against; `exact` stands for a renderer's images."""
        later = [request.target_row for request in requests]
        followup = None if None in later else dataset.images_of(later)
        truth = GroundTruth(requests, sources(requests), exact, followup)
        return reference(truth, dataset, list(styles), metrics, 4)

    return SimpleNamespace(dataset=dataset, negations=negations, ageing=ageing, sources=sources, measured=measured)


@pytest.fixture
def opposite():
    """A function: images with their halves swapped, so that each becomes the other kind."""
    return lambda images: np.concatenate([images[..., SIDE // 2 :], images[..., : SIDE // 2]], -1)
