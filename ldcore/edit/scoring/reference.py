"""What every cell of an editing task is measured against: truths, real images, and which edits a style can ask for."""

from dataclasses import dataclass, field

import numpy as np

from ldcore.edit.dataset import Dataset
from ldcore.edit.job import texts_of
from ldcore.edit.requests.edits import Request
from ldcore.edit.requests.ground_truth import GroundTruth
from ldcore.edit.scoring.measures import measures_of
from ldcore.edit.scoring.outcome import is_case
from ldcore.evaluation.real_images import balanced_draw, labels, say_fewer, source_of


@dataclass(frozen=True)
class Metrics:
    """What images are compared by: names of extractors and metrics, with options where they may have some."""

    extractors: dict  # of the features for `distances`, name -> options
    perceptual: dict  # metrics of pairs of images, name -> options
    distances: tuple = ("fid", "kid")  # metrics of features
    likeness: tuple = ("ssim", "psnr")  # metrics of pairs of images without options

    @property
    def of_pairs(self) -> dict:
        """All metrics of pairs of images, name -> options."""
        return {**{name: {} for name in self.likeness}, **self.perceptual}


@dataclass(frozen=True)
class Reference:
    """What every cell of an editing task is measured against, computed once, of N requests."""

    truth: GroundTruth  # the requests, their sources, and what these should become
    dataset: Dataset  # whose training split teaches the classifier and the regression of age
    styles: list[str]  # in which the task asks
    metrics: Metrics
    measures: list[str]  # of what edits should move (scoring.measures)
    real: np.ndarray  # test images of other people than those edited, uint8 [M, H, W]
    edits: np.ndarray  # the name of each request's edit, text [N]
    gaps: np.ndarray  # years between source and follow-up, float [N]; nan without a follow-up
    cases: np.ndarray  # 1 where the request asks for a case (outcome.is_case), ints [N]
    negated: np.ndarray  # which requests turn a case into no case or back, bool [N]
    worded: dict  # style -> the edits that it puts into words: a prompt without an age cannot ask for another
    cache: dict = field(default_factory=dict)  # what `computed` has computed

    @property
    def longitudinal(self) -> bool:
        """Whether there is a true follow-up of every request."""
        return self.truth.followup is not None

    def edits_in(self, style: str) -> list[str]:
        """The edits, in order, that a style puts into words; all of them for the style ''."""
        return [edit for edit in dict.fromkeys(self.edits.tolist()) if not style or edit in self.worded[style]]

    def computed(self, key, function):
        """function(), called once for each key."""
        if key not in self.cache:
            self.cache[key] = function()
        return self.cache[key]


def reference(truth: GroundTruth, dataset: Dataset, styles: list[str], metrics: Metrics, real_images: int) -> Reference:
    """Everything that cells are measured against. real_images: how many of them, or fewer where there are fewer."""
    requests = truth.requests
    others = other_people(dataset, {request.source["subject_id"] for request in requests}, real_images)
    say_fewer("Config editing.real_images", real_images, len(others), "test images of people who are not edited")
    before, after = (
        np.array([is_case(getattr(request, side), dataset.classes) for request in requests])
        for side in ("source", "target")
    )
    return Reference(
        truth=truth,
        dataset=dataset,
        styles=styles,
        metrics=metrics,
        measures=measures_of(dataset.anatomy) if dataset.measures is None else dataset.measures,
        real=dataset.images_of(others),
        edits=np.array([request.edit for request in requests]),
        gaps=np.array([request.gap for request in requests]),
        cases=after,
        negated=before != after,
        worded={style: worded_edits(requests, dataset.anatomy, style) for style in styles},
    )


def other_people(dataset: Dataset, edited: set, count: int) -> np.ndarray:
    """Positions of `count` test rows of people other than `edited`, or fewer where there are fewer.

    Drawn by the seed, evenly over the data set's classes and, in each, over where images come from
    (real_images.source_of): the first by id would be of one site alone, and of labels that no edit asks for.
    """
    records, names, sources = dataset.records, labels(dataset.records), source_of(dataset.records)
    free = ((records["split"] == "test") & ~records["subject_id"].isin(edited)).to_numpy()
    groups = [
        [np.flatnonzero(free & (names == name) & (sources == source)) for source in np.unique(sources)]
        for name in dataset.classes
    ]
    return balanced_draw(groups, count, dataset.seed, "edits", "real")


def worded_edits(requests: list[Request], anatomy: str, style: str) -> set[str]:
    """The edits of which some request is told other words than its source's prompt."""
    texts = texts_of(requests, anatomy, style)
    return {
        request.edit
        for request, prompt, instruction in zip(requests, texts.source, texts.instruction)
        if prompt != instruction
    }
