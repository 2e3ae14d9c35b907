"""Counterfactual edits: what is asked (requests/), how it is done (methods/), how good it is (scoring/)."""

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
