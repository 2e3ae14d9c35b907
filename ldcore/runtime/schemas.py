"""Values checked against JSON Schemas, for the config and the options of plug-ins alike: numbers, ranges, sentences.

Beside JSON Schema's own words two more: `increasing` (the numbers of an array rise) and `total` (the numbers of an
object add up to it). Imports nothing heavy.
"""

import functools
import math
import re

from ldcore.runtime.errors import UserError

NUMBER = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?")
KINDS = {"bool": "true or false", "int": "a number", "float": "a number", "date": "a date", "datetime": "a date"}


@functools.cache
def validator():
    """The class that checks values: JSON Schema's with the words that are ours."""
    from jsonschema import Draft202012Validator, ValidationError, validators

    def increasing(_, wanted, values, schema):
        if wanted and are_numbers(values, list) and any(a >= b for a, b in zip(values, values[1:])):
            yield ValidationError(f"{values} does not rise from number to number")

    def total(_, wanted, values, schema):
        if are_numbers(values, dict) and abs(sum(values.values()) - wanted) > 1e-6:
            yield ValidationError(f"{values} adds up to {sum(values.values()):g}, not to {wanted:g}")

    return validators.extend(Draft202012Validator, {"increasing": increasing, "total": total})


def are_numbers(values, kind: type) -> bool:
    """Whether it is a list, or a mapping, of numbers alone; of others the schema's other words speak."""
    return isinstance(values, kind) and all(
        isinstance(item, (int, float)) for item in (values.values() if kind is dict else values)
    )


def misfit(value, schema: dict):
    """(Keys that lead to the first fault against a schema, what is wrong there in words); None where there is none.

    A number that is not finite is a fault everywhere.
    """
    from jsonschema.exceptions import best_match

    # jsonschema goes through names in an order that changes from run to run.
    errors = sorted(validator()(schema).iter_errors(value), key=lambda error: positions(value, error.absolute_path))
    error = best_match(errors, key=lambda error: -len(error.path))
    if error is None:
        place = not_finite(value)
        return place and (place[:-1], f"{place[-1]} is not a finite number")
    message = error.message
    if error.validator == "anyOf" and "description" in error.schema:
        given = "" if isinstance(error.instance, (list, dict)) else f", not {error.instance!r}"
        message = f"give {error.schema['description']}{given}"
    if error.validator == "pattern" and "description" in error.schema:
        message = f"{error.instance!r} is not {error.schema['description']}"
    if error.validator == "additionalProperties":
        message += f"; use some of {', '.join(error.schema.get('properties', ()))}"
    if error.validator == "type" and "string" in error.validator_value and type(error.instance).__name__ in KINDS:
        message += f"; it is read as {KINDS[type(error.instance).__name__]}, so put it in quotes"
    return list(error.absolute_path), message


def positions(value, path) -> list[int]:
    """How far down each step of a path stands among its neighbours: sorts faults as the value is written."""
    places = []
    for step in path:
        places.append(list(value).index(step) if isinstance(value, dict) else step)
        value = value[step]
    return places


def not_finite(value) -> list | None:
    """Keys that lead to the first number that is not finite, and that number; None where all are."""
    if isinstance(value, float) and not math.isfinite(value):
        return [value]
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found = ((key, not_finite(item)) for key, item in inside)
    return next(([key, *place] for key, place in found if place), None)


def check_names(value, place: list[str]) -> None:
    """UserError where a mapping in the config has a name that YAML does not read as text, such as 0.10 or 2024."""
    for key, item in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        if isinstance(value, dict) and not isinstance(key, str):
            kind = KINDS.get(type(key).__name__, "nothing")
            where = ".".join(place) or "top level"
            raise UserError(f'Config {where}: the name {key!r} is read as {kind}; put it in quotes, e.g. "0.10".')
        check_names(item, [*place, str(key)])


def with_numbers(value, schema: dict, definitions: dict | None = None):
    """A copy of the value with numbers wherever the schema expects them: YAML 1.1 reads 1e-3 as text, and to it 2.0e+2
    is not whole.

    definitions: what the schema's $ref name.
    """
    definitions = definitions or {}
    schema = definitions.get(schema.get("$ref", "").rsplit("/", 1)[-1], schema)
    alternatives = [schema, *schema.get("anyOf", [])]
    types = {kind for one in alternatives for kind in listed(one.get("type", []))}
    if isinstance(value, str) and types & {"number", "integer"} and "string" not in types and NUMBER.fullmatch(value):
        value = float(value)
    if isinstance(value, float) and value.is_integer() and "integer" in types and "number" not in types:
        return int(value)
    if not isinstance(value, (dict, list)):
        return value
    for one in alternatives:
        if isinstance(value, dict):
            known, others = one.get("properties", {}), one.get("additionalProperties")
            others = others if isinstance(others, dict) else {}
            value = {key: with_numbers(item, known.get(key, others), definitions) for key, item in value.items()}
        else:
            value = [with_numbers(item, one.get("items", {}), definitions) for item in value]
    return value


def listed(value) -> list:
    """A list, or the only item of one."""
    return value if isinstance(value, list) else [value]
