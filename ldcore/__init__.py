"""Latent Drifting (arXiv 2412.20651) as a small library. It knows neither Snakemake nor which data are a demo."""

import time

__all__ = ["Drift"]
STARTED = time.time()  # of this process, as near as can be: what is edited later is not what it runs


def __getattr__(name):
    # Lazy, so that `import ldcore` stays instant at workflow parse time.
    if name == "Drift":
        from ldcore.drift.latent_drift import Drift

        return Drift
    raise AttributeError(f"module 'ldcore' has no attribute {name!r}")
