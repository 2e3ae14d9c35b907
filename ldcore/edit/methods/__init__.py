"""Edit methods, a file each. A method declares, as plain literals (ldcore/plugins.py),

    TITLE       what figures call it
    SAMPLING    the options of an edit, as OPTIONS elsewhere; with `precision` among them, the U-Net may be in bf16

and has

    edit(backbone, latents, texts, drift, options, keys, amounts=(1,))   (edited, unedited) latents, each [A, N, 4, h, w]
    unedited(backbone, latents, drift, options, keys, amounts)           optional: those unedited latents where they do not depend
                                                                         on texts; edit then takes them as `known`, to save time

latents: scaled latents of the sources, [N, 4, h, w]; texts: ldcore.edit.EditTexts; keys: N tuples that an image's random numbers
follow from; amounts: lambda of the unified objective (arXiv 2412.20651), which scales the outcome's term and the drift: at 0
edited equals unedited.

A method that is trained on pairs also has what a fine-tuning method has (ldcore/methods: EXTENDS, OPTIONS, TRAINS, trainable,
apply) and

    training_data(backbone, latents, found, records, anatomy)            what training.batches.batch draws from
"""
