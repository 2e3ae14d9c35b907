"""The mean of z_T in training: sqrt(alpha_bar_T) x mean training latent, one number per latent channel."""

from ldcore.drift.sources._moments import moment

TITLE = "moment, one number per latent channel"
OPTIONS = {}


def value(latents, schedule, options):
    """[C] numbers."""
    return moment(latents, schedule, (0, 2, 3))
