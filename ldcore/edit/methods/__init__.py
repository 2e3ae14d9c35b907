"""Edit methods, a file each. A method declares, as plain literals (ldcore/plugins.py),

    TITLE       what figures call it
    SAMPLING    the options of an edit, as OPTIONS elsewhere; with `precision` among them, the U-Net may be in bf16

and has

    edit(backbone, sources, drift, options, amounts=(1.0,))
        edited and unedited latents, each [A, N, 4, h, w] on the CPU; with `unedited` below, it takes `known` besides
    unedited(backbone, sources, drift, options, amounts)
        optional: those unedited latents, where they do not depend on the texts; edit then gets them as `known`, so that
        they are made once for all texts

sources: ldcore.edit.Sources, N images; drift: ldcore.Drift; options: every option of SAMPLING; amounts: lambda of the
unified objective (arXiv 2412.20651), which scales the term of the outcome and the drift, z' = z + lambda * delta: at 0
edited equals unedited. Unedited is what lambda 0 gives, at every amount; another reading is an option (`drift_in`).

A method that is trained on pairs also has what a fine-tuning method has (ldcore.methods: EXTENDS, OPTIONS, TRAINS,
trainable, apply) and

    training_data(backbone, latents, pairs, records, anatomy)
        what training.batches.batch draws from
"""
