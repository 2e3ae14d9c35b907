"""Datasets. Each adapter module has DEFAULTS (option name -> default) and either build(options, seed) -> (records, images), or, where it
reads a download folder, listing and prepared as ldcore.datasets.scans describes."""

import importlib

from ldcore.errors import UserError

ADAPTERS = {name: f"ldcore.datasets.{name}" for name in
            ("brain_phantom", "chest_phantom", "folder", "adni", "oasis1", "oasis2", "oasis3", "ixi", "chexpert", "nih", "mimic", "medmnist",
             "merged")}


def module(adapter: str):
    """Import the adapter's module on first use; UserError lists the known names."""
    if adapter not in ADAPTERS:
        raise UserError(f"Unknown dataset adapter {adapter!r}; use one of {', '.join(sorted(ADAPTERS))}.")
    return importlib.import_module(ADAPTERS[adapter])


def defaults(adapter: str) -> dict:
    """Every option of an adapter and its default."""
    from ldcore.datasets.scans import COMMON

    chosen = module(adapter)
    return {**(COMMON if hasattr(chosen, "listing") else {}), **chosen.DEFAULTS}


def complete(options: dict, defaults: dict, adapter: str) -> dict:
    """Return `defaults` overlaid with `options`; UserError names an unknown key and the known ones."""
    for key in options:
        if key not in defaults:
            raise UserError(f"Unknown option {key!r} of dataset {adapter!r}; known options are "
                            f"{', '.join(sorted(defaults))}.")
    return {**defaults, **options}


def build(adapter: str, options: dict | None = None, seed: int = 0):
    """Return (records DataFrame, images uint8 [N, H, W]) of an adapter that has `build`; others: ldcore.prepare.prepare."""
    return module(adapter).build(complete(options or {}, defaults(adapter), adapter), seed)
