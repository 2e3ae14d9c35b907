"""Write docs/plugins.md: every plug-in with its options, from what its file declares.

python -m tools.plugins [--into docs/plugins.md]
"""

import json
from importlib.util import find_spec
from pathlib import Path

import pandas as pd

from ldcore import plugins
from ldcore.report.markup import markdown
from ldcore.runtime import cli
from ldcore.runtime.files import atomic
from ldcore.runtime.schemas import listed

HEAD = """# Plug-ins

Written by `make plugins` from what each file declares; `tests/test_plugins_page.py` fails where it is out of date. How
to add one: [CONTRIBUTING](../CONTRIBUTING.md), or `python -m ldcore new KIND NAME`. Options stand under a name in a
config, or behind `--option` of `python -m ldcore`. An option without a default is required.
"""
OF_NEEDS = {"": "its options alone", "latents": "training images", "checkpoint": "fine-tuned weights, samples of them"}


def page() -> str:
    """The whole text."""
    kinds = "".join(section(kind) for kind in plugins.FOLDERS)
    used = [plugins.declared(kind, name) for kind in plugins.FOLDERS for name in plugins.names(kind)]
    shared = dict.fromkeys(module for declared in used for module in declared.get("EXTENDS", ()))
    texts = [f"### {module}\n\n{options_table(options_of(module))}" for module in shared]
    return f"{HEAD}{kinds}\n## Options that several have\n\n" + "\n".join(texts)


def section(kind: str) -> str:
    """A kind: a line a plug-in, then the options of each that has some."""
    folder, names = plugins.FOLDERS[kind].replace(".", "/"), plugins.names(kind)
    lines = [{"name": name, **line(kind, name)} for name in names]
    parts = [f"\n## {kind.capitalize()}: {folder}\n", plain_table(lines)]
    for name in names:
        options = options_parts(plugins.declared(kind, name))
        parts += [f"### {name}\n", *options] if options else []
    return "\n".join(parts)


def options_parts(declared: dict) -> list[str]:
    """The options of a plug-in, part by part: its own, where the others stand, and those of an edit."""
    extended, parts = {module: options_of(module) for module in declared.get("EXTENDS", ())}, []
    theirs = {key: schema for options in extended.values() for key, schema in options.items()}
    own = {key: schema for key, schema in declared["OPTIONS"].items() if theirs.get(key) != schema}
    if own:
        parts += [f"{'Of training' if 'SAMPLING' in declared else 'Options'}:\n", options_table(own)]
    if extended:
        also = "Besides" if own else "Options"
        parts.append(f"{also}: those of {', '.join(extended)} (at the end of this page).\n")
    if "SAMPLING" in declared:
        parts += ["Of an edit:\n", options_table(declared["SAMPLING"])]
    return parts


def line(kind: str, name: str) -> dict[str, str]:
    """What the list of a kind says of a plug-in: its title, what it is, what it needs."""
    declared, first = plugins.declared(kind, name), plugins.syntax(plugins.file_of(kind, name))[0]
    words = declared.get("CAPTION") or declared.get("PAPER") or first.value.value.split("\n\n")[0]
    return {"title": declared["TITLE"], "what": words, "needs": needs(kind, declared)}


def needs(kind: str, declared: dict) -> str:
    """What a plug-in asks for before it can work, and whom it is for, in words."""
    found = []
    if declared.get("NEEDS_WEIGHTS"):
        found.append("weights (docs/weights.md)")
    if kind == "drift source":
        found.append(OF_NEEDS[declared.get("NEEDS", "latents")])
    elif "NEEDS" in declared:
        found.append(", ".join(declared["NEEDS"]))
    if declared.get("ASKED_BY"):
        found.append(f"a config with {declared['ASKED_BY']}")
    if "ANATOMY" in declared:
        found.append(f"images of {declared['ANATOMY']}")
    if "COMPARES" in declared:
        found.append(f"{declared['COMPARES']}; {declared['BETTER']} is better")
    if kind == "dataset adapter" and "source" in declared["OPTIONS"] or "SOURCE" in declared:
        found.append("a download" if "SOURCE" not in declared else f"a folder, by {declared['SOURCE']}")
    if not declared.get("PATIENTS", True):
        found.append("prompts without patient information: it has no ages or sexes")
    if kind == "edit method":
        found.append("training on pairs" if "TRAINS" in declared else "no training")
    return "; ".join(found)


def options_of(module: str) -> dict:
    """The OPTIONS of a module that plug-ins extend."""
    return plugins.literals(Path(find_spec(module).origin))["OPTIONS"]


def options_table(options: dict) -> str:
    """A line an option."""
    return plain_table(
        [
            {
                "option": name,
                "type": in_words(schema),
                "default": json.dumps(schema["default"]) if "default" in schema else "",
                "what": schema.get("description", ""),
            }
            for name, schema in options.items()
        ]
    )


def in_words(schema: dict) -> str:
    """What values a JSON Schema takes: 'integer, 1 to 1000'."""
    if "enum" in schema:
        return " or ".join(json.dumps(value) for value in schema["enum"])
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(in_words(one).split(",")[0] for one in schema["anyOf"]))
    kinds = [
        {"string": "text", "array": "list", "object": "mapping"}.get(kind, kind) for kind in listed(schema["type"])
    ]
    return ", ".join([" or ".join(kinds), *limits(schema)])


def limits(schema: dict) -> list[str]:
    """The limits of such values, each in words."""
    found, low, high = [], schema.get("minimum"), schema.get("maximum")
    if low is not None and high is not None:
        found.append(f"{low} to {high}")
    elif low is not None or high is not None:
        found.append(f"at least {low}" if high is None else f"at most {high}")
    found += [
        f"{word} {schema[key]}"
        for key, word in (("exclusiveMinimum", "above"), ("exclusiveMaximum", "below"))
        if key in schema
    ]
    if "above" in schema:
        found.append(f"above {schema['above']}")
    if "minItems" in schema or "maxItems" in schema:
        same = schema.get("minItems") == schema.get("maxItems")
        found.append(f"{schema['minItems']} items" if same else f"{schema.get('minItems', 0)} items or more")
    if "items" in schema:
        found.append(f"each: {in_words(schema['items'])}")
    if schema.get("increasing"):
        found.append("rising")
    for name, inside in schema.get("properties", {}).items():
        found.append(f"{name}: {in_words(inside)} ({inside.get('description', '')})")
    if isinstance(schema.get("additionalProperties"), dict) and schema["additionalProperties"]:
        found.append(f"each: {in_words(schema['additionalProperties'])}")
    if "total" in schema:
        found.append(f"{schema['total']} in all")
    if "pattern" in schema:
        found.append(f"like {schema['pattern']}")
    return found


def plain_table(lines: list[dict]) -> str:
    """Lines of text as a pipe table, without footnotes."""
    return markdown(pd.DataFrame(lines), ()).rstrip() + "\n"


def main(into):
    """Write the page."""
    with atomic(into) as temporary:
        temporary.write_text(page())


if __name__ == "__main__":
    parser = cli.parser(__doc__)
    parser.add_argument("--into", default="docs/plugins.md", help="the file to write")
    cli.run(main, parser)
