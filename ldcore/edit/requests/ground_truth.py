"""The images of requests: what is edited, and where it is known, what it should become."""

from dataclasses import dataclass

import numpy as np

from ldcore import plugins
from ldcore.edit.dataset import Dataset
from ldcore.edit.requests.edits import CHANGES, Request
from ldcore.runtime.errors import UserError


@dataclass(frozen=True)
class GroundTruth:
    """The images of N requests, all gray uint8 [N, H, W]."""

    requests: list[Request]
    source: np.ndarray  # what is edited
    exact: np.ndarray | None  # the same scan of the same subject as the edit asks; None where nothing can render it
    followup: np.ndarray | None  # the subject's later session; None where the requests are not longitudinal pairs


def ground_truth(requests: list[Request], dataset: Dataset) -> GroundTruth:
    """Sources, exact counterfactuals and follow-ups of a task's requests. UserError as `source_images`."""
    exact = [exact_image(request, dataset) for request in requests]
    later = [request.target_row for request in requests]
    return GroundTruth(
        requests,
        source_images(requests, dataset),
        None if any(image is None for image in exact) else np.stack(exact),
        None if None in later else dataset.images_of(later),
    )


def source_images(requests: list[Request], dataset: Dataset) -> np.ndarray:
    """The images to edit, uint8 [N, H, W], rendered where a request says so. UserError where they cannot be."""
    return np.stack([source_image(request, dataset) for request in requests])


def source_image(request: Request, dataset: Dataset) -> np.ndarray:
    """The image to edit, uint8 [H, W]."""
    if not request.rendered:
        return dataset.images_of(request.source_row)
    image = rendered_image(request, dataset, request.rendered)
    if image is None:
        raise UserError(
            f"No image of the data set has {request.rendered}, and its adapter {dataset.adapter!r} cannot render one; "
            "leave this edit out."
        )
    return image


def exact_image(request: Request, dataset: Dataset) -> np.ndarray | None:
    """The subject and session of a request as its target says, uint8 [H, W]; None without a renderer."""
    record = dataset.records.iloc[request.source_row].to_dict()
    changes = {key: request.target[key] for key in CHANGES if key in record and request.target[key] != record[key]}
    return rendered_image(request, dataset, changes)


def rendered_image(request: Request, dataset: Dataset, changes: dict) -> np.ndarray | None:
    """The subject and session of a request with some causes changed, uint8 [H, W]; None without a renderer."""
    adapter = plugins.find("dataset adapter", dataset.adapter)
    if not hasattr(adapter, "counterfactual"):
        return None
    options = plugins.options("dataset adapter", dataset.adapter, dataset.options)
    return adapter.counterfactual(dataset.records.iloc[request.source_row].to_dict(), options, dataset.seed, **changes)
