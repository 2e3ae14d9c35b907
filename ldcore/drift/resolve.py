"""From a drift of the config to the content of its drift file."""

import numpy as np

from ldcore import plugins


def resolve(entry: dict, latents: np.ndarray, schedule: dict) -> dict:
    """{kind, source, value} of a config drift {kind, source, **options of the source}; its value is always filled in.

    latents: scaled latent means of the training images [N, C, h, w]; schedule: the model's scheduler_config.json.
    UserError: an unknown source, or options that it does not take.
    """
    options = {name: value for name, value in entry.items() if name not in ("kind", "source")}
    name = entry.get("source", "fixed")
    source = plugins.find("drift source", name)
    if entry["kind"] == "none":
        return {"kind": "none", "source": name, "value": 0.0}
    options = plugins.options("drift source", name, options)
    return {"kind": entry["kind"], "source": name, "value": source.value(latents, schedule, options)}
