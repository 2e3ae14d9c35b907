"""The shipped config and schema, and configs that differ from it, for tests of several rooms."""

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
