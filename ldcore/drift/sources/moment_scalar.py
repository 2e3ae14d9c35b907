"""The mean of z_T in training: sqrt(alpha_bar_T) x mean training latent, one number."""

from ldcore.drift.sources._moments import moment

TITLE = "moment, one number"
OPTIONS = {}


def value(latents, schedule, options):
    """A number."""
    return moment(latents, schedule, (0, 1, 2, 3))
