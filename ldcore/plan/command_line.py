"""What a command line gives Snakemake as config, looked at before Snakemake reads it: its own errors name no file.

profiles/default calls this, since Snakemake reads that first of all; the Snakefile does where the profile is not used.
Imports nothing heavy.
"""

import os
import re
import sys
from collections.abc import Iterable
from pathlib import Path

import yaml

from ldcore.plan.config import check_flags
from ldcore.runtime import config_files
from ldcore.runtime.errors import UserError

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
    """UserError where a config file cannot be read (config_files.read), or is not there."""
    try:
        config_files.read(path)
    except UserError as error:
        if os.path.lexists(path):
            raise
        raise UserError(f"{error} Targets stand before the flag, or behind `--`.") from None


def check_entries(entries: Iterable[str]) -> None:
    """UserError where an entry of --config is not NAME=VALUE, or has a value that another entry of it has too."""
    seen = set()
    for entry in entries:
        name, found, value = entry.partition("=")
        if not found or not NAME.fullmatch(name):
            raise UserError(f"--config {entry}: write NAME=VALUE, e.g. --config seed=1 name=mine.")
        try:
            root = yaml.compose(value, config_files.LOADER)
        except yaml.YAMLError:  # text, to Snakemake
            root = None
        if fault := config_files.fault_of(root):
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
