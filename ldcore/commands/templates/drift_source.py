"""TEMPLATE: say here where the drift's value comes from."""

TITLE = "TEMPLATE"
NEEDS = "latents"  # of the training images; "" for options alone; "checkpoint" for samples (then `search`)
OPTIONS = {
    "share": {"type": "number", "default": 0.1, "description": "of the mean latent"},
}


def value(latents, schedule, options):
    """The drift: a number, a list of one a channel, or a [C, h, w] nested list. Here: a share of each channel's mean.

    latents: float32 [N, C, h, w]; schedule: of the model's scheduler_config.json, and num_inference_steps.
    """
    return [float(mean) for mean in options["share"] * latents.mean((0, 2, 3))]
