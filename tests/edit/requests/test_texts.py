"""Instructions and prompts of edits."""

import pytest

from ldcore.edit.requests.texts import described, edit_texts, instruction
from ldcore.runtime.errors import UserError

SOURCE = {"subject_id": "a", "session": 0, "age": 70.2, "sex": "F", "diagnosis": "CN", "findings": ""}
TARGET = {**SOURCE, "session": 1, "age": 77.0, "diagnosis": "MCI"}


def test_the_three_formats_of_the_paper():
    assert instruction(SOURCE, TARGET, "brain_mr", "numerical") == (
        "Age this normal cognition 70 years old female brain MRI into a 77 brain MRI with mild cognitive impairment"
    )
    assert " into a seventy-seven brain MRI" in instruction(SOURCE, TARGET, "brain_mr", "word")
    assert " brain MRI moderately into a brain MRI " in instruction(SOURCE, TARGET, "brain_mr", "binned")


@pytest.mark.parametrize(
    "years, word", [(0, "slightly"), (4.9, "slightly"), (5, "moderately"), (10, "significantly"), (30, "significantly")]
)
def test_bins(years, word):
    assert f" {word} " in instruction(SOURCE, {**TARGET, "age": SOURCE["age"] + years}, "brain_mr", "binned")


def test_an_unknown_format_and_a_missing_age_are_named():
    with pytest.raises(UserError, match="'roman' is unknown; use one of binned, word, numerical"):
        instruction(SOURCE, TARGET, "brain_mr", "roman")
    with pytest.raises(UserError, match="Subject 'a' has a session without an age"):
        instruction({**SOURCE, "age": None}, TARGET, "brain_mr", "word")


def test_a_style_without_patient_information_still_says_the_condition():
    assert described(SOURCE, "brain_mr", "simple") == "a brain MRI with normal cognition"
    assert described({**SOURCE, "diagnosis": "", "findings": "Cardiomegaly|Pneumonia"}, "chest_xray", "simple") == (
        "a chest X-ray with cardiomegaly and pneumonia"
    )


def test_sets_hold_all_prompts_of_an_edit_and_stay_whole_when_rows_are_taken():
    texts = edit_texts([SOURCE] * 3, [TARGET] * 3, "brain_mr", "simple", ["x", "y", "x"])
    assert [len(side) for side in texts.sets["x"]] == [2, 2] and len(texts.sets["y"][0]) == 1
    second = texts.of([1])
    assert second.edit == ["y"] and second.sets == texts.sets and len(second.source) == 1
