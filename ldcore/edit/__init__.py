"""Counterfactual edits: what is asked (requests/), how it is done (methods/), how good it is (scoring/)."""

from dataclasses import dataclass


@dataclass(frozen=True)
class EditTexts:
    """What is asked of each of N images, and which images are asked the same."""

    source: list[str]  # prompt of each source
    target: list[str]  # prompt of each target
    instruction: list[str]  # what a method that takes instructions is told
    edit: list[str]  # name of each image's edit
    # edit -> (source prompts, target prompts) of all images that share it: an edit direction is their difference
    sets: dict[str, tuple[list[str], list[str]]]

    def of(self, rows) -> "EditTexts":
        """The texts of some of the images; the sets stay whole."""
        return EditTexts(
            [self.source[row] for row in rows],
            [self.target[row] for row in rows],
            [self.instruction[row] for row in rows],
            [self.edit[row] for row in rows],
            self.sets,
        )


@dataclass(frozen=True)
class Sources:
    """N images to edit, as an edit method takes them."""

    latents: object  # scaled, torch float32 [N, 4, h, w]
    texts: EditTexts
    keys: list[tuple]  # what each image's random numbers follow from

    def of(self, rows) -> "Sources":
        """Some of the images."""
        return Sources(self.latents[rows], self.texts.of(rows), [self.keys[row] for row in rows])
