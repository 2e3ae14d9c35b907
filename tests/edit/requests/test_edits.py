"""Which image becomes what, and what is refused."""

import pytest

from ldcore import datasets
from ldcore.edit.job import sources, truth
from ldcore.edit.requests.edits import requests
from ldcore.runtime.errors import UserError

OPTIONS = {"subjects": 40, "image_size": 32}


@pytest.fixture(scope="module")
def chest():
    return datasets.build("chest_phantom", OPTIONS, 0)


def task(**edits):
    return {"images": 3, "edits": edits}


def test_rows_are_like_from_and_become_to_a_subject_once(chest):
    records, _ = chest
    asked = requests(
        task(grow={"from": {"findings": "No Finding"}, "to": {"findings": "Cardiomegaly"}, "add": {"age": 2}}),
        records,
        0,
    )
    assert 1 < len(asked) <= 3 and len({one["source"]["subject_id"] for one in asked}) == len(asked)
    for one in asked:
        assert one["source"]["findings"] == "No Finding" and records.iloc[one["source_row"]]["split"] == "test"
        assert one["target"] == {**one["source"], "findings": "Cardiomegaly", "age": one["source"]["age"] + 2}


def test_a_compound_no_record_has_is_rendered(chest):
    records, images = chest
    asked = requests(
        task(heal={"from": {"findings": "Cardiomegaly|Pneumonia"}, "to": {"findings": "No Finding"}}), records, 0
    )
    made = sources(asked, records, images, {"adapter": "chest_phantom", "options": OPTIONS}, 0)
    plain = images[[records.iloc[one["source_row"]]["image_index"] for one in asked]]
    assert (made != plain).any() and asked[0]["source"]["findings"] == "Cardiomegaly|Pneumonia"
    exact = truth(asked[0], records, {"adapter": "chest_phantom", "options": OPTIONS}, 0)
    assert exact.shape == made[0].shape and (exact != made[0]).any()
    with pytest.raises(UserError, match="cannot render one"):
        sources(asked, records, images, {"adapter": "folder", "options": {}}, 0)


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
        requests(task(strange=edit), chest[0], 0)


def test_labels_of_the_data_are_known(chest):
    records = chest[0].assign(diagnosis=["flood", "drought"] * (len(chest[0]) // 2) + ["flood"] * (len(chest[0]) % 2))
    asked = requests(task(dry={"from": {"diagnosis": "flood"}, "to": {"diagnosis": "drought"}}), records, 0)
    assert {one["target"]["diagnosis"] for one in asked} == {"drought"}
    with pytest.raises(UserError, match="'fire' is unknown; use one of.*drought, flood"):
        requests(task(burn={"to": {"diagnosis": "fire"}}), records, 0)


def test_rows_that_would_leave_the_range_of_the_data_are_passed_over(chest):
    records, _ = chest
    ages = records["age"]
    step = (ages.max() - ages.min()) / 2
    asked = requests({"images": 40, "edits": {"older": {"add": {"age": step}}}}, records, 0)
    assert asked and all(one["target"]["age"] <= ages.max() for one in asked)
    with pytest.raises(UserError, match="'older': every test image would leave the data's own range"):
        requests(task(older={"add": {"age": 200}}), records, 0)
