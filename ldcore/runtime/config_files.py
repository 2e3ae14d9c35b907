"""Config files read so that what is wrong with one is said in a sentence that names file, line and key."""

import json
from pathlib import Path

import yaml

from ldcore.runtime.errors import UserError
from ldcore.runtime.files import denied_message

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml's, eight times as fast


def read(path) -> dict:
    """The content of a config file, YAML or JSON. UserError: it cannot be read, is no mapping, or has a key twice."""
    path, place = Path(path), f"Config file {path}"
    try:
        if path.exists() and not path.is_file():
            raise UserError(f"{place} is no file on a disk; give one, since it is read more than once.")
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise UserError(f"{place} does not exist; name one that does.") from None
    except PermissionError:
        raise UserError(denied_message(place)) from None
    except UnicodeDecodeError as error:
        raise UserError(f"{place} is not UTF-8 (byte {error.start + 1}); save it as UTF-8.") from None
    except OSError as error:
        raise UserError(f"{place} cannot be read: {error.strerror}.") from None
    loader = LOADER(text)
    try:
        root = loader.get_single_node()
        if fault := fault_of(root):
            raise UserError(f"{place}, {fault}")
        content = root and loader.construct_document(root)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        if (content := as_json(text)) is not None:  # a letter escaped in two halves, which libyaml does not know
            return content
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        said = " ".join((getattr(error, "problem", None) or str(error)).split())
        raise UserError(f"{place}{where}: it is no YAML that can be read ({said}).") from None
    finally:
        loader.dispose()
    if not isinstance(content, dict):
        found = "is empty" if content is None else f"holds a {type(content).__name__}"
        raise UserError(f"{place} {found}; write keys at its top level, as config.yaml has them.")
    return content


def as_json(text: str) -> dict | None:
    """A mapping in JSON; None where the text is none."""
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


def fault_of(root) -> str:
    """In words, the first key that stands twice in its mapping, or an alias within what it stands for; '' for none.

    root: a node of YAML. `<<` may stand several times.
    """
    above, done = set(), set()

    def walk(node, place: list[str]) -> str:
        line = node.start_mark.line + 1
        if id(node) in above:
            return f"line {line}: {named(place)} holds itself by an alias; write it out."
        if isinstance(node, yaml.ScalarNode) or id(node) in done:
            return ""
        above.add(id(node))
        found, seen = "", {}
        items = node.value if isinstance(node, yaml.MappingNode) else enumerate(node.value)
        for key, value in items:
            name = str(key.value if isinstance(key, yaml.Node) else key)
            if isinstance(key, yaml.ScalarNode):
                first = seen.setdefault((key.tag, key.value), key)
                if first is not key and name != "<<":
                    found = (
                        f"line {key.start_mark.line + 1}: {named([*place, name])} stands there a second time (the "
                        f"first is in line {first.start_mark.line + 1}), and YAML would take the last alone; keep one."
                    )
            found = found or walk(value, [*place, name])
            if found:
                return found
        above.remove(id(node))
        done.add(id(node))
        return ""

    return walk(root, []) if root is not None else ""


def named(place: list[str]) -> str:
    """A place in a config, as people write it."""
    return ".".join(place) or "the top level"
