"""One new file each, from inside and from outside: dataset, method, drift source, extractor, metric, figure."""

import os
import shutil
import subprocess

import pandas as pd
import pytest
import yaml
from test_smoke import COMMAND, ENVIRONMENT

from configs import ROOT, workspace

# Kind's folder in ldcore -> file name and text.
FILES = {
    "datasets/adapters/discs.py": '''
"""Discs: large ones and small ones."""

TITLE = "Discs"
OPTIONS = {
    "subjects": {"type": "integer", "minimum": 4, "default": 60, "description": "discs, one a subject"},
}


def build(options, seed):
    """Records and images uint8 [N, 64, 64]."""
    import numpy as np
    import pandas as pd

    rows, images = [], []
    y, x = np.mgrid[:64, :64] - 31.5
    for number in range(options["subjects"]):
        name, radius = ("large", 24) if number % 2 else ("small", 10)
        images.append(np.where(x**2 + y**2 < (radius + number % 5) ** 2, 200, 0).astype(np.uint8))
        split = ("train", "test")[number // 2 % 2]
        rows.append(dict(subject_id=f"s{number}", session=0, age=np.nan, sex="", diagnosis=name, findings="",
                         split=split, image_index=number))
    return pd.DataFrame(rows), np.stack(images)
''',
    "methods/last_layer.py": '''
"""The bias of the last layer alone."""

TITLE = "Last layer"
EXTENDS = ("ldcore.training.options",)
OPTIONS = {
    "learning_rate": {"type": "number", "exclusiveMinimum": 0, "default": 1e-3, "description": "peak rate"},
}
TRAINS = {"unet": ["conv_out.bias"]}


def trainable(backbone, options):
    """Parameters by name."""
    return {"bias": backbone.unet.conv_out.bias}


def apply(backbone, tensors):
    """Put saved values back."""
    backbone.unet.conv_out.bias.data.copy_(tensors["bias"])
''',
    "drift/sources/half_moment.py": '''
"""Half of the closed form."""

TITLE = "Half the moment"
OPTIONS = {"share": {"type": "number", "default": 0.5, "description": "of the closed form"}}


def value(latents, schedule, options):
    """A number a channel."""
    from ldcore.drift.sources import moment_channel

    return [options["share"] * number for number in moment_channel.value(latents, schedule, {})]
''',
    "features/gray_levels.py": '''
"""How often each of sixteen gray levels occurs."""

TITLE = "Gray levels"
OPTIONS = {}
LIKE_INCEPTION = False


def load():
    """(prepare, network)."""
    import torch

    class Histogram(torch.nn.Module):
        def forward(self, pixels):
            return torch.stack([torch.histc(image, 16, 0, 1) / image.numel() for image in pixels])

    return lambda images: torch.from_numpy(images.copy()).permute(0, 3, 1, 2).float() / 255, Histogram()
''',
    "metrics/mean_gap.py": '''
"""Distance between the means of the features."""

TITLE = "Mean gap"
COMPARES = "features"
BETTER = "lower"


def distance(made, real):
    """Euclidean distance of the means."""
    return float(((made.mean(0) - real.mean(0)) ** 2).sum() ** 0.5)
''',
    "report/figures/bars.py": '''
"""Bars of the mean gap."""

TITLE = "Mean gaps"
CAPTION = "The mean gap of every cell."
NEEDS = ("scores",)
ASKED_BY = ""


def draw(results):
    """A figure."""
    import matplotlib.pyplot as plt

    rows = [row for row in results.scores() if row["metric"].endswith("mean_gap")]
    figure, axes = plt.subplots()
    axes.barh(range(len(rows)), [row["value"] for row in rows])
    return figure
''',
}


def config_text(prefix):
    """A grid that uses all of them; prefix: of the dotted names outside."""
    return yaml.safe_dump(
        {
            "name": "dropped",
            "datasets": {
                "discs": {
                    "adapter": f"{prefix}discs",
                    "anatomy": "picture of a disc",
                    "classes": ["large", "small"],
                    "test_images": 16,
                }
            },
            "drifts": {"half": {"kind": "prior", "source": f"{prefix}half_moment"}},
            "extractors": {f"{prefix}gray_levels": {}, "efficientnet_lite0": None},
            "metrics": ["kid", f"{prefix}mean_gap"],
            "methods": {f"{prefix}last_layer": {"steps": 2, "batch_size": 2, "warmup": 1}},
            "grid": {
                "datasets": ["discs"],
                "methods": [f"{prefix}last_layer"],
                "prompts": ["simple"],
                "cells": [
                    {"label": "none", "training": "plain", "drift": "none"},
                    {"label": "half", "training": "plain", "drift": "half"},
                ],
                "headline": "half",
            },
            "sampling": {"seeds": [0, 1], "images_per_seed": 8},
            "sweep": None,
            "prompt_study": None,
            "editing": None,
            **({"figures": [f"{prefix}bars"]} if prefix else {}),
        }
    )


@pytest.mark.parametrize("outside", [False, True], ids=["inside", "outside"])
def test_one_new_file_each_and_nothing_edited(outside, tmp_path):
    folder = workspace(tmp_path / "clone")
    if outside:
        for name, text in FILES.items():
            path = folder / "lab" / name.rsplit("/", 1)[1]
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
    else:
        shutil.copytree(ROOT / "ldcore", folder / "ldcore", ignore=shutil.ignore_patterns("__pycache__"))
        for name, text in FILES.items():
            (folder / "ldcore" / name).write_text(text)
    prefix = "lab." if outside else ""
    (folder / "lab.yaml").write_text(config_text(prefix))
    paths = os.pathsep.join(map(str, [folder, ROOT]))
    done = subprocess.run(
        [*COMMAND, "lab.yaml"],
        cwd=folder,
        capture_output=True,
        text=True,
        env={**ENVIRONMENT, "PYTHONPATH": paths},
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    results = folder / "results" / "dropped"
    table = pd.read_csv(results / "tables" / "table1.csv", keep_default_na=False, na_values=[""])
    assert {f"{prefix}last_layer", "base", "real", "reconstruction"} == set(table["method"])
    assert {"half", "none"} == set(table["drift"]) and set(table["dataset"]) == {"discs"}
    assert {f"{prefix}gray_levels", "pooled_pixels"} < set(table["extractor"])
    assert {f"{prefix}mean_gap", "kid", "kid_gain", "auc"} < set(table["metric"])
    layout = (results / "tables" / "table1.md").read_text()
    assert "Mean gap" in layout and "Last layer" in layout
    assert (results / "figures" / f"{prefix}bars.png").stat().st_size > 500
    page = (results / "report" / "index.html").read_text()
    assert "The mean gap of every cell." in page and "Mean gap" in page
