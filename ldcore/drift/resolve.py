"""From a drift of the config to the content of its drift file."""

import numpy as np

from ldcore import plugins
from ldcore.runtime.errors import UserError


def resolve(entry: dict, latents=None, schedule: dict | None = None, labels=None) -> dict:
    """{kind, source, value} of a config drift {kind, source, **options of the source}; its value is always filled in.

    Where the source scales the noise too, also `scale`. Where the option `by` is "label", also `by_label`: label ->
    {value, [scale]} of the images of that label alone; `value` is then for images whose prompt names none of them.
    latents: scaled latent means of the training images [N, C, h, w]; labels: theirs, [N] text; schedule: as
    ldcore.drift.sources has it. A source that needs none of them is not asked for them. UserError: an unknown source,
    options that it does not take, or no labels to go by.
    """
    name = entry.get("source", "fixed")
    source = plugins.find("drift source", name)
    if entry["kind"] == "none":
        return {"kind": "none", "source": name, "value": 0.0}
    options = options_of(entry)

    def start(rows) -> dict:
        numbers = {"value": source.value(rows, schedule, options)}
        scale = source.scale(rows, schedule, options) if hasattr(source, "scale") else None
        return numbers if scale is None else {**numbers, "scale": scale}

    content = {"kind": entry["kind"], "source": name, **start(latents)}
    if options.get("by") == "label":
        known = sorted(set(labels if labels is not None else ()) - {""})
        if not known:
            raise UserError(f"A drift of {name} goes by label, but no training image has one; take `by` out.")
        content["by_label"] = {label: start(latents[np.asarray(labels) == label]) for label in known}
    return content


def options_of(entry: dict) -> dict:
    """Every option of a config drift's source. UserError: options that it does not take."""
    given = {name: value for name, value in entry.items() if name not in ("kind", "source")}
    return plugins.options("drift source", entry.get("source", "fixed"), given)


def searched(entry: dict, trial) -> dict:
    """The same of a drift whose source searches on samples of one checkpoint (ldcore.sampling.trial.Trial).

    {kind, source, value}, the source's options, and what else it found on its way. UserError: as `resolve`.
    """
    options = options_of(entry)
    found = plugins.find("drift source", entry["source"]).search(trial, options)
    return {"options": options, **found, "kind": entry["kind"], "source": entry["source"]}
