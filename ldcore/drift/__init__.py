"""Latent Drifting itself, and where a drift's value comes from (sources/)."""

from ldcore.drift.latent_drift import Drift, training_pair

__all__ = ["Drift", "training_pair"]
