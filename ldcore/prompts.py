"""Prompts as pure text: a style times whether patient information is given. No torch here."""

from ldcore.errors import UserError

STYLES = ("simple", "simple_info")
SUBJECT = {"brain_mr": "brain MRI", "chest_xray": "chest X-ray"}
DIAGNOSIS = {"CN": "normal cognition", "MCI": "mild cognitive impairment", "AD": "Alzheimer's disease"}
SEX = {"F": "female", "M": "male"}


def prompt(record, anatomy: str, style: str) -> str:
    """The prompt of one record (a mapping with age, sex, diagnosis, findings; any may be empty or NaN).

    simple: "a brain MRI"; simple_info: "a brain MRI of a 71 year old female with Alzheimer's disease" (paper, section 4).
    UserError for an unknown style or anatomy, and where the style asks for information the record lacks altogether.
    """
    if style not in STYLES:
        raise UserError(f"Prompt style {style!r} is unknown; use one of {', '.join(STYLES)}.")
    if anatomy not in SUBJECT:
        raise UserError(f"Anatomy {anatomy!r} is unknown; use one of {', '.join(SUBJECT)}.")
    text = f"a {SUBJECT[anatomy]}"
    return text if style == "simple" else text + patient_information(record)


def patient_information(record) -> str:
    """' of a 71 year old female with Alzheimer's disease', leaving out what the record does not know."""
    age, sex, condition = known(record, "age"), known(record, "sex"), known(record, "diagnosis") or known(record, "findings")
    if age is None and sex is None and condition is None:
        raise UserError(f"Subject {record.get('subject_id')!r} has no age, sex, diagnosis or findings; choose a prompt style "
                        "without patient information.")
    who = " ".join(([f"{age:.0f} year old"] if age is not None else []) + [SEX.get(sex, "patient")])
    return f" of a {who}" + (f" with {DIAGNOSIS.get(condition, condition)}" if condition else "")


def known(record, key: str):
    """The record's value, or None where it is missing, empty or NaN."""
    value = record.get(key)
    return None if value is None or value == "" or value != value else value
