"""Sampling jobs: finished drifts are kept, changed ones redone alone, a killed job completes to the same numbers."""

import numpy as np
import pandas as pd
import pytest

from ldcore import Drift
from ldcore.sampling import job as module
from ldcore.sampling.job import generate, load_part

RECORDS = pd.DataFrame(
    {
        "subject_id": list("abcd"),
        "age": [70.0, 71, 72, 73],
        "sex": list("FMFM"),
        "diagnosis": ["CN", "AD"] * 2,
        "findings": "",
    }
)
DRIFTS = {"none": Drift(), "0.10": Drift(0.1, "prior")}
SAMPLING = {"seeds": [3, 4], "images_per_seed": 5, "steps": 2, "guidance_scale": 1.0, "batch_size": 16}


def run(backbone, folder, drifts=DRIFTS, identity="w", sampling=SAMPLING, count=5):
    generate(
        backbone,
        identity,
        drifts,
        dict.fromkeys(drifts, count),
        ("brain_mr", "simple_info"),
        RECORDS,
        [0, 1, 2, 3],
        2,
        sampling,
        {},
        folder,
    )
    return {name: load_part(folder, name) for name in drifts}


def equal(a, b):
    return all(np.array_equal(a[name][key], b[name][key]) for name in a for key in a[name])


def test_only_what_changed_is_redone(backbone, tmp_path, monkeypatch):
    first = run(backbone, tmp_path)
    assert first["none"]["images"].shape == (10, 32, 32, 3) and first["none"]["trace"].shape == (10, 3, 4)
    assert first["none"]["seeds"].tolist() == [3] * 5 + [4] * 5
    sampled = []
    original = module.sample_part
    monkeypatch.setattr(
        module, "sample_part", lambda b, drift, *rest: sampled.append(drift.value) or original(b, drift, *rest)
    )
    assert equal(run(backbone, tmp_path), first) and sampled == []
    run(backbone, tmp_path, sampling={**SAMPLING, "batch_size": 3})
    assert sampled == []
    run(backbone, tmp_path, {**DRIFTS, "0.10": Drift(0.2, "prior")})
    assert sampled == [0.2]
    run(backbone, tmp_path, identity="other weights")
    assert sampled == [0.2, 0.0, 0.1]


def test_a_killed_job_completes_to_the_same_numbers(backbone, tmp_path, monkeypatch):
    whole = run(backbone, tmp_path / "whole")
    original = module.sample_part

    def killed(backbone, drift, *rest):
        if drift.active:
            raise KeyboardInterrupt
        return original(backbone, drift, *rest)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(module, "sample_part", killed)
        run(backbone, tmp_path / "cut")
    assert [p.name for p in (tmp_path / "cut").iterdir()] == ["none.npz"]
    assert equal(run(backbone, tmp_path / "cut"), whole)
    assert (tmp_path / "cut" / "index.json").exists()


def test_batch_size_and_cell_size_do_not_change_an_image(backbone, tmp_path):
    many = run(backbone, tmp_path / "a")["0.10"]
    few = run(backbone, tmp_path / "b", sampling={**SAMPLING, "batch_size": 2}, count=3)["0.10"]
    for seed in (3, 4):
        assert np.array_equal(few["images"][few["seeds"] == seed], many["images"][many["seeds"] == seed][:3])
