"""Prompts as pure text: a style times whether patient information is given. No torch here."""

from ldcore.runtime.errors import UserError
from ldcore.runtime.seeds import derive_seed

STYLES = ("simple", "simple_info", "diverse", "diverse_info")
SUBJECT = {"brain_mr": "brain MRI", "chest_xray": "chest X-ray"}
CONDITION = {
    "CN": "normal cognition",
    "MCI": "mild cognitive impairment",
    "AD": "Alzheimer's disease",
    "No Finding": "no finding",
    "Cardiomegaly": "cardiomegaly",
    "Pleural Effusion": "pleural effusion",
    "Pneumonia": "pneumonia",
}
# Of ChestX-ray14 and not of CheXpert.
NIH_FINDINGS = (
    "Infiltration",
    "Mass",
    "Nodule",
    "Emphysema",
    "Fibrosis",
    "Pleural Thickening",
    "Hernia",
)
OTHER_FINDINGS = (
    "Enlarged Cardiomediastinum",
    "Lung Opacity",
    "Lung Lesion",
    "Edema",
    "Consolidation",
    "Atelectasis",
    "Pneumothorax",
    "Pleural Other",
    "Fracture",
    "Support Devices",
    *NIH_FINDINGS,
)
PATIENT = {"subject_id": "0", "session": 0, "age": 50.0, "sex": "F"}  # of whom labels are compared
SEX = {"F": "female", "M": "male"}
SIMPLE = "a {subject}{patient}"
# 21 an anatomy, as many as the paper uses; its own wording is not published.
DIVERSE = {
    "brain_mr": (
        "an axial {subject}{patient}",
        "a T1-weighted {subject}{patient}",
        "a slice of a {subject}{patient}",
        "one axial slice from the {subject}{patient}",
        "a {subject}{patient} on a black background",
        "a magnetic resonance image, {subject}{patient}",
        "a skull-stripped {subject}{patient}",
        "a clinical {subject}{patient}",
        "a research {subject}{patient}",
        "a grayscale {subject}{patient}",
        "a high quality {subject}{patient}",
        "a noisy {subject}{patient}",
        "a {subject} scan{patient}",
        "a {subject} at the level of the ventricles{patient}",
        "a follow-up {subject}{patient}",
        "a structural {subject}{patient}",
        "a medical image: {subject}{patient}",
        "the {subject}{patient}",
        "a {subject}{patient}, seen from above",
        "a {subject}{patient}, white matter bright",
        "a radiology picture of a {subject}{patient}",
    ),
    "chest_xray": (
        "a frontal {subject}{patient}",
        "a posteroanterior {subject}{patient}",
        "an upright {subject}{patient}",
        "a {subject} taken at the bedside{patient}",
        "a {subject}{patient}, lungs dark and bones bright",
        "a plain radiograph, {subject}{patient}",
        "a digital {subject}{patient}",
        "a clinical {subject}{patient}",
        "an emergency department {subject}{patient}",
        "a grayscale {subject}{patient}",
        "a high quality {subject}{patient}",
        "an underexposed {subject}{patient}",
        "a {subject} film{patient}",
        "a {subject} showing heart and lungs{patient}",
        "a follow-up {subject}{patient}",
        "a screening {subject}{patient}",
        "a medical image: {subject}{patient}",
        "the {subject}{patient}",
        "a {subject}{patient}, seen from the front",
        "a single view {subject}{patient}",
        "a radiology picture of a {subject}{patient}",
    ),
}
# For any other field; only words that fit every one.
ANY_FIELD = (
    "a {subject}{patient}",
    "the {subject}{patient}",
    "one {subject}{patient}",
    "a single {subject}{patient}",
    "a grayscale {subject}{patient}",
    "a high quality {subject}{patient}",
    "a noisy {subject}{patient}",
    "a sharp {subject}{patient}",
    "a blurred {subject}{patient}",
    "a bright {subject}{patient}",
    "a dark {subject}{patient}",
    "a typical {subject}{patient}",
    "a clean {subject}{patient}",
    "a square {subject}{patient}",
    "a detailed {subject}{patient}",
    "a low contrast {subject}{patient}",
    "a monochrome {subject}{patient}",
    "a picture showing a {subject}{patient}",
    "a view of a {subject}{patient}",
    "an example of a {subject}{patient}",
    "a professional {subject}{patient}",
)


