"""What cells are measured against: real images of other people, which edits negate a label, which a style asks for."""

import numpy as np

from ldcore import datasets
from ldcore.edit.dataset import Dataset
from ldcore.edit.requests.edits import requests
from ldcore.edit.requests.ground_truth import GroundTruth, ground_truth
from ldcore.edit.scoring.reference import Metrics, reference

ENTRY = {"adapter": "folder", "options": {}, "anatomy": "brain_mr", "classes": ["CN", "AD"], "classifier": {}}


def test_negations_without_a_renderer(task):
    against = task.measured(task.negations(2))
    assert not against.longitudinal and np.isnan(against.gaps).all()
    assert against.cases.tolist() == [1, 1, 0, 0] and against.negated.tolist() == [True] * 4
    assert against.edits.tolist() == ["CN to AD"] * 2 + ["AD to CN"] * 2
    # the first test rows are edited (20 to 23), so the real images are of the next ones
    np.testing.assert_array_equal(against.real, task.dataset.images[24:28])


def test_ageing_negates_nothing(task):
    against = task.measured(task.ageing([2.0, 7.0]), styles=["binned"])
    assert against.longitudinal and against.gaps.tolist() == [2.0, 7.0] and not against.negated.any()


def test_a_style_without_ages_cannot_ask_for_another_age(task):
    against = task.measured([*task.negations(1), *task.ageing([9.0])], styles=["simple", "simple_info"])
    assert against.edits_in("simple") == ["CN to AD", "AD to CN"]
    assert against.edits_in("simple_info") == against.edits_in("") == ["CN to AD", "AD to CN", "older"]


def test_the_measures_are_the_anatomys_unless_the_data_set_names_some(task):
    requests = task.negations(1)
    assert task.measured(requests).measures == ["ventricle_area"]
    own = Dataset.of({**ENTRY, "measures": ["lab.bright"]}, task.dataset.records, task.dataset.images, 0)
    truth = GroundTruth(requests, task.sources(requests), None, None)
    assert reference(truth, own, ["simple"], Metrics({}, {}), 4).measures == ["lab.bright"]


def test_what_is_computed_is_computed_once(task):
    against, calls = task.measured(task.negations(1)), []
    for _ in range(2):
        assert against.computed("key", lambda: calls.append(1) or 7) == 7
    assert calls == [1]


def test_no_edited_subject_is_among_the_real_images():
    options = {"subjects": 24, "image_size": 32}
    records, images = datasets.build("brain_phantom", options, 0)
    dataset = Dataset.of({**ENTRY, "adapter": "brain_phantom", "options": options}, records, images, 0)
    edits = {"ill": {"from": {"diagnosis": "CN"}, "to": {"diagnosis": "AD"}}}
    truth = ground_truth(requests(edits, 2, records, 0), dataset)
    against = reference(truth, dataset, ["simple"], Metrics({}, {}), 3)
    edited = {request.source["subject_id"] for request in truth.requests}
    others = records[(records["split"] == "test") & ~records["subject_id"].isin(edited)]["image_index"][:3]
    np.testing.assert_array_equal(against.real, images[others])
