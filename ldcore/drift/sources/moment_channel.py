"""The mean of z_t in training where sampling starts: sqrt(alpha_bar) x mean training latent, a number a channel."""

from ldcore.drift.sources._moments import moment, spread

TITLE = "moment, one number per latent channel"
EXTENDS = ("ldcore.drift.sources._moments",)
AXES = (0, 2, 3)


def value(latents, schedule, options):
    """[C] numbers."""
    return moment(latents, schedule, AXES, options)


def scale(latents, schedule, options):
    """[C] numbers. None unless the option `variance` is set."""
    return spread(latents, schedule, AXES, options)
