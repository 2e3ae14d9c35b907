"""What cells are measured against: truths, real images of other people, and which edits a style can ask for."""

import numpy as np

from ldcore import datasets
from ldcore.edit.job import sources
from ldcore.edit.requests.edits import requests
from ldcore.edit.scoring.material import edits_told, material, negated

SCORING = {"real_images": 3, "extractors": {}, "perceptual": {}}


def test_negations_without_a_renderer(task):
    against = task.measured(task.negations(2))
    assert against["exact"] is None and against["followup"] is None
    assert against["cases"].tolist() == [1, 1, 0, 0] and np.isnan(against["gap"]).all()
    assert negated(against).tolist() == [True] * 4
    # the first test rows are edited (20 to 23), so the real images are of the next ones
    np.testing.assert_array_equal(against["real"], task.images[24:28])


def test_ageing_has_the_images_of_the_later_sessions(task):
    against = task.measured(task.ageing([2.0, 7.0]), styles=["binned"])
    np.testing.assert_array_equal(against["followup"], task.images[[28, 29]])
    assert against["gap"].tolist() == [2.0, 7.0] and not negated(against).any()


def test_a_style_without_ages_cannot_ask_for_another_age(task):
    older = {**task.ageing([9.0])[0], "edit": "older"}
    against = task.measured([*task.negations(1), older], styles=["simple", "simple_info"])
    assert edits_told(against, "simple") == ["CN to AD", "AD to CN"]
    assert edits_told(against, "simple_info") == edits_told(against, "") == ["CN to AD", "AD to CN", "older"]


def test_a_renderer_gives_exact_images_and_no_edited_subject_is_real():
    options = {"subjects": 24, "image_size": 32}
    records, images = datasets.build("brain_phantom", options, 0)
    dataset = {"adapter": "brain_phantom", "options": options, "anatomy": "brain_mr", "classes": ["CN", "AD"]}
    edits = {"ill": {"from": {"diagnosis": "CN"}, "to": {"diagnosis": "AD"}}}
    asked = requests({"images": 2, "edits": edits}, records, 0)
    gray = sources(asked, records, images, dataset, 0)
    against = material("t", {"styles": ["simple"]}, asked, gray, records, images, dataset, SCORING, 0)
    assert against["exact"].shape == against["source"].shape == (len(asked), 32, 32)
    assert (against["exact"] != against["source"]).any((1, 2)).all()
    edited = {one["source"]["subject_id"] for one in asked}
    free = records[(records["split"] == "test") & ~records["subject_id"].isin(edited)]["image_index"][:3]
    np.testing.assert_array_equal(against["real"], images[free])