def subject_words(anatomy: str) -> str:
    """What one image is called: for brain_mr and chest_xray as in the paper, else the anatomy's own words.

    UserError for another name with an underscore: a misspelt one of the two.
    """
    if anatomy not in SUBJECT and "_" in anatomy:
        raise UserError(f"Anatomy {anatomy!r} is unknown; use {', '.join(SUBJECT)}, or words without an underscore.")
    return SUBJECT.get(anatomy, anatomy)


def article(words: str) -> str:
    """'a brain MRI', 'an aerial photograph'."""
    return "an" if words[0].lower() in "aeiou" else "a"


def prompt(record, anatomy: str, style: str) -> str:
    """The prompt of one record (a mapping with age, sex, diagnosis, findings; any may be empty or NaN).

    simple: "a brain MRI"; diverse: one of 21 templates, a function of subject and session; with _info:
    "a brain MRI of a 71 year old female with Alzheimer's disease" (paper, section 4), and where the subject's words are
    one's own and neither age nor sex is known, "a satellite image with flood".
    UserError for an unknown style or anatomy, and where the style asks for information the record lacks altogether.
    """
    if style not in STYLES:
        raise UserError(f"Prompt style {style!r} is unknown; use one of {', '.join(STYLES)}.")
    wording, _, info = style.partition("_")
    subject, template = subject_words(anatomy), SIMPLE
    if wording == "diverse":
        choices = DIVERSE.get(anatomy, ANY_FIELD)
        template = choices[derive_seed("template", record.get("subject_id"), record.get("session")) % len(choices)]
    template = template.replace("a {subject}", article(subject) + " {subject}")
    known_patient = anatomy in SUBJECT or known(record, "age") is not None or known(record, "sex") is not None
    patient = patient_information(record) if info else ""
    return template.format(
        subject=subject, patient=patient if known_patient else patient.replace(" of a patient", "", 1)
    )


def patient_information(record) -> str:
    """' of a 71 year old female with Alzheimer's disease', leaving out what the record does not know."""
    age, sex, case = known(record, "age"), known(record, "sex"), label(record)
    if age is None and sex is None and case is None:
        raise UserError(
            f"Subject {record.get('subject_id')!r} has no age, sex, diagnosis or findings; choose a prompt style "
            "without patient information."
        )
    who = " ".join(([f"{age:.0f} year old"] if age is not None else []) + [SEX.get(sex, "patient")])
    return f" of a {who}" + (f" with {condition(case)}" if case else "")


def label_prompts(labels, anatomy: str, style: str, patient=None) -> dict[str, str]:
    """Label -> the prompt that says it of one and the same patient (a record); {} for a style that names no label."""
    patient = PATIENT if patient is None else patient
    styled = sorted(labels) if style.endswith("_info") else ()
    return {case: prompt({**patient, "diagnosis": case, "findings": ""}, anatomy, style) for case in styled}


def check_told_apart(texts: dict[str, str], tokens: list[list[int]], most: int) -> None:
    """UserError where the prompts of two labels (label_prompts) are the same to a text encoder.

    tokens: of each prompt, not cut, with those of its start and end; most: how many the text encoder sees.
    """
    seen = {}
    for (case, text), ids in zip(texts.items(), tokens, strict=True):
        first = seen.setdefault(tuple(ids[:-1][: most - 1]), case)
        if first != case:
            why = f"are cut to {most} tokens before they differ" if len(ids) > most else "are the same words"
            raise UserError(
                f"The labels {first!r} and {case!r} are one prompt to the model: {texts[first]!r} and {text!r} {why}; "
                "rename one of them, or shorten `anatomy`."
            )


def said_of_cut(text: str, count: int, most: int) -> str:
    """The sentence about a prompt of more tokens than the text encoder sees."""
    return (
        f"warning: the prompt {text!r} has {count} tokens and is cut to {most}, so its end is not seen; shorten "
        "`anatomy` or the labels."
    )


def condition(case: str) -> str:
    """A label in words; several are joined by "|": 'cardiomegaly and pneumonia'."""
    return " and ".join(
        part.lower() if part in OTHER_FINDINGS else CONDITION.get(part, part) for part in case.split("|")
    )


def label(record):
    """What the image is a case of: its diagnosis, else its findings, else None."""
    return known(record, "diagnosis") or known(record, "findings")


def phrases(records, anatomy: str) -> list[str]:
    """The words a text-side method may learn: the subject's and every condition that occurs, as prompts write them."""
    found = {label(row) for row in records.to_dict("records")} - {None}
    return [subject_words(anatomy), *sorted(map(condition, found))]


def known(record, key: str):
    """The record's value, or None where it is missing, empty or NaN."""
    value = record.get(key)
    return None if value is None or value == "" or value != value else value
