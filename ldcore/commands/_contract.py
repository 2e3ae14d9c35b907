"""What a plug-in of each kind has to declare, and how its functions are called: the faults of one, in words.

The contracts themselves are the docstrings of the kinds' folders.
"""

import inspect

from ldcore import plugins
from ldcore.plan.reporting import KINDS, check_declared
from ldcore.runtime.errors import UserError
from ldcore.runtime.schemas import misfit, validator

# kind -> function -> the parameters it is called with, in order
CALLS = {
    "method": {
        "trainable": "backbone, options",
        "apply": "backbone, tensors",
        "prepare": "backbone, data, options, seed",
        "export": "backbone, tensors, folder",
    },
    "edit method": {
        "edit": "backbone, sources, drift, options, amounts",
        "unedited": "backbone, sources, drift, options, amounts",
        "trainable": "backbone, options",
        "apply": "backbone, tensors",
        "training_data": "backbone, latents, pairs, records, anatomy",
    },
    "measure": {"measure": "images"},
    "dataset adapter": {
        "build": "options, seed",
        "list_scans": "options",
        "read_scan": "scan, options",
        "counterfactual": "record, options, seed",
    },
    "extractor": {"load": ""},
    "metric": {"distance": "made, real", "values": "made, target", "value": "scores, labels"},
    "classifier": {"fit_predict": "train_images, train_labels, test_images, keys, options"},
    "drift source": {
        "value": "latents, schedule, options",
        "scale": "latents, schedule, options",
        "search": "trial, options",
    },
    "table": {"rows": "results", "layout": "rows"},
    "figure": {"draw": "results"},
    "claim": {"rows": "results"},
}
# kind -> literal -> the values it may have (), or what it has to be (a type)
LITERALS = {
    "edit method": {"SAMPLING": dict},
    "measure": {"ANATOMY": str},
    "metric": {"COMPARES": ("features", "pairs", "scores"), "BETTER": ("lower", "higher")},
    "table": {"CAPTION": str},
    "figure": {"CAPTION": str},
    "claim": {"PAPER": str},
}
BY_COMPARES = {"features": "distance", "pairs": "values", "scores": "value"}
BY_NEEDS = {"": "value", "latents": "value", "checkpoint": "search"}
# What a function is also called with by keyword: every option.
WITH_OPTIONS = {("extractor", "load"), ("metric", "values")}


def faults(kind: str, name: str) -> list[str]:
    """A sentence for all that a plug-in lacks; [] where it is whole. UserError: there is no such plug-in."""
    found = plugins.lacking(kind, name)
    try:
        declared = plugins.declared(kind, name)
    except UserError as error:
        return [*found, str(error)]
    found += of_literals(kind, declared)
    for literal in ("OPTIONS", "SAMPLING"):
        for option, schema in declared.get(literal, {}).items():
            found += [f"{literal} {option}: {fault}." for fault in of_schema(schema, declared[literal])]
    if found:
        return found
    if kind in KINDS:
        try:
            check_declared(kind, name, kind)
        except UserError as error:
            return [str(error)]
    try:
        module = plugins.find(kind, name)
    except Exception as error:  # whatever the file does when it is imported
        return [f"It cannot be imported: {type(error).__name__}: {error}."]
    return of_choices(kind, declared, module) + of_functions(kind, declared, module)


def of_literals(kind: str, declared: dict) -> list[str]:
    """Literals that are not there, or not of their kind."""
    found = []
    for literal, wanted in {"TITLE": str, **LITERALS.get(kind, {})}.items():
        value = declared.get(literal)
        if value is None:
            found.append(f"It declares no {literal}; write it at the top of the file, as a plain value.")
        elif isinstance(wanted, tuple) and value not in wanted:
            found.append(f"{literal} is {value!r}; use one of {', '.join(wanted)}.")
        elif not isinstance(wanted, tuple) and not isinstance(value, wanted):
            found.append(f"{literal} is {value!r}; make it a {wanted.__name__}.")
    if not isinstance(declared.get("OPTIONS", {}), dict):
        found.append("OPTIONS is no mapping of names to JSON Schemas.")
    return found


