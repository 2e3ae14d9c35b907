"""A drift written down in the config."""

TITLE = "fixed"
NEEDS = ""
OPTIONS = {
    "value": {
        "type": ["number", "array"],
        "minItems": 1,
        "items": {"type": ["number", "array"]},
        "description": "a number, one per channel, or a [C, h, w] map",
    },
}


def value(latents, schedule, options):
    """The option itself."""
    return options["value"]
