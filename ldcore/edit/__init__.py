"""Counterfactual edits. Each module NAME.py has

    SAMPLING                                                             options of an edit and their defaults; `precision` among
                                                                         them: the method can do with a U-Net in bf16
    edit(backbone, latents, texts, drift, options, keys, amounts=(1,))   (edited, unedited) latents, each [A, N, 4, h, w]
    unedited(backbone, latents, drift, options, keys, amounts)           optional: those unedited latents where they do not depend
                                                                         on texts; edit then takes them as `known`, to save time
and, where it is trained on pairs, what a fine-tuning method has (ldcore/methods): DEFAULTS, trainable, apply.

latents: scaled latents of the sources, [N, 4, h, w]; texts: EditTexts; keys: N tuples that an image's random numbers follow
from; amounts: lambda of the unified objective (arXiv 2412.20651), which scales the outcome's term and the drift: at 0 edited
equals unedited. A module of that shape placed in this folder, or any importable one, is a method.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class EditTexts:
    """What is asked of each of N images: prompts of its source and its target, the instruction between them, and the name of its
    edit; sets: edit -> (source prompts, target prompts) of all images that share it, which an edit direction is the difference of."""

    source: list
    target: list
    instruction: list
    edit: list
    sets: dict

    def of(self, rows) -> "EditTexts":
        """The texts of some of the images; the sets stay whole."""
        return EditTexts(
            *([part[row] for row in rows] for part in (self.source, self.target, self.instruction, self.edit)),
            self.sets,
        )
