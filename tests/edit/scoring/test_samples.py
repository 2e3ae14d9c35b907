"""What rows are computed from: which metrics have a better way, whom a jackknife takes out, what is compared."""

import numpy as np
import pytest

from ldcore.edit.scoring.samples import Features, Values, better_way, difference, interval, ld_gains, sampled
from ldcore.metrics import kernel_distance

DRAW = np.random.default_rng(0)


@pytest.mark.parametrize(
    "metric, extractor, way",
    [
        ("ssim", "", "higher"),
        ("ssim_uniform", "", "higher"),
        ("fid", "pooled_pixels", "lower"),
        ("lpips", "lite0_perceptual", "lower"),
        ("auc", "pixels_logistic", "higher"),
        ("effectiveness", "pixels_logistic", "higher"),
        ("realism", "pooled_pixels", None),  # kid under another name
        ("change", "ventricle_area", None),
        ("ssim_gain", "", None),
    ],
)
def test_which_way_is_better(metric, extractor, way):
    assert better_way({"metric": metric, "extractor": extractor}) == way


def test_a_jackknife_takes_a_subject_out_with_all_its_images_and_followups():
    """Student's interval of what each subject's absence changes, of 5 subjects with one to three images."""
    subjects = np.repeat(list("abcde"), [1, 3, 2, 2, 2])
    made, target = DRAW.normal(0.5, 1, (10, 4)), DRAW.normal(size=(10, 4))
    value, low, high = interval(Features("kid", made, target, subjects, follows=True))
    without = [kernel_distance(made[subjects != one], target[subjects != one]) for one in "abcde"]
    assert value == pytest.approx(kernel_distance(made, target))
    half = 2.776445 * np.std(5 * value - 4 * np.array(without), ddof=1) / 5**0.5
    assert (low, high) == pytest.approx((value - half, value + half), rel=1e-5)
    fixed = interval(Features("kid", made, target, subjects))
    without = [kernel_distance(made[subjects != one], target) for one in "abcde"]
    half = 2.776445 * np.std(5 * value - 4 * np.array(without), ddof=1) / 5**0.5
    assert fixed[0] == pytest.approx(value) and fixed[2] - fixed[0] == pytest.approx(half, rel=1e-5)


def test_an_interval_of_kid_over_subjects_covers():
    """24 subjects in 12 groups, 150 draws of 64 correlated features, against the mean of all draws: KID is unbiased."""
    shared = DRAW.normal(size=(8, 64)) / 8**0.5

    def draw(count, shift):
        return DRAW.normal(shift, 0.3, (count, 64)) + DRAW.normal(size=(count, 8)) @ shared

    target, subjects = draw(60, 0.0), np.arange(24)
    found = [interval(Features("kid", draw(24, 0.3), target, subjects)) for _ in range(150)]
    truth = np.mean([value for value, *_ in found])
    assert np.mean([low <= truth <= high for _, low, high in found]) >= 0.92


def test_a_difference_is_paired_by_subject():
    subjects = np.arange(12)
    hard = 5 * DRAW.normal(size=12)  # how hard each subject is, which both cells share
    first, second = (Values(hard + shift + 0.1 * DRAW.normal(size=12), subjects) for shift in (0.2, 0.0))
    value, low, high, p = difference(first, second)
    assert 0 < low < 0.2 < high and p < 0.01 and high - low < 0.3
    assert interval(first)[2] - interval(first)[1] > 4
    exact = Values(np.full(12, np.inf), subjects)  # PSNR of equal images
    assert np.isnan(difference(exact, exact)).all() and np.isnan(difference(exact, second)).all()


def test_rows_without_their_like_have_no_gain():
    def rows(shift, **labels):
        return [sampled(Values(DRAW.normal(shift, 1, 9), np.arange(9)), metric="psnr", edit="x", **labels)]

    with_ld, without = rows(3.0, drift="ld"), rows(0.0, drift="none")
    (gain,) = ld_gains(with_ld, without)
    assert gain["metric"] == "psnr_ld_gain" and gain["drift"] == "ld" and gain["low"] > 0 and "sample" not in gain
    assert ld_gains(with_ld, [{**without[0], "edit": "y"}]) == []
    values = without[0]["sample"].values.copy()
    values[:2] = np.inf  # two images are exact, so that there is no difference in PSNR
    (fewer,) = ld_gains(with_ld, [{**without[0], "sample": Values(values, np.arange(9))}])
    assert (gain["n"], fewer["n"]) == (9, 7)
