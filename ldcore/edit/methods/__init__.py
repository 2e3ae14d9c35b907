"""Edit methods, a file each. A method declares, as plain literals (ldcore/plugins.py),

    TITLE       what figures call it
    SAMPLING    the options of an edit, as OPTIONS elsewhere; with `precision` among them, the U-Net may be in bf16

and has

    edit(backbone, sources, drift, options, amounts=(1.0,))
        (edited, unedited) latents, each [A, N, 4, h, w]
    unedited(backbone, sources, drift, options, amounts=(1.0,))
        optional: those unedited latents, where they do not depend on texts. They are then computed once for all
        styles, and edit takes them as `known`

sources: N images (ldcore.edit.Sources); options: all of SAMPLING; amounts: A lambdas of the unified objective (arXiv
2412.20651), which scale the outcome's term and the drift: at 0 edited equals unedited.

A method that is trained on pairs also has what a fine-tuning method has (ldcore/methods: EXTENDS, OPTIONS, TRAINS,
trainable, apply) and

    training_data(backbone, latents, found, records, anatomy)
        what training.batches.batch draws from
"""