def of_schema(schema, others: dict) -> list[str]:
    """What is wrong with the schema of an option; others: all options, which it may speak of."""
    from jsonschema.exceptions import SchemaError

    if not isinstance(schema, dict):
        return [f"{schema!r} is no JSON Schema"]
    try:
        validator().check_schema(schema)
    except SchemaError as error:
        return [f"its schema is none ({error.message})"]
    found = [] if schema.get("description") else ["it has no description"]
    if "default" in schema and (fault := misfit(schema["default"], schema)):
        found.append(f"its default {schema['default']!r} does not fit ({fault[1]})")
    if schema.get("above", next(iter(others))) not in others:
        found.append(f"it is to be above {schema['above']!r}, which is no option")
    return found


def of_choices(kind: str, declared: dict, module) -> list[str]:
    """What follows from what is declared, and is not there."""
    found, options = [], declared.get("OPTIONS", {})
    trained = kind == "edit method" and hasattr(module, "trainable")
    if kind == "method" and declared.get("TRAINS") != {} or trained:
        if "steps" not in options:
            found.append('It has no options of the training loop; declare EXTENDS = ("ldcore.training.options",).')
        if not isinstance(declared.get("TRAINS"), dict):
            found.append("It declares no TRAINS, so that no budget of disk can count its weights.")
    if trained:
        found += [
            f"It trains, but has no function {function}."
            for function in ("apply", "training_data")
            if not hasattr(module, function)
        ]
    if kind == "metric" and not hasattr(module, BY_COMPARES[declared["COMPARES"]]):
        found.append(f"It compares {declared['COMPARES']}, so it needs a function {BY_COMPARES[declared['COMPARES']]}.")
    if kind == "drift source":
        needs = declared.get("NEEDS", "latents")
        if needs not in BY_NEEDS:
            found.append(f"NEEDS is {needs!r}; use one of {', '.join(map(repr, BY_NEEDS))}.")
        elif not hasattr(module, BY_NEEDS[needs]):
            found.append(f"It needs {needs or 'its options alone'}, so it has to have a function {BY_NEEDS[needs]}.")
        if needs == "checkpoint" and "training" not in options:
            found.append("It needs a checkpoint, so it has to have an option `training`.")
    if kind == "table" and not isinstance(getattr(module, "FOOTNOTES", None), tuple):
        found.append("It has no FOOTNOTES; make it a tuple of sentences, which may be empty.")
    if kind == "dataset adapter" and hasattr(module, "list_scans") and not hasattr(module, "read_scan"):
        found.append("It has list_scans, so it needs read_scan.")
    if declared.get("NEEDS_WEIGHTS") and "weights" not in options:
        found.append("It declares NEEDS_WEIGHTS, so it needs an option `weights`.")
    return found


def of_functions(kind: str, declared: dict, module) -> list[str]:
    """Functions that cannot be called as they will be."""
    found = []
    for function, words in CALLS[kind].items():
        if not hasattr(module, function):
            continue
        positional = [word for word in words.split(", ") if word]
        named = dict.fromkeys(declared.get("OPTIONS", {})) if (kind, function) in WITH_OPTIONS else {}
        if function == "build" and declared.get("RESUMES"):
            positional += ["cache", "workers"]
        if function == "edit" and hasattr(module, "unedited"):
            named["known"] = None
        try:
            signature = inspect.signature(getattr(module, function))
        except (TypeError, ValueError):
            found.append(f"{function} is no function.")
            continue
        try:
            signature.bind(*positional, **named)
        except TypeError as error:
            called = ", ".join([*positional, *(f"{option}=..." for option in named)])
            found.append(f"{function} is called as {function}({called}), but it is {function}{signature}: {error}.")
    return found
