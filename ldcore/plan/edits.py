"""What a config asks of edits, checked before anything runs: that each changes something, and that its words say so."""

from ldcore.edit.requests.texts import edit_texts
from ldcore.grid import tasks
from ldcore.prompts import PATIENT
from ldcore.runtime.errors import UserError

OLDEST = 130  # years, as in the schema


def check_edits(config: dict) -> None:
    """UserError where an edit asks for nothing, or for nothing that a prompt style of its task puts into words."""
    for key, task in tasks(config).items():
        anatomy = config["datasets"][task["dataset"]]["anatomy"]
        for name, edit in (task["edits"] or {}).items():
            place = f"Config editing.tasks.{key}.edits.{name}"
            changed = changes(edit)
            if not changed:
                raise UserError(
                    f"{place}: it changes nothing; say what the image shall become, as `to: {{diagnosis: CN}}` or "
                    "`add: {age: 15}`, unlike what `from` has."
                )
            age = {**edit["from"], **edit["to"]}.get("age", 0) + edit["add"].get("age", 0)
            if "age" in {**edit["from"], **edit["to"]} and not 0 <= age <= OLDEST:
                raise UserError(f"{place}: it asks for the age {age:g}; ask for one of 0 to {OLDEST}.")
            if not any(is_said(edit, changed, anatomy, style) for style in task["styles"]):
                styles = ", ".join(task["styles"])
                raise UserError(
                    f"{place}: it changes {' and '.join(changed)}, and no prompt of {styles} says so; "
                    "add a style that does, as simple_info for age and sex, or take the edit out."
                )


def changes(edit: dict) -> list[str]:
    """The causes that are another after an edit."""
    source, target = edit["from"], edit["to"]
    added = {key: step for key, step in edit["add"].items() if step}
    return [key for key in {**target, **added} if key not in source or parts(source[key]) != parts(after(edit, key))]


def after(edit: dict, key: str):
    """What a cause that `from` has is after the edit."""
    value = edit["to"].get(key, edit["from"][key])
    return value + edit["add"][key] if key in edit["add"] else value


def parts(value):
    """A number; of a text the findings that are joined by |, in any order."""
    return set(value.split("|")) if isinstance(value, str) else value


def is_said(edit: dict, changed: list[str], anatomy: str, style: str) -> bool:
    """Whether the words of a style change with an edit."""
    patient = {key: value for key, value in PATIENT.items() if key not in changed}
    if "age" in changed:
        patient["age"] = PATIENT["age"]
    if "age" in edit["to"]:  # of the many that images have, one that it does not become
        patient["age"] = edit["to"]["age"] + edit["add"].get("age", 0) + 20
    source = {**patient, **edit["from"]}
    target = {**source, **edit["to"]}
    target |= {key: target[key] + step for key, step in edit["add"].items() if key in target}
    texts = edit_texts([source], [target], anatomy, style)
    return texts.source != texts.instruction
