"""The shipped config and schema, configs that differ from it, and folders that look like a clone, for many tests."""

import copy
from pathlib import Path

import yaml

from ldcore.plan.config import check

ROOT = Path(__file__).parents[1]
SCHEMA = yaml.safe_load((ROOT / "schemas/config.schema.yaml").read_text())
CONFIG = yaml.safe_load((ROOT / "config.yaml").read_text())


def merged(base, changes):
    """As Snakemake merges a second config file: mappings recursively, the rest replaced."""
    out = copy.deepcopy(base)
    for key, value in changes.items():
        out[key] = merged(out[key], value) if isinstance(value, dict) and isinstance(out.get(key), dict) else value
    return out


def checked(**changes):
    """config.yaml with changes, checked and filled."""
    return check(merged(CONFIG, changes), SCHEMA)


# What a clone needs to run the workflow.
CLONED = (
    "Snakefile",
    "rules",
    "config.yaml",
    "configs",
    "schemas",
    "workflow_scripts",
    "resources",
    "envs",
    "profiles",
)


def workspace(folder):
    """A new folder that looks like a clone, sharing the repository's files: results of its own."""
    folder.mkdir()
    for name in CLONED:
        (folder / name).symlink_to(ROOT / name)
    return folder
