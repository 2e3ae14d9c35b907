"""Parts of a job: kept when they are what they should be, made again when not, or when the whole job is asked for."""

import json

import numpy as np
import pytest

from ldcore.runtime import code, parts

KEYS = {"none": "k1", "0.10": "k2"}


def job(folder, keys=KEYS, stop_after=None):
    """Run a job of small parts; returns the names of those it made."""
    made = parts.to_make(folder, keys)
    for name in made[:stop_after]:
        parts.save(folder, name, keys[name], images=np.arange(3))
    if stop_after is None:
        parts.finish(folder, {name: {"key": key} for name, key in keys.items()})
    return made


def test_a_stopped_job_goes_on_and_another_key_makes_its_part_alone(tmp_path):
    assert job(tmp_path, stop_after=1) == ["none", "0.10"]
    assert job(tmp_path) == ["0.10"]
    assert job(tmp_path, {**KEYS, "0.10": "k3"}) == ["0.10"]
    assert job(tmp_path, {**KEYS, "0.10": "k3", "0.20": "k4"}) == ["0.20"]


def test_a_job_that_had_ended_and_is_asked_for_again_makes_all_anew(tmp_path):
    job(tmp_path)
    (tmp_path / "index.json").unlink()  # as Snakemake does before a job, or --delete-all-output
    assert job(tmp_path, stop_after=1) == ["none", "0.10"]
    assert job(tmp_path) == ["0.10"]  # stopped in the middle of that, it goes on


def test_a_job_stopped_after_a_new_part_keeps_it(tmp_path):
    job(tmp_path)
    more = {**KEYS, "0.20": "k4"}
    (tmp_path / "index.json").unlink()
    assert job(tmp_path, more, stop_after=1) == ["0.20"]
    assert job(tmp_path, more) == []


def test_a_part_taken_out_leaves_the_others(tmp_path):
    job(tmp_path)
    (tmp_path / "index.json").unlink()
    assert job(tmp_path, {"none": "k1"}) == []


@pytest.mark.parametrize("damage", ["code", "no code", "cut", "empty"])
def test_parts_of_other_code_and_damaged_ones_are_made_again(tmp_path, damage, monkeypatch):
    job(tmp_path)
    part = tmp_path / "none.npz"
    if damage == "code":
        made_by = json.loads(str(np.load(part)["code"]))
        made_by["ldcore/runtime/parts.py"] = "another"
        np.savez(part, key="k1", code=json.dumps(made_by), images=np.arange(3))
    elif damage == "no code":
        np.savez(part, key="k1", images=np.arange(3))
    else:
        part.write_bytes(part.read_bytes()[:200] if damage == "cut" else b"")
    assert job(tmp_path) == ["none"]
    assert code.changed(json.loads(str(np.load(part)["code"]))) == []
