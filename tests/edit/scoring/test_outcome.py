"""How far an image is from what was asked for, on pictures whose kind is plain to see."""

from dataclasses import replace

import numpy as np
import pytest

from ldcore.edit.scoring.outcome import age_distance, case_scores, class_distance, is_case, training_set


def test_the_training_set_is_half_cases_and_has_the_classes_alone(task):
    records = task.dataset.records.assign(diagnosis=["CN", "AD", "MCI", "AD"] * 8)  # of 20: 5 CN, 10 AD, 5 MCI
    dataset = replace(task.dataset, records=records)
    train, cases = training_set(dataset)
    assert cases.tolist() == [0] * 5 + [1] * 5
    rows = [int(np.flatnonzero((dataset.images == image).all((1, 2)))[0]) for image in train]
    assert sorted(rows[:5]) == [0, 4, 8, 12, 16] and max(rows) < 20 and len(set(rows)) == 10
    assert {records["diagnosis"][row] for row in rows[5:]} == {"AD"}


def test_several_labels_share_the_cases(task):
    records = task.dataset.records.assign(diagnosis=["CN", "CN", "MCI", "AD"] * 8)  # of 20: 10 CN, 5 MCI, 5 AD
    counts = [list(training_set(replace(task.dataset, records=records, classes=classes))[1]) for classes in ORDERS]
    assert [(cases.count(0), cases.count(1)) for cases in counts] == [(10, 10), (5, 5)]
    few = records.assign(split=["train"] * 9 + ["test"] * 23)  # 5 CN, 2 MCI, 2 AD
    assert training_set(replace(task.dataset, records=few, classes=ORDERS[0]))[1].tolist() == [0] * 4 + [1] * 4


ORDERS = (["CN", "MCI", "AD"], ["MCI", "AD"])


@pytest.mark.parametrize(
    "record, case",
    [({"diagnosis": "CN"}, 0), ({"diagnosis": "AD"}, 1), ({"diagnosis": "", "findings": "Pneumonia"}, 1)],
)
def test_a_case_is_every_label_but_the_first(record, case):
    assert is_case(record, ["CN", "AD"]) == case


def test_class_distance_is_one_minus_the_probability_that_the_classifier_gives(one_thread, task):
    """Not of twice its logit: the scores of logistic regression used to differ by two of them."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    from ldcore.evaluation.classifiers.pixels_logistic import pooled

    train, cases = training_set(task.dataset)
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.001, max_iter=2000)).fit(pooled(train, 16), cases)
    images = task.dataset.images[20:]
    p = model.predict_proba(pooled(images, 16))[:, 1]
    scores = case_scores(task.dataset, images)
    np.testing.assert_allclose(class_distance(scores, np.ones(12)), 1 - p, atol=1e-6)
    np.testing.assert_allclose(class_distance(scores, np.zeros(12)), p, atol=1e-6)
    assert 0.05 < p.min() < 0.45  # where doubling the logit would show


def test_class_distance_is_small_where_the_wanted_side_scores_higher():
    scores = np.array([[0.0, 0.0], [-3.0, 3.0], [-3.0, 3.0], [40.0, -40.0]])
    distance = class_distance(scores, [1, 1, 0, 0])
    np.testing.assert_allclose(distance, [0.5, 1 / (1 + np.exp(6)), 1 / (1 + np.exp(-6)), 0], atol=1e-12)


def test_the_classifier_of_real_images_knows_both_kinds(one_thread, task):
    scores = case_scores(task.dataset, task.dataset.images[20:])
    assert scores.shape == (12, 2)
    cases = (task.dataset.records["diagnosis"][20:] == "AD").astype(int)
    assert (class_distance(scores, cases) < 0.5).all() and (class_distance(scores, 1 - cases) > 0.5).all()


def test_age_distance_reads_the_age_off_the_image(task):
    """A bar as long as the age says: a regression on images reads it, whatever the brightness."""
    ages = task.dataset.records["age"].to_numpy()
    images = np.zeros_like(task.dataset.images)
    for image, age in zip(images, ages):
        image[: round((age - 60) * 0.9) + 2] = 200
    dataset = replace(task.dataset, images=images)
    years = age_distance(dataset, images[:20], ages[:20])
    assert years.shape == (20,) and years.mean() < 4
    colour = np.repeat(images[:20, ..., None], 3, -1)
    np.testing.assert_allclose(age_distance(dataset, colour, ages[:20]), years)
    assert age_distance(dataset, images[:20], ages[:20] + 30).mean() > 20
