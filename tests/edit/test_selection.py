"""Lambda chosen by the paper's objective on the val split, and on nothing else."""

from dataclasses import replace

import numpy as np
import pytest

from ldcore import datasets
from ldcore.edit.dataset import Dataset
from ldcore.edit.requests.ground_truth import source_images
from ldcore.edit.selection import Sweep, Terms, chosen, selection_rows, terms, val_requests
from ldcore.runtime.errors import UserError

ENTRY = {
    "adapter": "brain_phantom",
    "options": {"subjects": 60, "image_size": 32},
    "anatomy": "brain_mr",
    "classes": ["CN", "AD"],
    "classifier": {"name": "pixels_logistic", "options": {"grid": 16, "inverse_penalty": 0.001}},
}
EDITS = {
    "ill": {"from": {"diagnosis": "CN"}, "to": {"diagnosis": "AD"}, "images": 1},
    "well": {"from": {"diagnosis": "AD"}, "to": {"diagnosis": "CN"}},
    "other sex": {"from": {"sex": "F"}, "to": {"sex": "M"}},
}
AMOUNTS = [0.0, 1.0, 2.0]


@pytest.fixture(scope="module")
def dataset():
    return Dataset.of(ENTRY, *datasets.build("brain_phantom", ENTRY["options"], 0), 0)


def swept(edits, dataset, split=None):
    """A sweep of val requests in which an amount adds 10 gray levels a unit."""
    requested = val_requests(edits, 4, dataset)
    sources = source_images(requested, dataset)
    changed = np.stack([np.clip(sources + 10.0 * amount, 0, 255).astype(np.uint8) for amount in AMOUNTS])
    return Sweep(requested, sources, changed)


def test_requests_are_of_val_have_an_outcome_and_spread_over_the_edits(dataset):
    requested = val_requests(EDITS, 4, dataset.for_choosing())
    assert len(requested) == 4 and {request.source["split"] for request in requested} == {"val"}
    assert {request.edit for request in requested} == {"ill", "well"}
    assert val_requests(EDITS, 0, dataset.for_choosing()) == []
    assert {request.edit for request in val_requests(None, 2, dataset.for_choosing())} == {"older"}


def test_an_edit_without_val_images_is_passed_over_and_said(dataset, capsys):
    unseen = dataset.for_choosing()
    no_ill = replace(unseen, records=unseen.records[unseen.records["diagnosis"] != "AD"].reset_index(drop=True))
    assert {request.edit for request in val_requests(EDITS, 4, no_ill)} == {"ill"}
    assert "without the edit 'well': Edit 'well': no val image has diagnosis AD" in capsys.readouterr().out
    no_val = replace(unseen, records=unseen.records[unseen.records["split"] == "train"].reset_index(drop=True))
    assert val_requests(EDITS, 4, no_val) == []


def test_selecting_from_test_rows_is_refused(dataset):
    with pytest.raises(UserError, match="is of the test split, which lambda must not be chosen on"):
        val_requests(EDITS, 4, dataset)


@pytest.mark.parametrize("edits", [EDITS, None])
def test_what_test_rows_hold_changes_no_choice(dataset, edits):
    test = (dataset.records["split"] == "test").to_numpy()
    records = dataset.records.copy()
    records.loc[test, "age"] = 20.0
    records.loc[test, "diagnosis"] = "MCI"
    images = dataset.images.copy()
    images[records["image_index"][test]] = 0
    spoilt = replace(dataset, records=records, images=images)
    one, other = (terms(swept(edits, given.for_choosing()), given.for_choosing()) for given in (dataset, spoilt))
    for name in ("near", "far", "start"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


def test_terms_are_shares_and_lambda_0_is_the_source(dataset):
    unseen = dataset.for_choosing()
    for edits in (EDITS, None):
        sweep = swept(edits, unseen)
        measured = terms(sweep, unseen)
        assert measured.near.shape == measured.far.shape == (3, len(sweep.requests))
        np.testing.assert_array_equal(measured.far[0], measured.start)
        assert not measured.near[0].any() and measured.far.min() >= 0 and measured.far.max() <= 1
        gray = sweep.changed[2].astype(float) - sweep.sources
        np.testing.assert_allclose(measured.near[2], np.abs(gray).mean((1, 2)) / 255)


def test_the_least_sum_is_chosen_and_of_equal_ones_the_smallest():
    near = np.array([[0.0, 0.0], [0.1, 0.1], [0.2, 0.2]])
    far = np.array([[0.9, 0.7], [0.5, 0.7], [0.4, 0.7]])
    assert chosen(AMOUNTS, Terms(near, far, far[0])) == 1.0
    assert chosen(AMOUNTS, Terms(near * 9, far, far[0])) == 0.0
    assert chosen([2.0, 1.0, 0.0], Terms(0 * near, 0 * far + 0.5, far[0])) == 0.0


def test_rows_report_the_val_choice_on_both_splits(dataset):
    unseen = dataset.for_choosing()
    val = swept(EDITS, unseen)
    other = Sweep(val.requests[:3], val.sources[:3], val.changed[::-1, :3])  # stands for test images
    rows = selection_rows(val, other, AMOUNTS, unseen, task="disease", dataset="brain")
    assert len(rows) == 2 * 3 * 3 and {row["n"] for row in rows} == {4, 3}
    best = chosen(AMOUNTS, terms(val, unseen))
    assert {row["amount"] for row in rows if row["chosen"]} == {best}
    assert [row["split"] for row in rows if row["chosen"]] == ["val"] * 3 + ["test"] * 3
    measured = terms(val, unseen)
    for row in rows[:9]:
        place = AMOUNTS.index(row["amount"])
        value = {"l_in": measured.near, "l_o": measured.far, "objective": measured.near + measured.far}[row["metric"]]
        assert row["value"] == pytest.approx(value[place].mean())
        if row["amount"] == 0:  # the source itself, that nothing tells from itself: no interval, not one of no width
            assert np.isnan([row["low"], row["high"]]).all()
        else:
            assert row["low"] <= row["value"] <= row["high"]
