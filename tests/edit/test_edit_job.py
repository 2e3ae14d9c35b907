"""One editing job, with a method so simple that its answer is known."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from ldcore import Drift, datasets
from ldcore.edit.job import run, sources, spread
from ldcore.edit.requests.edits import requests
from ldcore.model.autoencoding import decode, encode
from ldcore.runtime.errors import UserError
from ldcore.sampling.job import load_part

OPTIONS = {"subjects": 40, "image_size": 32}
DATASET = {"adapter": "brain_phantom", "options": OPTIONS, "anatomy": "brain_mr"}
DRIFTS = {"none": Drift(), "0.10": Drift(0.1, "prior")}
AMOUNTS = [0.0, 0.5, 1.0]
EDITS = {
    "ill": {"from": {"diagnosis": "CN"}, "to": {"diagnosis": "AD"}, "amount": 2.0},
    "other sex": {"from": {"sex": "F"}, "to": {"sex": "M"}, "images": 1},
}


def adding(push: float = 0.3):
    """An edit method that adds amount * (push + the drift) to the latents; its unedited latents are the source's.

    `calls`: the texts and amounts of every call.
    """
    calls = []

    def edit(backbone, latents, texts, drift, options, keys, amounts=(1.0,)):
        calls.append((texts, amounts))
        assert len(keys) == len(latents) == len(texts.source)
        moved = [latents + amount * (push + (drift.value or 0.0)) for amount in amounts]
        return torch.stack(moved), torch.stack([latents] * len(amounts))

    return SimpleNamespace(
        __name__="adding", SAMPLING={"steps": {"type": "integer", "default": 2}}, edit=edit, calls=calls
    )


@pytest.fixture(scope="module")
def data():
    return datasets.build("brain_phantom", OPTIONS, 0)


@pytest.fixture
def job(backbone, data, tmp_path):
    """run(method, **over the task's settings) into a folder."""
    records, images = data

    def started(method, amounts=AMOUNTS, edits=EDITS, drifts=DRIFTS, **task):
        task = {"images": 3, "styles": ["simple", "simple_info"], "sweep_images": 2, "null_images": 1, **task}
        task = {"options": {}, "edits": edits, **task}
        asked = requests(task, records, 0)
        gray = sources(asked, records, images, DATASET, 0)
        run(backbone, method, "weights", asked, gray, "brain_mr", drifts, task, amounts, 0, tmp_path)
        return asked, gray

    return started


def test_arrays_have_the_documented_shapes(job, tmp_path):
    asked, gray = job(adding())
    count = len(asked)
    assert count == 4 and gray.shape == (count, 32, 32)
    part = load_part(tmp_path, "none")
    assert part["decoded"].shape == part["unedited"].shape == (2, count, 32, 32, 3)
    assert part["changed"].shape == (2, count, 32, 32) and part["null"].shape == (2, 1, 32, 32, 3)
    assert part["sweep"].shape == (2,) and part["nulls"].shape == (1,)
    assert part["sweep_decoded"].shape == part["sweep_unedited"].shape == (3, 2, 32, 32, 3)
    assert part["sweep_changed"].shape == (3, 2, 32, 32)
    assert all(part[key].dtype == np.uint8 for key in part if part[key].ndim > 1)


def test_images_are_of_the_methods_latents_at_each_requests_own_amount(backbone, job, tmp_path):
    asked, gray = job(adding(0.3))
    latents = torch.from_numpy(encode(backbone, gray)[0])
    for name, push in (("none", 0.3), ("0.10", 0.4)):
        part = load_part(tmp_path, name)
        np.testing.assert_array_equal(part["unedited"][0], decode(backbone, latents))
        for rows in ([0, 1, 2], [3]):  # amounts 2 and 1; a call each
            amount = 2.0 if rows[0] == 0 else 1.0
            wanted = decode(backbone, latents[rows] + amount * push)
            np.testing.assert_array_equal(part["decoded"][0, rows], wanted)


def test_the_sweep_starts_at_the_source_and_is_of_edits_with_an_outcome(job, tmp_path):
    asked, gray = job(adding())
    part = load_part(tmp_path, "none")
    np.testing.assert_array_equal(part["sweep_changed"][0], gray[part["sweep"]])
    np.testing.assert_array_equal(part["sweep_decoded"][0], part["sweep_unedited"][0])
    np.testing.assert_array_equal(part["sweep_decoded"][2], part["decoded"][1][part["sweep"]])
    assert {asked[row]["edit"] for row in part["sweep"]} == {"ill"}  # another sex is no outcome that is measured


def test_the_sweep_has_all_edits_where_none_has_an_outcome(job, tmp_path):
    job(adding(), edits={"other sex": EDITS["other sex"]})
    assert load_part(tmp_path, "none")["sweep"].tolist() == [0]


def test_null_edits_are_encoded_anew_each_time(backbone, job, tmp_path):
    _, gray = job(adding())
    part = load_part(tmp_path, "none")
    latents = torch.from_numpy(encode(backbone, gray[part["nulls"]])[0])
    for number in range(1, 11):
        picture = decode(backbone, latents)
        if number in (1, 10):
            np.testing.assert_array_equal(part["null"][number // 10], picture)
        latents = torch.from_numpy(encode(backbone, picture)[0])


def test_a_finished_drift_is_kept_and_a_changed_one_done_again(job, tmp_path):
    first = adding()
    job(first)
    index = json.loads((tmp_path / "index.json").read_text())
    assert {name: part["file"] for name, part in index.items()} == {"none": "none.npz", "0.10": "0.10.npz"}
    again = adding()
    job(again)
    assert first.calls and not again.calls and json.loads((tmp_path / "index.json").read_text()) == index
    other_drift = adding()
    job(other_drift, drifts={**DRIFTS, "0.10": Drift(0.2, "prior")})
    assert len(other_drift.calls) == len(first.calls) / 2
    for changed in ({"amounts": [0.0, 1.0]}, {"styles": ["simple"]}, {"options": {"steps": 3}}, {"images": 2}):
        method = adding()
        job(method, **changed)
        assert method.calls, changed


def test_unedited_latents_that_no_text_changes_are_computed_once_for_all_styles(job, tmp_path):
    plain = adding()
    job(plain)
    whole = load_part(tmp_path, "none")
    shared, asked_for = adding(), []

    def unedited(backbone, latents, drift, options, keys, amounts):
        asked_for.append((tuple(keys), amounts))
        return torch.stack([latents] * len(amounts))

    def edit(*arguments, known=None):
        edited, unedited = shared.edit_alone(*arguments)
        return edited, unedited if known is None else known

    shared.edit_alone, shared.edit, shared.unedited = shared.edit, edit, unedited
    job(shared, drifts={"none": DRIFTS["none"]}, options={"steps": 3})
    assert len(set(asked_for)) == len(asked_for) == 3  # amounts 2 and 1 of both styles, and the sweep's own
    for key, images in load_part(tmp_path, "none").items():
        if key != "key":
            np.testing.assert_array_equal(images, whole[key])


def test_faults_name_the_size_and_the_option(job, backbone, tmp_path):
    with pytest.raises(UserError, match="'step'"):
        job(adding(), options={"step": 3})
    large = np.zeros((1, 64, 64), np.uint8)
    with pytest.raises(UserError, match="64 x 64 px and the model works at 32 x 32"):
        run(backbone, adding(), "weights", [], large, "brain_mr", DRIFTS, {"options": {}}, AMOUNTS, 0, tmp_path)


@pytest.mark.parametrize("count, rows", [(1, [0]), (2, [0, 9]), (4, [0, 3, 6, 9]), (99, list(range(10)))])
def test_spread_takes_both_ends(count, rows):
    assert spread(range(10), count).tolist() == rows
