"""An edit that changes nothing, or nothing that its task's prompts say, is refused before any job."""

import pytest

from configs import checked
from ldcore.runtime.errors import UserError

GONE = dict.fromkeys(("15 years older", "AD to CN", "CN to AD", "female to male"))  # those of config.yaml


def with_edit(edit, styles=("simple_info",), task="disease"):
    tasks = {"disease_both": None, "disease_round_trip": None}
    return checked(editing={"tasks": {**tasks, task: {"styles": list(styles), "edits": {**GONE, "mine": edit}}}})


@pytest.mark.parametrize(
    "edit",
    [
        {"from": {"diagnosis": "AD"}, "to": {"diagnosis": "AD"}},
        {"from": {"sex": "M", "diagnosis": "CN"}, "to": {"sex": "M"}},
        {"from": {"findings": "Edema|Pneumonia"}, "to": {"findings": "Pneumonia|Edema"}},
        {"add": {"age": 0}},
        {"from": {"age": 70}, "to": {"age": 70.0}},
        {"from": {"age": 70}, "to": {"age": 75}, "add": {"age": -5}},
    ],
)
def test_an_edit_that_leaves_all_as_it_is(edit):
    with pytest.raises(UserError, match="^Config editing.tasks.disease.edits.mine: it changes nothing; say"):
        with_edit(edit)


@pytest.mark.parametrize(
    "edit, styles, said",
    [
        ({"from": {"sex": "F"}, "to": {"sex": "M"}}, ["simple"], "changes sex, and no prompt of simple says so"),
        ({"add": {"age": 10}}, ["diverse", "simple"], "changes age, and no prompt of diverse, simple says so"),
        ({"to": {"sex": "M"}, "add": {"age": 9}}, ["diverse"], "changes sex and age, and no prompt of diverse says so"),
        ({"add": {"years": 4}}, ["simple_info"], "changes years, and no prompt"),
        ({"add": {"age": 0.2}}, ["diverse_info"], "changes age, and no prompt"),  # it is rounded away
    ],
)
def test_an_edit_of_which_no_prompt_says_anything(edit, styles, said):
    with pytest.raises(UserError, match=f"edits.mine: it {said}"):
        with_edit(edit, styles)


@pytest.mark.parametrize(
    "edit, said",
    [
        ({"to": {"age": 301}}, "edits.mine.to.age: 301 is greater"),
        ({"to": {"age": -4}}, "edits.mine.to.age: -4 is less"),
        ({"from": {"age": 200}, "to": {"sex": "M"}}, "edits.mine.from.age: 200"),
        ({"add": {"age": 400}}, "edits.mine.add.age: 400"),
        ({"from": {"age": 90}, "add": {"age": 80}}, "edits.mine: it asks for the age 170"),
        ({"to": {"age": 5}, "add": {"age": -10}}, "edits.mine: it asks for the age -5"),
    ],
)
def test_an_age_that_nobody_has(edit, said):
    with pytest.raises(UserError, match=said):
        with_edit(edit)


@pytest.mark.parametrize(
    "edit, styles",
    [
        ({"from": {"diagnosis": "CN"}, "to": {"diagnosis": "AD"}}, ["simple"]),  # a condition is always said
        ({"to": {"sex": "F"}}, ["simple", "diverse_info"]),  # one that says it is enough: the others have no row
        ({"to": {"age": 50}}, ["simple_info"]),
        ({"from": {"sex": "F"}, "to": {"sex": "F"}, "add": {"age": 10}}, ["simple_info"]),
        ({"add": {"age": 12}}, ["binned"]),
    ],
)
def test_edits_that_say_something_pass(edit, styles):
    assert "mine" in with_edit(edit, styles)["editing"]["tasks"]["disease"]["edits"]
