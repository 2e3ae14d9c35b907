"""The mean of z_T in training: sqrt(alpha_bar_T) x mean training latent, one number per place in the latents."""

from ldcore.drift.sources._moments import moment

TITLE = "moment, one number per place in the latents"
OPTIONS = {}


def value(latents, schedule, options):
    """A [C, h, w] nested list."""
    return moment(latents, schedule, (0,))
