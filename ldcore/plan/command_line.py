"""What a command line gives Snakemake as config, looked at before Snakemake reads it: its own errors name no file.

profiles/default calls this, since Snakemake reads that first of all; the Snakefile does where the profile is not used.
Imports nothing heavy.
"""

import json
import re
import sys
from collections.abc import Iterable
from pathlib import Path

import yaml

from ldcore.plan.config import check_flags
from ldcore.runtime.errors import UserError
from ldcore.runtime.files import denied_message

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml's, eight times as fast
NAME = re.compile(r"[a-zA-Z_][\w-]*\w")  # of an entry of --config, to Snakemake


def check_or_exit(arguments: list[str]) -> None:
    """Exit with status 1 and the sentence of `check_command_line`."""
    try:
        check_command_line(arguments)
    except UserError as error:
        sys.exit(f"error: {error}")


def check_command_line(arguments: list[str]) -> None:
    """UserError: a flag twice, a config file that cannot be read (check_file), an entry of --config that is none."""
    check_flags(arguments)
    for path in [*filter(Path.exists, [Path("config.yaml")]), *values_of("--configf", arguments)]:
        check_file(path)
    check_entries([*values_of("--config", arguments, exactly=True), *values_of("-C", arguments)])


def values_of(flag: str, arguments: list[str], exactly: bool = False) -> list[str]:
    """What stands behind a flag, up to the next one. Flags that begin so count too, unless `exactly`."""
    values, within = [], False
    for argument in arguments[: [*arguments, "--"].index("--")]:
        if not argument.startswith("-"):
            values += [argument] if within else []
            continue
        name, _, value = argument.partition("=") if argument.startswith("--") else (argument[:2], "", argument[2:])
        within = name == flag if exactly else name.startswith(flag)
        values += [value] if within and value else []
    return values


def check_file(path) -> None:
    """UserError where a config file cannot be read, is no mapping, or has a key twice.

    Snakemake would name no file, and of two values of a key take the last.
    """
    path, place = Path(path), f"Config file {path}"
    try:
        if path.exists() and not path.is_file():
            raise UserError(f"{place} is no file on a disk; give one, since it is read more than once.")
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise UserError(
            f"{place} does not exist; name one that does, and put what is to be made behind `--`."
        ) from None
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
        if is_json(text):  # a letter that JSON escapes in two halves, which libyaml does not know
            return
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        said = " ".join((getattr(error, "problem", None) or str(error)).split())
        raise UserError(f"{place}{where}: it is no YAML that can be read ({said}).") from None
    finally:
        loader.dispose()
    if not isinstance(content, dict):
        found = "is empty" if content is None else f"holds a {type(content).__name__}"
        raise UserError(f"{place} {found}; write keys at its top level, as config.yaml has them.")


def is_json(text: str) -> bool:
    """Whether a text is JSON, which Snakemake tries first."""
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


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


def check_entries(entries: Iterable[str]) -> None:
    """UserError where an entry of --config is not NAME=VALUE, or has a value that another entry of it has too."""
    seen = set()
    for entry in entries:
        name, found, value = entry.partition("=")
        if not found or not NAME.fullmatch(name):
            raise UserError(f"--config {entry}: write NAME=VALUE, e.g. --config seed=1 name=mine.")
        try:
            root = yaml.compose(value, LOADER)
        except yaml.YAMLError:  # text, to Snakemake
            root = None
        if fault := fault_of(root):
            raise UserError(f"--config {name}={value}, {fault}")
        for leaf in leaves(root, name):
            if leaf in seen:
                raise UserError(f"--config gives {leaf} twice, and Snakemake would take the last alone; keep one.")
            seen.add(leaf)


def leaves(node, name: str) -> list[str]:
    """The places under a name that have a value which is no mapping."""
    if not isinstance(node, yaml.MappingNode) or not node.value:
        return [name]
    return [leaf for key, value in node.value for leaf in leaves(value, f"{name}.{key.value}")]
