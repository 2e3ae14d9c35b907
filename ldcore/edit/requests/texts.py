"""What an edit is told: instructions for ageing (paper, section 4) and prompts of source and target."""

from ldcore.edit import EditTexts
from ldcore.prompts import SEX, condition, known, label, prompt, subject_words
from ldcore.runtime.errors import UserError

FORMATS = ("binned", "word", "numerical")
BINS = ((5, "slightly"), (10, "moderately"), (float("inf"), "significantly"))  # years; the paper's


def instruction(source, target, anatomy: str, style: str) -> str:
    """The ageing instruction from one record to another of the same subject, as the paper's "Age this CN 70 years old female
    brain MRI into a 77 brain MRI with MCI", its age written as `style` says.

    binned: "... 70 years old female brain MRI moderately into a brain MRI ..."; word: "into a seventy-seven brain MRI".
    UserError for an unknown style and where an age is missing.
    """
    if style not in FORMATS:
        raise UserError(f"Edit format {style!r} is unknown; use one of {', '.join(FORMATS)}.")
    before, after, subject = known(source, "age"), known(target, "age"), subject_words(anatomy)
    if before is None or after is None:
        raise UserError(f"Subject {source.get('subject_id')!r} has a session without an age; ageing needs both ages.")
    who = " ".join(
        word for word in (named(source), f"{before:.0f} years old", SEX.get(known(source, "sex")), subject) if word
    )
    if style == "binned":
        amount, reached = f" {next(word for limit, word in BINS if after - before < limit)}", subject
    else:
        amount, reached = "", f"{in_words(after) if style == 'word' else f'{after:.0f}'} {subject}"
    return f"Age this {who}{amount} into a {reached}" + (f" with {named(target)}" if named(target) else "")


def named(record):
    """The condition in words, '' where it is not known."""
    return condition(label(record)) if label(record) else ""


def described(record, anatomy: str, style: str) -> str:
    """A prompt that says at least the condition, since an edit needs words for what it changes: prompts.prompt, to which styles
    without patient information add it, "a brain MRI with normal cognition"."""
    said = prompt(record, anatomy, style)
    return said if style.endswith("_info") or not named(record) else f"{said} with {named(record)}"


def in_words(age: float) -> str:
    """'seventy-seven'."""
    from num2words import num2words

    return num2words(round(age))


def edit_texts(sources: list, targets: list, anatomy: str, style: str, edits: list | None = None) -> EditTexts:
    """EditTexts of N records and what they shall become: `style` is an ageing format or one of prompts.STYLES; edits: N names."""
    ageing, edits = style in FORMATS, edits or ["edit"] * len(sources)
    before, after = (
        [described(one, anatomy, "simple_info" if ageing else style) for one in records]
        for records in (sources, targets)
    )
    told = [instruction(a, b, anatomy, style) for a, b in zip(sources, targets)] if ageing else after
    sets = {
        name: tuple([text for text, edit in zip(side, edits) if edit == name] for side in (before, after))
        for name in edits
    }
    return EditTexts(before, after, told, list(edits), sets)
