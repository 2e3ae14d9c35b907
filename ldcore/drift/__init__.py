"""Latent Drifting itself, and where a drift's value comes from (sources/)."""

__all__ = ["Drift", "training_pair"]


def __getattr__(name):
    # Lazy, so that a job which writes down a fixed drift does not wait for torch.
    if name in __all__:
        from ldcore.drift import latent_drift

        return getattr(latent_drift, name)
    raise AttributeError(f"module 'ldcore.drift' has no attribute {name!r}")
