"""Edits against an exact counterfactual: where they changed the image, and whether the anatomy moved the right way."""

import numpy as np
import pytest

from ldcore import datasets, plugins
from ldcore.datasets.adapters import brain_phantom
from ldcore.edit.scoring.truth import moved, region_errors


def test_region_errors_split_where_the_truth_changes():
    source, exact = np.zeros((2, 4, 4), np.uint8), np.zeros((2, 4, 4), np.uint8)
    exact[0, :2] = 51
    inside, outside = region_errors(source, source, exact)
    np.testing.assert_allclose(inside, [0.2, np.nan])
    np.testing.assert_allclose(outside, [0, 0])
    edited = exact.copy()
    edited[0, 3] = 51
    inside, outside = region_errors(edited, source, exact)
    assert inside[0] == 0 and outside[0] == pytest.approx(0.2 * 0.5**0.5)


def test_a_change_below_the_noise_is_no_region_and_a_whole_image_leaves_no_outside():
    source = np.full((2, 4, 4), 100, np.uint8)
    exact = source + np.array([11, 12], np.uint8)[:, None, None]
    inside, outside = region_errors(source, source, exact)
    np.testing.assert_allclose(inside, [np.nan, 12 / 255])
    np.testing.assert_allclose(outside, [11 / 255, np.nan])


def test_moved_is_right_for_the_truth_itself_and_wrong_for_its_opposite():
    options = plugins.options("dataset adapter", "brain_phantom", {"subjects": 12})
    records, images = datasets.build("brain_phantom", options, 0)
    well = records[records["diagnosis"] == "CN"].to_dict("records")[:4]
    exact = np.stack([brain_phantom.counterfactual(row, options, 0, diagnosis="AD") for row in well])
    source = images[[row["image_index"] for row in well]]
    right = moved("ventricle_area", exact, source, source, exact)
    assert right["right_direction"].mean() == 1
    np.testing.assert_array_equal(right["change"], right["true_change"])
    wrong = moved("ventricle_area", source, exact, source, exact)
    assert wrong["right_direction"].mean() == 0
    np.testing.assert_array_equal(wrong["change"], -right["change"])
