"""Prompts: wording, what is left out when unknown, and refusals."""

import pytest

from ldcore.errors import UserError
from ldcore.prompts import prompt

RECORD = {"subject_id": "s1", "age": 70.6, "sex": "F", "diagnosis": "AD", "findings": ""}


@pytest.mark.parametrize("changes, text", [
    ({}, "a brain MRI of a 71 year old female with Alzheimer's disease"),
    ({"sex": ""}, "a brain MRI of a 71 year old patient with Alzheimer's disease"),
    ({"age": float("nan")}, "a brain MRI of a female with Alzheimer's disease"),
    ({"diagnosis": ""}, "a brain MRI of a 71 year old female"),
    ({"diagnosis": "FTD"}, "a brain MRI of a 71 year old female with FTD"),
])
def test_patient_information(changes, text):
    assert prompt({**RECORD, **changes}, "brain_mr", "simple_info") == text


def test_simple_needs_nothing_and_info_needs_something():
    empty = {"subject_id": "s1", "age": float("nan"), "sex": "", "diagnosis": "", "findings": ""}
    assert prompt(empty, "chest_xray", "simple") == "a chest X-ray"
    with pytest.raises(UserError, match="'s1'"):
        prompt(empty, "chest_xray", "simple_info")


@pytest.mark.parametrize("anatomy, style, named", [("brain_mr", "sonnet", "sonnet"), ("foot", "simple", "foot")])
def test_unknown_names(anatomy, style, named):
    with pytest.raises(UserError, match=named):
        prompt(RECORD, anatomy, style)
