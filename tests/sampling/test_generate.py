"""Sampling jobs: finished drifts are kept, changed ones redone alone, a killed job completes to the same numbers."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from ldcore import Drift
from ldcore.prompts import prompt
from ldcore.runtime.arrays import load_part
from ldcore.runtime.errors import UserError
from ldcore.sampling.ddim import Sampling
from ldcore.sampling.job import SampleRequest, generate

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
SAMPLING = Sampling(steps=2)


def run(backbone, folder, drifts=DRIFTS, identity="w", sampling=SAMPLING, count=5):
    rows, seeds = np.tile(np.arange(count) % len(RECORDS), 2), np.repeat([3, 4], count)
    prompts = [prompt(RECORDS.iloc[row], "brain_mr", "simple_info") for row in rows]
    requests = {name: SampleRequest(drift, prompts, rows, seeds) for name, drift in drifts.items()}
    generate(backbone, requests, sampling, {}, identity, folder)
    return {name: load_part(folder, name) for name in drifts}


def equal(a, b):
    return all(np.array_equal(a[name][key], b[name][key]) for name in a for key in a[name])


def written(folder):
    """When each part was written."""
    return {path.stem: path.stat().st_mtime_ns for path in folder.glob("*.npz")}


def test_only_what_changed_is_redone(backbone, tmp_path):
    first = run(backbone, tmp_path)
    assert first["none"]["images"].shape == (10, 32, 32, 3) and first["none"]["trace"].shape == (10, 3, 4)
    assert first["none"]["seeds"].tolist() == [3] * 5 + [4] * 5
    times = written(tmp_path)
    assert equal(run(backbone, tmp_path), first) and written(tmp_path) == times
    run(backbone, tmp_path, sampling=replace(SAMPLING, batch_size=3))
    assert written(tmp_path) == times
    run(backbone, tmp_path, {**DRIFTS, "0.10": Drift(0.2, "prior")})
    assert written(tmp_path)["none"] == times["none"] and written(tmp_path)["0.10"] != times["0.10"]
    times = written(tmp_path)
    run(backbone, tmp_path, identity="other weights")
    assert all(written(tmp_path)[name] != times[name] for name in DRIFTS)


def test_a_stopped_job_completes_to_the_same_numbers(backbone, tmp_path):
    whole = run(backbone, tmp_path / "whole")
    with pytest.raises(UserError, match="3 channels"):
        run(backbone, tmp_path / "cut", {"none": Drift(), "0.10": Drift([0.1, 0.1, 0.1], "prior")})
    assert [path.name for path in (tmp_path / "cut").iterdir()] == ["none.npz"]
    times = written(tmp_path / "cut")
    assert equal(run(backbone, tmp_path / "cut"), whole)
    assert (tmp_path / "cut" / "index.json").exists() and written(tmp_path / "cut")["none"] == times["none"]


def test_batch_size_and_cell_size_do_not_change_an_image(backbone, tmp_path):
    many = run(backbone, tmp_path / "a")["0.10"]
    few = run(backbone, tmp_path / "b", sampling=replace(SAMPLING, batch_size=2), count=3)["0.10"]
    for seed in (3, 4):
        assert np.array_equal(few["images"][few["seeds"] == seed], many["images"][many["seeds"] == seed][:3])


def test_a_drift_by_label_gives_each_image_the_drift_of_its_own_label(backbone, tmp_path):
    rows, seeds = np.arange(4), np.zeros(4, int)
    prompts = [prompt(RECORDS.iloc[row], "brain_mr", "simple_info") for row in rows]
    by_label = Drift(0.3, "prior", by_label={"AD": Drift([0.1, 0, 0.2, 0], "prior", 0.9)})
    drifts = {"both": by_label, "AD": by_label.of("AD"), "rest": Drift(0.3, "prior")}
    requests = {
        name: SampleRequest(drift, prompts, rows, seeds, labels=RECORDS["diagnosis"].tolist())
        for name, drift in drifts.items()
    }
    generate(backbone, requests, SAMPLING, {}, "w", tmp_path)
    parts = {name: load_part(tmp_path, name) for name in drifts}
    for key in ("images", "trace"):
        assert np.array_equal(parts["both"][key][1::2], parts["AD"][key][1::2])
        assert np.array_equal(parts["both"][key][::2], parts["rest"][key][::2])
    assert not np.array_equal(parts["AD"]["images"], parts["rest"]["images"])
