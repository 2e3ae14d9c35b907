"""The mean of z_t in training where sampling starts: sqrt(alpha_bar) x mean training latent, one number per place."""

import numpy as np

from ldcore.drift.sources._moments import moment, spread

TITLE = "moment, one number per place in the latents"
EXTENDS = ("ldcore.drift.sources._moments",)
OPTIONS = {
    "resolution": {
        "type": ["integer", "null"],
        "minimum": 1,
        "default": None,
        "description": "low-pass: means of this many places a side, interpolated; null: every place",
    },
}
AXES = (0,)


def value(latents, schedule, options):
    """A [C, h, w] nested list."""
    return low_pass(moment(latents, schedule, AXES, options), options.get("resolution"))


def scale(latents, schedule, options):
    """A [C, h, w] nested list. None unless the option `variance` is set."""
    found = spread(latents, schedule, AXES, options)
    return None if found is None else low_pass(found, options.get("resolution"))


def low_pass(places: list, resolution: int | None) -> list:
    """A [C, h, w] map as means over resolution x resolution areas, brought back to h x w by linear interpolation."""
    if resolution is None:
        return places
    import torch.nn.functional as F
    from torch import from_numpy

    whole = from_numpy(np.asarray(places, np.float64))[None]
    areas = F.adaptive_avg_pool2d(whole, [min(resolution, side) for side in whole.shape[2:]])
    smooth = F.interpolate(areas, whole.shape[2:], mode="bilinear", align_corners=False)
    return np.round(smooth[0].numpy(), 9).tolist()
