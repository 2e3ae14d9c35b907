"""The images of requests: sources, rendered where they must be, follow-ups and exact counterfactuals."""

import numpy as np
import pytest

from ldcore import datasets
from ldcore.edit.dataset import Dataset
from ldcore.edit.requests.edits import Request, requests
from ldcore.edit.requests.ground_truth import exact_image, ground_truth, source_images
from ldcore.runtime.errors import UserError

OPTIONS = {"subjects": 40, "image_size": 32}
ENTRY = {"anatomy": "", "classes": [], "classifier": {}}


@pytest.fixture(scope="module")
def brain():
    return dataset_of("brain_phantom")


def dataset_of(adapter):
    records, images = datasets.build(adapter, OPTIONS, 0)
    return Dataset.of({"adapter": adapter, "options": OPTIONS, **ENTRY}, records, images, 0)


def test_longitudinal_pairs_have_the_later_session_as_it_was_scanned(brain):
    truth = ground_truth(requests(None, 3, brain.records, 0), brain)
    assert truth.source.shape == truth.exact.shape == truth.followup.shape == (3, 32, 32)
    for image, later, request in zip(truth.source, truth.followup, truth.requests):
        np.testing.assert_array_equal(image, brain.images[brain.records["image_index"][request.source_row]])
        np.testing.assert_array_equal(later, brain.images[brain.records["image_index"][request.target_row]])
    # another position and scanner noise than the exact image of the first scan
    assert (truth.exact != truth.followup).any((1, 2)).all()


def test_the_exact_image_differs_only_by_what_the_edit_changes(brain):
    edits = {"ill": {"from": {"diagnosis": "CN"}, "to": {"diagnosis": "AD"}}}
    truth = ground_truth(requests(edits, 2, brain.records, 0), brain)
    assert truth.followup is None and (truth.exact != truth.source).any((1, 2)).all()
    source = truth.requests[0].source
    nothing = Request("nothing", truth.requests[0].source_row, source, source)
    np.testing.assert_array_equal(exact_image(nothing, brain), truth.source[0])


def test_a_compound_no_record_has_is_rendered():
    chest = dataset_of("chest_phantom")
    heal = {"from": {"findings": "Cardiomegaly|Pneumonia"}, "to": {"findings": "No Finding"}}
    compound = requests({"heal": heal}, 3, chest.records, 0)
    rendered = source_images(compound, chest)
    plain = chest.images_of([request.source_row for request in compound])
    assert (rendered != plain).any((1, 2)).all() and compound[0].source["findings"] == "Cardiomegaly|Pneumonia"
    exact = ground_truth(compound, chest).exact
    assert exact.shape == rendered.shape and (exact != rendered).any((1, 2)).all()


def test_without_a_renderer_there_is_no_truth_and_nothing_to_render(brain):
    own = Dataset.of({"adapter": "folder", "options": {}, **ENTRY}, brain.records, brain.images, 0)
    row = brain.records.iloc[0].to_dict()
    plain = Request("ill", 0, row, {**row, "diagnosis": "AD"})
    assert ground_truth([plain], own).exact is None
    unseen = Request("heal", 0, row, row, rendered={"findings": "Cardiomegaly|Pneumonia"})
    with pytest.raises(UserError, match="Pneumonia.*adapter 'folder' cannot render one; leave this edit out"):
        source_images([plain, unseen], own)
