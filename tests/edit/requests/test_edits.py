"""Which image becomes what, and what is refused."""

import numpy as np
import pytest

from ldcore import datasets
from ldcore.edit.requests.edits import requests
from ldcore.runtime.errors import UserError

OPTIONS = {"subjects": 40, "image_size": 32}


@pytest.fixture(scope="module")
def chest():
    return datasets.build("chest_phantom", OPTIONS, 0)[0]


def test_rows_are_like_from_and_become_to_a_subject_once(chest):
    grow = {"from": {"findings": "No Finding"}, "to": {"findings": "Cardiomegaly"}, "add": {"age": 2}, "amount": 0.5}
    grown = requests({"grow": grow}, 3, chest, 0)
    assert 1 < len(grown) <= 3 and len({request.source["subject_id"] for request in grown}) == len(grown)
    for request in grown:
        assert (request.edit, request.amount, request.rendered) == ("grow", 0.5, {})
        assert request.source == chest.to_dict("records")[request.source_row]
        assert request.source["findings"] == "No Finding" and request.source["split"] == "test"
        older = request.source["age"] + 2
        assert request.target == {**request.source, "findings": "Cardiomegaly", "age": older}
        assert request.target_row is None and np.isnan(request.gap)


def test_an_edit_may_have_a_number_of_its_own_and_a_draw_of_its_own(chest):
    well = {"from": {"findings": "No Finding"}, "to": {"findings": "Cardiomegaly"}}
    both = requests({"a": well, "b": {**well, "images": 3}}, 2, chest, 0)
    rows = {edit: [request.source_row for request in both if request.edit == edit] for edit in "ab"}
    assert [request.edit for request in both] == list("aabbb") and rows["a"] != rows["b"][:2]
    again = requests({"b": {**well, "images": 3}}, 2, chest, 0)
    assert [request.source_row for request in again] == rows["b"]
    assert [request.source_row for request in requests({"b": well}, 3, chest, 1)] != rows["b"]


def test_without_edits_the_longitudinal_pairs_grow_older():
    records, _ = datasets.build("brain_phantom", OPTIONS, 0)
    pairs = requests(None, 3, records, 0)
    assert len(pairs) == 3 and {request.edit for request in pairs} == {"older"}
    for request in pairs:
        source, target = (records.iloc[row] for row in (request.source_row, request.target_row))
        assert source["subject_id"] == target["subject_id"] and request.gap == target["age"] - source["age"] > 0
        assert request.source["session"] < request.target["session"] and request.amount == 1.0


def test_a_compound_no_record_has_is_of_rows_with_its_first_finding(chest):
    heal = {"from": {"findings": "Cardiomegaly|Pneumonia"}, "to": {"findings": "No Finding"}}
    for request in requests({"heal": heal}, 3, chest, 0):
        assert chest.iloc[request.source_row]["findings"] == "Cardiomegaly"
        assert request.rendered == {"findings": "Cardiomegaly|Pneumonia"}
        assert request.source["findings"] == "Cardiomegaly|Pneumonia" and request.target["findings"] == "No Finding"


@pytest.mark.parametrize(
    "edit, message",
    [
        ({"to": {"findings": "Fracture"}}, "findings 'Fracture' is unknown; use one of"),
        ({"to": {"height": 2}}, "cannot change 'height'"),
        ({"from": {"sex": "X"}}, "sex 'X' is unknown"),
        ({"from": {"diagnosis": "AD"}, "to": {"diagnosis": "CN"}}, "no test image has diagnosis AD"),
    ],
)
def test_faults_name_the_edit(chest, edit, message):
    with pytest.raises(UserError, match=message):
        requests({"strange": edit}, 3, chest, 0)


def test_labels_of_the_data_are_known(chest):
    diagnoses = ["flood", "drought"] * (len(chest) // 2) + ["flood"] * (len(chest) % 2)
    records = chest.assign(diagnosis=diagnoses)
    dried = requests({"dry": {"from": {"diagnosis": "flood"}, "to": {"diagnosis": "drought"}}}, 3, records, 0)
    assert {request.target["diagnosis"] for request in dried} == {"drought"}
    with pytest.raises(UserError, match="'fire' is unknown; use one of.*drought, flood"):
        requests({"burn": {"to": {"diagnosis": "fire"}}}, 3, records, 0)


def test_rows_that_would_leave_the_range_of_the_data_are_passed_over(chest):
    ages = chest["age"]
    step = (ages.max() - ages.min()) / 2
    older = requests({"older": {"add": {"age": step}}}, 40, chest, 0)
    assert older and all(request.target["age"] <= ages.max() for request in older)
    with pytest.raises(UserError, match="'older': every test image would leave the data's own range"):
        requests({"older": {"add": {"age": 200}}}, 3, chest, 0)
