"""The mean of z_t in training where sampling starts: sqrt(alpha_bar) x mean training latent, one number."""

from ldcore.drift.sources._moments import moment, spread

TITLE = "moment, one number"
EXTENDS = ("ldcore.drift.sources._moments",)
AXES = (0, 1, 2, 3)


def value(latents, schedule, options):
    """A number."""
    return moment(latents, schedule, AXES, options)


def scale(latents, schedule, options):
    """A number. None unless the option `variance` is set."""
    return spread(latents, schedule, AXES, options)
