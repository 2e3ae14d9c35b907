"""What was left out of a data set that cannot be used is still there once its job has failed."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from PIL import Image

from configs import ROOT, workspace
from ldcore.datasets.scans.chest_labels import CHEXPERT

HEADER = ["Path", "Sex", "Age", "Frontal/Lateral", "AP/PA", *CHEXPERT]


@pytest.mark.parametrize("there, words", [(0, "No scan in"), (6, "has too few subjects")])
def test_the_table_outlives_a_failed_job_and_is_named(tmp_path, there, words):
    """Of eight images so many are there."""
    folder, download = workspace(tmp_path / "clone"), tmp_path / "download"
    download.mkdir()
    rows = []
    for person in range(8):
        path = Path("train", f"patient{person:05}", "study1", "view1_frontal.jpg")
        finding = "Cardiomegaly" if person > 5 else "No Finding"
        labels = ["1.0" if name == finding else "" for name in CHEXPERT]
        rows.append([Path("CheXpert-v1.0", path), "Female", 60, "Frontal", "AP", *labels])
        if person < there:
            (download / path).parent.mkdir(parents=True)
            pixels = np.random.default_rng(person).integers(0, 256, (90, 80), dtype=np.uint8)
            Image.fromarray(pixels).save(download / path)
    pd.DataFrame(rows, columns=HEADER).to_csv(download / "train.csv", index=False)
    entry = {"adapter": "chexpert", "anatomy": "chest_xray", "classes": ["No Finding", "Cardiomegaly"]}
    config = {
        "name": "empty",
        "datasets": {"mine": {**entry, "options": {"source": str(download), "image_size": 64}}},
        "grid": {"datasets": ["mine"]},
        **dict.fromkeys(("prompt_study", "sweep", "editing")),
    }
    (folder / "mine.yaml").write_text(yaml.safe_dump(config))
    target = "results/empty/data/mine/records.csv"
    command = [sys.executable, "-m", "snakemake", "--cores", "1", "--nolock", "--configfile", "mine.yaml", "--", target]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    said = done.stdout + done.stderr
    kept = "results/empty/data/mine/left_out.csv"
    assert done.returncode == 1 and words in said and f"What was left out, and why, is in {kept}." in said, said
    assert list(pd.read_csv(folder / kept)["reason"]) == ["no such file"] * (8 - there)
    assert not (folder / target).exists() and not (folder / "results/empty/data/mine/excluded.csv").exists()
