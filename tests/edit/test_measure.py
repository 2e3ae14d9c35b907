"""What the phantoms know against what is measured on their images; outputs, regions and axioms on made-up arrays."""

import numpy as np
import pandas as pd
import pytest

from ldcore import datasets
from ldcore.edit.output import changed, check_size
from ldcore.edit.scoring import soundness
from ldcore.edit.scoring.measure import cardiothoracic_ratio, ventricle_area
from ldcore.edit.scoring.score import divergences
from ldcore.edit.scoring.truth import moved, region_errors
from ldcore.runtime.errors import UserError


@pytest.mark.parametrize(
    "adapter, measure, column, changes, least",
    [
        ("brain_phantom", ventricle_area, "ventricle_fraction", {"diagnosis": "AD"}, 0.6),
        ("chest_phantom", cardiothoracic_ratio, "ctr", {"findings": "Cardiomegaly"}, 0.6),
    ],
)
def test_measures_follow_the_causal_model(adapter, measure, column, changes, least):
    options = {"subjects": 60, "image_size": 64}
    records, images = datasets.build(adapter, options, 0)
    plain = records[records["diagnosis"].eq("CN") | records["findings"].isin(["No Finding", "Cardiomegaly"])]
    if adapter == "brain_phantom":
        plain = records
    found = measure(images[plain["image_index"]])
    assert np.corrcoef(found, plain[column])[0, 1] > least
    healthy = records[records["diagnosis"].eq("CN") | records["findings"].eq("No Finding")].head(12)
    ill = np.stack(
        [datasets.module(adapter).counterfactual(row, options, 0, **changes) for row in healthy.to_dict("records")]
    )
    assert (measure(ill) > measure(images[healthy["image_index"]])).mean() > 0.9
    np.testing.assert_allclose(measure(np.repeat(ill[..., None], 3, -1)), measure(ill), rtol=1e-5)


def test_changed_adds_the_difference_where_there_is_signal():
    source = np.array([[[0, 100, 250]]], np.uint8)
    unedited = np.full((1, 1, 3, 3), 50, np.uint8)
    edited = unedited + np.array([30, 30, 30], np.uint8)
    assert changed(source, edited, unedited).tolist() == [[[0, 130, 255]]]
    assert np.array_equal(changed(source, unedited, unedited), source)


def test_an_image_of_another_size_is_refused():
    from ldcore.model.backbone import load_backbone

    backbone = load_backbone("resources/embedded_model", ["vae", "unet"])
    check_size(backbone, np.zeros((1, 64, 64), np.uint8))
    with pytest.raises(
        UserError, match="32 x 32 px and the model works at 64 x 64; set the data set's option image_size to 64"
    ):
        check_size(backbone, np.zeros((1, 32, 32), np.uint8))


def test_region_errors_split_where_the_truth_changes():
    source, exact = np.zeros((2, 4, 4), np.uint8), np.zeros((2, 4, 4), np.uint8)
    exact[0, :2] = 51
    inside, outside = region_errors(source, source, exact)
    np.testing.assert_allclose(inside, [0.2, np.nan])
    np.testing.assert_allclose(outside, [0, 0])
    made = exact.copy()
    made[0, 3] = 51
    inside, outside = region_errors(made, source, exact)
    assert inside[0] == 0 and outside[0] == pytest.approx(0.2 * 0.5**0.5)


def test_moved_is_right_for_the_truth_itself_and_wrong_for_its_opposite():
    records, images = datasets.build("brain_phantom", {"subjects": 12, "image_size": 64}, 0)
    well = records[records["diagnosis"] == "CN"].to_dict("records")[:4]
    exact = np.stack(
        [datasets.module("brain_phantom").counterfactual(row, {"subjects": 12}, 0, diagnosis="AD") for row in well]
    )
    source = images[[row["image_index"] for row in well]]
    assert moved(exact, source, source, exact, "brain_mr")["right_direction"].mean() == 1
    assert moved(source, exact, source, exact, "brain_mr")["right_direction"].mean() == 0
    assert moved(exact, source, source, exact, "satellite image") == {}


def test_divergence_rewards_an_edit_between_its_own_kind_and_the_wanted():
    source, same, wanted = np.zeros((1, 2)), np.array([[1.0, 0], [0, 1]]), np.array([[10.0, 0], [0, 10]])
    near, good, far = (
        soundness.latent_divergence(source, np.array([[d, 0]]), same, wanted)[0] for d in (0.1, 5.0, 20.0)
    )
    assert good == pytest.approx(np.log(2)) and good < near and good < far


def test_mean_absolute_takes_colour_as_gray():
    gray, colour = np.full((1, 2, 2), 51, np.uint8), np.zeros((1, 2, 2, 3), np.uint8)
    assert soundness.mean_absolute(gray, colour) == pytest.approx([0.2])


def test_divergence_of_edits_of_one_direction_alone():
    records = pd.DataFrame(
        {
            "diagnosis": ["CN", "AD"] * 4,
            "findings": "",
            "split": "train",
            "subject_id": [f"s{n}" for n in range(8)],
            "image_index": range(8),
        }
    )
    images = np.random.default_rng(0).integers(0, 256, (8, 4, 4), dtype=np.uint8)
    have = {
        "records": records,
        "images": images,
        "dataset": {"classes": ["CN", "AD"]},
        "features": {},
        "source": images[:2],
        "cases": np.array([1, 1]),
    }
    found = divergences(images[2:4], have, np.array([True, True]), lambda pictures: np.asarray(pictures, float))
    assert found.shape == (2,) and np.isfinite(found).all()
