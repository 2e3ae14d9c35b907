"""The brain phantom: determinism, the causal model's directions, exact counterfactuals, group sizes, separability."""

from collections import Counter

import numpy as np
import pytest
from preparing import complete
from scipy import ndimage

from ldcore import datasets
from ldcore.datasets import records
from ldcore.datasets.adapters import brain_phantom
from ldcore.datasets.phantoms import brain_atlas
from ldcore.runtime.errors import UserError

SMALL = complete("brain_phantom", subjects=24)


@pytest.fixture(scope="module")
def small():
    return datasets.build("brain_phantom", SMALL, 5)


@pytest.fixture(scope="module")
def full():
    return datasets.build("brain_phantom", {}, 0)


def test_table_is_valid_and_complete(small, tmp_path):
    table, images = small
    records.save(table, images, tmp_path)
    again, _ = records.load(tmp_path)
    assert images.dtype == np.uint8 and images.shape == (len(table), 64, 64)
    visits = table.groupby("subject_id")
    assert visits.size().between(2, 3).all() and visits["age"].is_monotonic_increasing.all()
    assert (visits["age"].first() >= 55).all() and (visits["age"].first() <= 90).all()
    order = table["diagnosis"].map({"CN": 0, "MCI": 1, "AD": 2})
    assert order.groupby(table["subject_id"]).is_monotonic_increasing.all()
    for row in (0, len(again) - 1):  # the table on disk is enough to render the very image
        assert np.array_equal(brain_phantom.counterfactual(again.iloc[row], SMALL, 5), images[row])


def test_same_seed_same_bytes_and_subject_alone_equals_subject_in_set(small):
    table, images = small
    fewer, fewer_images = datasets.build("brain_phantom", {"subjects": 7}, 5)
    assert fewer.equals(table.iloc[: len(fewer)]) and np.array_equal(fewer_images, images[: len(fewer)])
    for row in brain_phantom.sessions(19, SMALL, 5):
        image, truth = brain_phantom.render(row, SMALL, 5)
        place = table[(table["subject_id"] == row["subject_id"]) & (table["session"] == row["session"])].iloc[0]
        assert np.array_equal(image, images[place["image_index"]]) and place["atrophy"] == truth["atrophy"]


def test_other_seed_other_subjects(small):
    table, images = datasets.build("brain_phantom", {"subjects": 2}, 6)
    assert not np.array_equal(images[0], small[1][0]) and table["age"].iloc[0] != small[0]["age"].iloc[0]


def test_black_outside_the_head_and_well_filled(small):
    _, images = small
    assert (images[:, :3] == 0).all() and (images[:, :, :3] == 0).all()
    lit = (images > 0).any(axis=2).sum(axis=1) / 64
    assert lit.min() > 0.7 and lit.max() < 0.95
    for image in images:  # one connected brain, nothing lit elsewhere
        assert ndimage.label(image > 0)[1] == 1


def test_tissues_have_t1_order(small):
    bright = np.quantile(small[1][small[1] > 0], [0.03, 0.35, 0.8])
    assert bright[0] < 70 < bright[1] < 175 < bright[2] < 245


@pytest.mark.parametrize("skull", [False, True])
def test_counterfactual_identity_and_direction(small, skull):
    options = {**SMALL, "skull": skull}
    table, _ = small
    for start, end, sign in (("CN", "AD", 1), ("AD", "CN", -1), ("CN", "MCI", 1), ("MCI", "AD", 1)):
        record = table[table["diagnosis"] == start].iloc[0]
        before, truth = brain_phantom.render(record, options, 5)
        after, changed = brain_phantom.render(record, options, 5, diagnosis=end)
        assert np.array_equal(before, brain_phantom.counterfactual(record, options, 5, diagnosis=start))
        assert sign * (changed["ventricle_fraction"] / truth["ventricle_fraction"] - 1) > 0.1
        assert sign * (changed["atrophy"] - truth["atrophy"]) > 0.1
        assert changed["slice_mm"] == truth["slice_mm"]
        difference = after.astype(int) - before
        assert sign * difference[20:44, 20:44].mean() < -2  # fluid takes tissue's place in the middle


