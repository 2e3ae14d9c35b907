"""A nested config and its JSON schema walked together: named null entries removed, missing defaults filled in."""

import copy


def drop_nulls(value, schema: dict, definitions: dict) -> None:
    """Remove named entries that are null, through nested objects; null values of the schema's own keys stay."""
    schema = definitions.get(schema.get("$ref", "").rsplit("/", 1)[-1], schema)
    if not isinstance(value, dict):
        return
    known, others = schema.get("properties", {}), schema.get("additionalProperties")
    for key in list(value):
        if key in known:
            drop_nulls(value[key], known[key], definitions)
        elif isinstance(others, dict) and value[key] is None:
            del value[key]
        elif isinstance(others, dict):
            drop_nulls(value[key], others, definitions)


def fill(value, schema: dict, definitions: dict) -> None:
    """Set missing properties that have a default, through nested objects and arrays."""
    schema = definitions.get(schema.get("$ref", "").rsplit("/", 1)[-1], schema)
    if isinstance(value, dict):
        for key, below in schema.get("properties", {}).items():
            if "default" in below and key not in value:
                value[key] = copy.deepcopy(below["default"])  # else two entries would share it
            if key in value:
                fill(value[key], below, definitions)
        below = schema.get("additionalProperties")
        if isinstance(below, dict):
            for key in value.keys() - schema.get("properties", {}).keys():
                fill(value[key], below, definitions)
    elif isinstance(value, list):
        for item in value:
            fill(item, schema.get("items", {}), definitions)
