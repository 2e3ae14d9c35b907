"""Where a drift's value comes from, a file per source. A source declares, as plain literals (ldcore/plugins.py),

    TITLE      what people call it
    OPTIONS    what a drift of the config has besides `kind` and `source`
    NEEDS      what the value follows from: "latents" of the training images (the default), "checkpoint" (fine-tuned
               weights, from which it samples) or "" (its options alone)

and has, where it needs no checkpoint,

    value(latents, schedule, options)    the drift: a number, [C] numbers or a [C, h, w] nested list (ldcore.Drift)
    scale(latents, schedule, options)    (may be absent) what N(0, I) is multiplied by, in one of these shapes, or None

latents: scaled latent means of the training images, float32 [N, C, h, w]; schedule: the noise schedule as the model's
scheduler_config.json has it, and `num_inference_steps`, the DDIM steps that sampling takes. A source whose OPTIONS have
`by` is asked once for all latents and once for those of each label (resolve.py). A source that needs a checkpoint has

    search(trial, options)    {value, and what else its drift file keeps}

instead (trial: ldcore.sampling.trial.Trial), and the option `training`: which weights it samples from.
"""