def test_counterfactual_leaves_far_tissue_alone(small):
    table, images = small
    baseline = table["session"] == 0  # later ones: years of AD shrink the whole cortex
    for row in table.index[baseline & (table["diagnosis"] == "CN")][:8]:
        before, after = images[row], brain_phantom.counterfactual(table.loc[row], SMALL, 5, diagnosis="AD")
        change = np.abs(after.astype(int) - before)
        far = before > 0
        far[16:46, 18:46] = False
        assert ((after > 0) == (before > 0)).all()
        assert np.median(change[far]) <= 1 and change[far].mean() < 0.6 * change[24:40, 22:42].mean()
        white = far & (before > np.quantile(before[before > 0], 0.75))  # erosion opens sulci, not white matter
        assert np.mean(change[white] <= 2) > 0.9


def test_age_and_sex_counterfactuals_follow_the_equations(small):
    record = small[0].iloc[0]
    truth = {age: brain_phantom.render(record, SMALL, 5, age=age)[1] for age in (55, 70, 90)}
    for key in ("ventricle_ratio", "ventricle_fraction", "atrophy", "lesions"):
        assert truth[55][key] < truth[70][key] < truth[90][key]
    ratio = np.log(truth[90]["ventricle_ratio"] / truth[70]["ventricle_ratio"])
    assert ratio == pytest.approx(0.34, abs=1e-3)
    sizes = {sex: (brain_phantom.counterfactual(record, SMALL, 5, sex=sex) > 0).sum() for sex in "FM"}
    assert 1.03 < sizes["M"] / sizes["F"] < 1.2


@pytest.mark.parametrize(
    "changes, word",
    [
        ({"diagnosis": "XX"}, "'XX'"),
        ({"sex": "x"}, "'x'"),
        ({"age": 20}, "20"),
        ({"height": 3}, "'height'"),
        ({"years": -1}, "-1"),
    ],
)
def test_bad_counterfactual_is_named(small, changes, word):
    with pytest.raises(UserError, match=word):
        brain_phantom.counterfactual(small[0].iloc[0], SMALL, 5, **changes)


@pytest.mark.parametrize("options", [{"subjects": 0}, {"image_size": 8}, {"test_fraction": 2}, {"subjects": "many"}])
def test_bad_option_is_named(options):
    with pytest.raises(UserError, match=next(iter(options))):
        datasets.build("brain_phantom", options, 0)


def test_measured_area_follows_the_requested_ratio():
    rows, columns = np.mgrid[0 : brain_atlas.HEIGHT, 0 : brain_atlas.WIDTH].astype(np.float32)
    ventricle = brain_atlas.tables()["maps"][4, ..., 1:2]
    for ratio in (0.7, 1.0, 2.0, 3.5):
        y, x = brain_atlas.widen(rows, columns, 4, np.float32(0), ratio, (0.0, 0.0))
        assert brain_atlas.sample(ventricle, y, x).sum() / ventricle.sum() == pytest.approx(ratio, rel=0.04)


def test_every_seed_tests_enough_of_both_groups():
    options = complete("brain_phantom")
    for seed in range(4):
        rows = [row for number in range(options["subjects"]) for row in brain_phantom.sessions(number, options, seed)]
        test = Counter(row["diagnosis"] for row in rows if row["split"] == "test")
        assert test["CN"] >= 100 and test["AD"] >= 100


def test_full_set_is_split_by_patient_and_separable(full):
    from sklearn.linear_model import RidgeClassifier
    from sklearn.metrics import roc_auc_score

    table, images = full
    assert (table.groupby("subject_id")["split"].nunique() == 1).all()
    means = table.groupby("diagnosis")["ventricle_fraction"].mean()
    assert means["CN"] < means["MCI"] < means["AD"] and means["AD"] > 1.5 * means["CN"]
    pixels = images.reshape(-1, 32, 2, 32, 2).mean(axis=(2, 4)).reshape(len(images), -1) / 255
    pair, ill = table["diagnosis"].isin(["CN", "AD"]), table["diagnosis"] == "AD"
    train, test = (pair & (table["split"] == split) for split in ("train", "test"))
    scores = RidgeClassifier(alpha=300).fit(pixels[train], ill[train]).decision_function(pixels[test])
    assert 0.85 < roc_auc_score(ill[test], scores) < 0.97
