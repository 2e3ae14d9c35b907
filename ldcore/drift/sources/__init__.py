"""Where a drift's value comes from, a file per source. A source declares, as plain literals (ldcore/plugins.py),

    TITLE      what people call it
    OPTIONS    what a drift of the config has besides `kind` and `source`

and has

    value(latents, schedule, options)    the drift: a number, [C] numbers or a [C, h, w] nested list (ldcore.Drift)

latents: scaled latent means of the training images, float32 [N, C, h, w]; schedule: the noise schedule as the model's
scheduler_config.json has it.
"""
