"""How resources/embedded_model is made: a module a step, each run as `python -m pretrain.STEP` (pretrain/README.md)."""

from pathlib import Path

import yaml


def read_config(path) -> dict:
    """The settings of all steps (pretrain/config.yaml)."""
    return yaml.safe_load(Path(path).read_text())
