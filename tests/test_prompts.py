"""Prompts: wording, what is left out when unknown, and refusals."""

import contextlib

import pandas as pd
import pytest

from ldcore.datasets.scans import chest_labels
from ldcore.prompts import CONDITION, OTHER_FINDINGS, check_told_apart, label_prompts, phrases, prompt
from ldcore.runtime.errors import UserError

RECORD = {"subject_id": "s1", "age": 70.6, "sex": "F", "diagnosis": "AD", "findings": ""}


@pytest.mark.parametrize(
    "changes, text",
    [
        ({}, "a brain MRI of a 71 year old female with Alzheimer's disease"),
        ({"sex": ""}, "a brain MRI of a 71 year old patient with Alzheimer's disease"),
        ({"age": float("nan")}, "a brain MRI of a female with Alzheimer's disease"),
        ({"diagnosis": ""}, "a brain MRI of a 71 year old female"),
        ({"diagnosis": "FTD"}, "a brain MRI of a 71 year old female with FTD"),
    ],
)
def test_patient_information(changes, text):
    assert prompt({**RECORD, **changes}, "brain_mr", "simple_info") == text


def test_simple_needs_nothing_and_info_needs_something():
    empty = {"subject_id": "s1", "age": float("nan"), "sex": "", "diagnosis": "", "findings": ""}
    assert prompt(empty, "chest_xray", "simple") == "a chest X-ray"
    with pytest.raises(UserError, match="'s1'"):
        prompt(empty, "chest_xray", "simple_info")


@pytest.mark.parametrize(
    "anatomy, style, named", [("brain_mr", "sonnet", "sonnet"), ("brain_mri", "simple", "brain_mri")]
)
def test_unknown_names(anatomy, style, named):
    with pytest.raises(UserError, match=named):
        prompt(RECORD, anatomy, style)


FIELD = {"subject_id": "tile_7", "age": float("nan"), "sex": "", "diagnosis": "flood", "findings": ""}


@pytest.mark.parametrize(
    "anatomy, changes, style, text",
    [
        ("satellite image", {}, "simple", "a satellite image"),
        ("satellite image", {}, "simple_info", "a satellite image with flood"),
        ("aerial photograph", {}, "simple_info", "an aerial photograph with flood"),
        ("fundus photograph", {"age": 61}, "simple_info", "a fundus photograph of a 61 year old patient with flood"),
        ("fundus photograph", {"sex": "F", "diagnosis": ""}, "simple_info", "a fundus photograph of a female"),
        (
            "chest_xray",
            {"diagnosis": "", "findings": "Pneumonia|Lung Opacity"},
            "simple_info",
            "a chest X-ray of a patient with pneumonia and lung opacity",
        ),
    ],
)
def test_another_field_has_its_own_words(anatomy, changes, style, text):
    assert prompt({**FIELD, **changes}, anatomy, style) == text


def test_diverse_prompts_of_another_field_say_nothing_medical():
    said = {prompt({**FIELD, "session": number}, "aerial photograph", "diverse_info") for number in range(300)}
    assert len(said) == 21 and all("aerial photograph with flood" in text and "a aerial" not in text for text in said)
    assert not any(word in text for text in said for word in ("patient", "MRI", "X-ray", "radio", "clinical"))
    assert phrases(pd.DataFrame([FIELD]), "aerial photograph") == ["aerial photograph", "flood"]


def test_every_finding_of_the_chest_labels_has_words():
    assert set(chest_labels.FINDINGS) <= {*OTHER_FINDINGS, *CONDITION}


def test_labels_are_compared_on_one_patient_where_a_style_names_them():
    assert label_prompts(["b", "a"], "satellite image", "simple_info", FIELD) == {
        "a": "a satellite image with a",
        "b": "a satellite image with b",
    }
    assert label_prompts(["CN"], "brain_mr", "simple") == {} == label_prompts(["CN"], "brain_mr", "binned")


@pytest.mark.parametrize(
    "tokens, said",
    [
        ([[0, 1, 2, 3, 9], [0, 1, 2, 4, 9]], None),
        ([[0, 1, 2, 9], [0, 1, 2, 3, 9]], None),  # one ends where the other goes on
        ([[0, 1, 9], [0, 1, 9]], "'a' and 'b' are one prompt.* are the same words; rename"),
        ([[0, 1, 2, 3, 4, 9], [0, 1, 2, 3, 5, 9]], "'a' and 'b' .* are cut to 5 tokens before they differ"),
    ],
)
def test_labels_that_a_text_encoder_cannot_tell_apart_are_named(tokens, said):
    texts = {"a": "an image with a", "b": "an image with b"}
    with pytest.raises(UserError, match=said) if said else contextlib.nullcontext():
        check_told_apart(texts, tokens, 5)
