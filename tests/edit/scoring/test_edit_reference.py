"""What cells are measured against: real images of other people, which edits negate a label, which a style asks for."""

from dataclasses import replace

import numpy as np

from ldcore import datasets
from ldcore.edit.dataset import Dataset
from ldcore.edit.requests.edits import requests
from ldcore.edit.requests.ground_truth import GroundTruth, ground_truth
from ldcore.edit.scoring.reference import Metrics, other_people, reference

ENTRY = {"adapter": "folder", "options": {}, "anatomy": "brain_mr", "classes": ["CN", "AD"], "classifier": {}}


def test_negations_without_a_renderer(task):
    against = task.measured(task.negations(2))
    assert not against.longitudinal and np.isnan(against.gaps).all()
    assert against.cases.tolist() == [1, 1, 0, 0] and against.negated.tolist() == [True] * 4
    assert against.edits.tolist() == ["CN to AD"] * 2 + ["AD to CN"] * 2
    # the first test rows are edited (20 to 23); of the others as many CN (even rows) as AD (odd rows)
    real = rows_of(against.real, task.dataset.images)
    assert len(real) == 4 and min(real) >= 24 and sum(row % 2 for row in real) == 2


def rows_of(images, among) -> list[int]:
    """Where each image stands among others."""
    return [int(np.flatnonzero((among == image).all((1, 2)))[0]) for image in images]


def test_real_images_are_even_over_classes_and_over_where_they_come_from(task):
    """Not the first by id, which are of one site and have labels that no edit has."""
    records = task.dataset.records
    records = records.assign(adapter=["adni"] * 26 + ["oasis3"] * 6)
    records.loc[24, "diagnosis"] = "MCI"
    dataset = replace(task.dataset, records=records)
    rows = other_people(dataset, {"s20", "s21"}, 4)
    of_both = {("CN", "adni"), ("AD", "adni"), ("CN", "oasis3"), ("AD", "oasis3")}
    assert set(zip(records["diagnosis"][rows], records["adapter"][rows])) == of_both and min(rows) >= 22
    everyone = other_people(dataset, {"s20", "s21"}, 100)
    assert sorted(everyone) == [22, 23, *range(25, 32)]  # all but the edited and the one with another label
    assert np.array_equal(rows, everyone[:4])
    assert not np.array_equal(everyone, other_people(replace(dataset, seed=1), {"s20", "s21"}, 100))


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
    others = records.iloc[rows_of(against.real, images)]
    assert len(others) == 3 and set(others["split"]) == {"test"} and not set(others["subject_id"]) & edited
