"""What an edit is told: instructions for ageing (paper, section 4) and prompts of source and target."""

from ldcore.edit import EditTexts
from ldcore.prompts import SEX, condition, known, label, prompt, subject_words
from ldcore.runtime.errors import UserError

FORMATS = ("binned", "word", "numerical")  # of the age in an instruction; the paper's
BINS = ((5, "slightly"), (10, "moderately"), (float("inf"), "significantly"))  # (up to years, word); the paper's


def instruction(source, target, anatomy: str, style: str) -> str:
    """The ageing instruction from one record to another of the same subject, its age written as `style` says.

    numerical (the paper's): "Age this normal cognition 70 years old female brain MRI into a 77 brain MRI with mild
    cognitive impairment"; word: "... into a seventy-seven brain MRI ..."; binned: "... female brain MRI moderately
    into a brain MRI ...". UserError for an unknown style and where an age is missing.
    """
    if style not in FORMATS:
        raise UserError(f"Edit format {style!r} is unknown; use one of {', '.join(FORMATS)}.")
    before, after, subject = known(source, "age"), known(target, "age"), subject_words(anatomy)
    if before is None or after is None:
        raise UserError(f"Subject {source.get('subject_id')!r} has a session without an age; ageing needs both ages.")
    patient = (condition_words(source), f"{before:.0f} years old", SEX.get(known(source, "sex")), subject)
    words = ["Age this", *(word for word in patient if word)]
    if style == "binned":
        words += [next(word for limit, word in BINS if after - before < limit), "into a", subject]
    else:
        words += ["into a", in_words(after) if style == "word" else f"{after:.0f}", subject]
    if condition_words(target):
        words += ["with", condition_words(target)]
    return " ".join(words)


def condition_words(record) -> str:
    """The condition in words, '' where it is not known."""
    return condition(label(record)) if label(record) else ""


def described(record, anatomy: str, style: str) -> str:
    """A prompt that says at least the condition, since an edit needs words for what it changes.

    It is prompts.prompt, to which styles without patient information add it: "a brain MRI with normal cognition".
    """
    text = prompt(record, anatomy, style)
    condition_known = not style.endswith("_info") and condition_words(record)
    return f"{text} with {condition_words(record)}" if condition_known else text


def in_words(age: float) -> str:
    """'seventy-seven'."""
    from num2words import num2words

    return num2words(round(age))


def edit_texts(sources: list, targets: list, anatomy: str, style: str, edits: list | None = None) -> EditTexts:
    """EditTexts of N records and the N records they shall become.

    style: an ageing format (FORMATS) or one of prompts.STYLES; edits: the names of their edits [N], by default one
    for all.
    """
    ageing, edits = style in FORMATS, edits or ["edit"] * len(sources)
    before, after = (
        [described(record, anatomy, "simple_info" if ageing else style) for record in records]
        for records in (sources, targets)
    )
    instructions = [instruction(*pair, anatomy, style) for pair in zip(sources, targets)] if ageing else after
    sets = {
        name: tuple([text for text, edit in zip(prompts, edits) if edit == name] for prompts in (before, after))
        for name in edits
    }
    return EditTexts(before, after, instructions, list(edits), sets)
