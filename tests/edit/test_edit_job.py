"""One editing job, with a method so simple that its answer is known."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from ldcore import Drift, datasets
from ldcore.edit.changed_image import changed
from ldcore.edit.dataset import Dataset
from ldcore.edit.job import EditJob, run, spread
from ldcore.edit.requests.edits import requests
from ldcore.edit.requests.ground_truth import source_images
from ldcore.edit.selection import val_requests
from ldcore.model.autoencoding import decode, encode
from ldcore.runtime.arrays import load_part
from ldcore.runtime.errors import UserError

OPTIONS = {"subjects": 40, "image_size": 32}
ENTRY = {"adapter": "brain_phantom", "options": OPTIONS, "anatomy": "brain_mr", "classes": [], "classifier": {}}
DRIFTS = {"none": Drift(), "0.10": Drift(0.1, "prior")}
EDITS = {
    "ill": {"from": {"diagnosis": "CN"}, "to": {"diagnosis": "AD"}, "amount": 2.0},
    "other sex": {"from": {"sex": "F"}, "to": {"sex": "M"}, "images": 1},
}
SETTINGS = {
    "anatomy": "brain_mr",
    "styles": ["simple", "simple_info"],
    "options": {},
    "amounts": [0.0, 0.5, 1.0],
    "sweep_images": 2,
    "null_images": 1,
    "seed": 0,
}


def adding(push: float = 0.3):
    """An edit method that adds amount * (push + the drift) to the latents; its unedited latents are the source's.

    `calls`: the sources and amounts of every call.
    """
    calls = []

    def edit(backbone, sources, drift, options, amounts=(1.0,)):
        calls.append((sources, amounts))
        assert len(sources.keys) == len(sources.latents) == len(sources.texts.source)
        moved = [sources.latents + amount * (push + drift.value) for amount in amounts]
        return torch.stack(moved), torch.stack([sources.latents] * len(amounts))

    return SimpleNamespace(edit=edit, calls=calls)


@pytest.fixture(scope="module")
def dataset():
    return Dataset.of(ENTRY, *datasets.build("brain_phantom", OPTIONS, 0), 0)


@pytest.fixture
def edit(backbone, dataset, tmp_path):
    """A function that runs a job, over SETTINGS, into a folder and returns the job."""

    def started(method, edits=EDITS, images=3, drifts=DRIFTS, identity="weights", **settings):
        requested, unseen = requests(edits, images, dataset.records, 0), dataset.for_choosing()
        choosing = val_requests(edits, settings.pop("val_images", 2), unseen)
        if choosing:
            settings |= {"val_requests": tuple(choosing), "val_sources": source_images(choosing, unseen)}
        job = EditJob(requested, source_images(requested, dataset), **{**SETTINGS, **settings})
        run(backbone, method, job, drifts, identity, tmp_path)
        return job

    return started


def test_arrays_have_the_documented_shapes(edit, tmp_path):
    job = edit(adding())
    count, val = len(job.requests), len(job.val_requests)
    assert (count, val) == (4, 1)
    part = load_part(tmp_path, "none")
    assert part["decoded"].shape == part["unedited"].shape == (2, count, 32, 32, 3)
    assert part["changed"].shape == (2, count, 32, 32) and part["null"].shape == (2, 1, 32, 32, 3)
    assert part["sweep"].shape == (2,) and part["nulls"].shape == (1,)
    assert part["sweep_decoded"].shape == part["sweep_unedited"].shape == (3, 2, 32, 32, 3)
    assert part["sweep_changed"].shape == (3, 2, 32, 32) and part["val_changed"].shape == (3, val, 32, 32)
    assert all(part[key].dtype == np.uint8 for key in part if part[key].ndim > 1)


def test_images_are_of_the_methods_latents_at_each_requests_own_amount(backbone, edit, tmp_path):
    latents = torch.from_numpy(encode(backbone, edit(adding(0.3)).sources)[0])
    for name, push in (("none", 0.3), ("0.10", 0.4)):
        part = load_part(tmp_path, name)
        np.testing.assert_array_equal(part["unedited"][0], decode(backbone, latents))
        for rows in ([0, 1, 2], [3]):  # amounts 2 and 1; a call each
            amount = 2.0 if rows[0] == 0 else 1.0
            edited = decode(backbone, latents[rows] + amount * push)
            np.testing.assert_array_equal(part["decoded"][0, rows], edited)


def test_the_sweep_starts_at_the_source_and_is_of_edits_with_an_outcome(edit, tmp_path):
    job = edit(adding())
    part = load_part(tmp_path, "none")
    np.testing.assert_array_equal(part["sweep_changed"][0], job.sources[part["sweep"]])
    np.testing.assert_array_equal(part["sweep_decoded"][0], part["sweep_unedited"][0])
    np.testing.assert_array_equal(part["sweep_decoded"][2], part["decoded"][1][part["sweep"]])
    assert {job.requests[row].edit for row in part["sweep"]} == {"ill"}  # another sex is no outcome that is measured


def test_the_val_split_is_swept_as_test_images_are(backbone, edit, tmp_path):
    job = edit(adding())
    part = load_part(tmp_path, "none")
    assert {request.source["split"] for request in job.val_requests} == {"val"}
    np.testing.assert_array_equal(part["val_changed"][0], job.val_sources)
    latents = torch.from_numpy(encode(backbone, job.val_sources)[0])
    pair = decode(backbone, latents + 1.0 * 0.3), decode(backbone, latents)  # amount 0.5 of the edit's own 2
    np.testing.assert_array_equal(part["val_changed"][1], changed(job.val_sources, *pair))
    edit(adding(), val_images=0)
    assert load_part(tmp_path, "none")["val_changed"].shape == (3, 0, 32, 32)


def test_the_sweep_has_all_edits_where_none_has_an_outcome(edit, tmp_path):
    edit(adding(), edits={"other sex": EDITS["other sex"]})
    assert load_part(tmp_path, "none")["sweep"].tolist() == [0]


def test_null_edits_are_encoded_anew_each_time(backbone, edit, tmp_path):
    sources = edit(adding()).sources
    part = load_part(tmp_path, "none")
    latents = torch.from_numpy(encode(backbone, sources[part["nulls"]])[0])
    for number in range(1, 11):
        picture = decode(backbone, latents)
        if number in (1, 10):
            np.testing.assert_array_equal(part["null"][number // 10], picture)
        latents = torch.from_numpy(encode(backbone, picture)[0])


def test_a_finished_drift_is_kept_and_a_changed_one_done_again(edit, tmp_path):
    first = adding()
    edit(first)
    index = json.loads((tmp_path / "index.json").read_text())
    assert {name: part["file"] for name, part in index.items()} == {"none": "none.npz", "0.10": "0.10.npz"}
    again = adding()
    edit(again)
    assert first.calls and not again.calls and json.loads((tmp_path / "index.json").read_text()) == index
    other_drift = adding()
    edit(other_drift, drifts={**DRIFTS, "0.10": Drift(0.2, "prior")})
    assert len(other_drift.calls) == len(first.calls) / 2


@pytest.mark.parametrize(
    "changed",
    [
        {"amounts": [0.0, 1.0]},
        {"styles": ["simple"]},
        {"options": {"steps": 3}},
        {"images": 2},
        {"sweep_images": 1},
        {"null_images": 2},
        {"val_images": 0},
        {"seed": 1},
        {"anatomy": "chest_xray"},
        {"identity": "other weights"},
    ],
)
def test_every_setting_is_in_the_key(edit, changed):
    edit(adding(), drifts={"none": DRIFTS["none"]})
    method = adding()
    edit(method, drifts={"none": DRIFTS["none"]}, **changed)
    assert method.calls


def test_unedited_latents_that_no_text_changes_are_computed_once_for_all_styles(edit, tmp_path):
    edit(adding())
    whole = load_part(tmp_path, "none")
    alone, calls = adding(), []

    def unedited(backbone, sources, drift, options, amounts):
        calls.append((tuple(sources.keys), amounts))
        return torch.stack([sources.latents] * len(amounts))

    def edit_known(*arguments, known=None):
        edited, unedited = alone.edit(*arguments)
        return edited, unedited if known is None else known

    edit(SimpleNamespace(edit=edit_known, unedited=unedited), drifts={"none": DRIFTS["none"]}, options={"steps": 3})
    assert len(set(calls)) == len(calls) == 4  # amounts 2 and 1 of both styles, the sweep's own, and val's
    for name, images in load_part(tmp_path, "none").items():
        if name != "key":
            np.testing.assert_array_equal(images, whole[name])


def test_images_of_another_size_and_an_unknown_precision_are_refused(edit, backbone, tmp_path):
    large = EditJob([], np.zeros((1, 64, 64), np.uint8), **SETTINGS)
    with pytest.raises(UserError, match="64 x 64 px and the model works at 32 x 32"):
        run(backbone, adding(), large, DRIFTS, "weights", tmp_path)
    with pytest.raises(UserError, match="precision 'float8' is unknown"):
        edit(adding(), options={"precision": "float8"})


@pytest.mark.parametrize("count, rows", [(1, [0]), (2, [0, 9]), (4, [0, 3, 6, 9]), (99, list(range(10)))])
def test_spread_takes_both_ends(count, rows):
    assert spread(range(10), count).tolist() == rows
