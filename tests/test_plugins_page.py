"""docs/plugins.md: what the plug-ins declare, as it is today, and options in words."""

import pytest

from configs import ROOT
from ldcore import plugins
from tools.plugins import in_words, page


def test_the_page_is_of_today():
    assert (ROOT / "docs" / "plugins.md").read_text() == page(), "make plugins writes it again"


def test_every_plug_in_and_every_option_stands_there():
    text = page()
    for kind in plugins.FOLDERS:
        for name in plugins.names(kind):
            declared = plugins.declared(kind, name)
            assert f"\n| {name} | " in text
            assert all(f"\n| {option} | " in text for option in {**declared["OPTIONS"], **declared.get("SAMPLING", {})})


@pytest.mark.parametrize(
    "schema, words",
    [
        ({"type": "integer", "minimum": 1, "maximum": 1000}, "integer, 1 to 1000"),
        ({"type": ["number", "null"], "exclusiveMinimum": 0}, "number or null, above 0"),
        ({"type": "number", "minimum": 0, "exclusiveMaximum": 1}, "number, at least 0, below 1"),
        ({"enum": ["a", 2]}, '"a" or 2'),
        ({"anyOf": [{"type": "number"}, {"type": "array"}, {"type": "array"}]}, "number or list"),
        ({"type": "array", "items": {"type": "string"}, "minItems": 2, "maxItems": 2}, "list, 2 items, each: text"),
        ({"type": "object", "additionalProperties": {"type": "number"}, "total": 1}, "mapping, each: number, 1 in all"),
    ],
)
def test_a_schema_in_words(schema, words):
    assert in_words(schema) == words
