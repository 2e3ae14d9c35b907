"""Datasets: each adapter module has DEFAULTS (option name -> default) and build(options, seed) -> (records, images)."""

import importlib

from ldcore.errors import UserError

ADAPTERS = {
    "brain_phantom": "ldcore.datasets.brain_phantom",
    "chest_phantom": "ldcore.datasets.chest_phantom",
    "folder": "ldcore.datasets.folder",
}


def module(adapter: str):
    """Import the adapter's module on first use; UserError lists the known names."""
    if adapter not in ADAPTERS:
        raise UserError(f"Unknown dataset adapter {adapter!r}; use one of {', '.join(sorted(ADAPTERS))}.")
    return importlib.import_module(ADAPTERS[adapter])


def complete(options: dict, defaults: dict, adapter: str) -> dict:
    """Return `defaults` overlaid with `options`; UserError names an unknown key and the known ones."""
    for key in options:
        if key not in defaults:
            raise UserError(f"Unknown option {key!r} of dataset {adapter!r}; known options are "
                            f"{', '.join(sorted(defaults))}.")
    return {**defaults, **options}


def build(adapter: str, options: dict | None = None, seed: int = 0):
    """Return (records DataFrame, images uint8 [N, H, W]), a function of the arguments and any files they name."""
    chosen = module(adapter)
    return chosen.build(complete(options or {}, chosen.DEFAULTS, adapter), seed)
