"""A drift written down in the config."""

TITLE = "fixed"
NEEDS = ""
OPTIONS = {
    "value": {
        "anyOf": [
            {"type": "number"},
            {"type": "array", "minItems": 4, "maxItems": 4, "items": {"type": "number"}},
            {
                "type": "array",
                "minItems": 4,
                "maxItems": 4,
                "items": {"type": "array", "minItems": 1, "items": {"type": "array", "items": {"type": "number"}}},
            },
        ],
        "description": "a number, one for each of the 4 channels, or a [4, h, w] map",
    },
}


def value(latents, schedule, options):
    """The option itself."""
    return options["value"]
