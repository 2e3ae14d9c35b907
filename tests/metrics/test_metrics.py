"""Metrics as plug-ins: what each declares, one from outside, and what is refused."""

import numpy as np
import pytest

from ldcore import plugins
from ldcore.metrics import between_features, between_images, frechet_distance, row_labels
from ldcore.runtime.errors import UserError

WORK = {"features": "distance", "pairs": "values", "scores": "value"}


@pytest.mark.parametrize("name", plugins.names("metric"))
def test_every_metric_says_what_it_compares_and_does_it(name):
    declared = plugins.declared("metric", name)
    assert declared["TITLE"] and declared["BETTER"] in ("lower", "higher")
    assert callable(getattr(plugins.find("metric", name), WORK[declared["COMPARES"]]))


def test_by_name():
    a, b = np.random.default_rng(0).normal(size=(2, 20, 4))
    assert between_features("fid", a, b) == frechet_distance(a, b)


def test_rows_of_the_learned_distances_share_a_metric():
    assert row_labels("ssim") == {"metric": "ssim", "extractor": ""}
    assert row_labels("lite0_perceptual") == {"metric": "lpips", "extractor": "lite0_perceptual"}


def test_a_metric_from_outside_is_one_module(tmp_path, monkeypatch):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "shift.py").write_text(SHIFT)
    monkeypatch.syspath_prepend(tmp_path)
    assert between_features("mine.shift", np.ones((5, 4)), np.zeros((3, 4))) == 2.0
    assert plugins.title("metric", "mine.shift") == "Mean shift"


SHIFT = '''
"""How far apart the means are."""

import numpy as np

TITLE = "Mean shift"
COMPARES = "features"
BETTER = "lower"


def distance(made, real):
    return float(np.linalg.norm(made.mean(0) - real.mean(0)))
'''


def test_faults():
    images = np.zeros((2, 64, 64), np.uint8)
    with pytest.raises(UserError, match="metric 'lpips' is unknown; use one of auc, fid, .*lpips_alex"):
        between_images("lpips", images, images)
    with pytest.raises(UserError, match="'kid' compares features, not pairs"):
        between_images("kid", images, images)
    with pytest.raises(UserError, match="'ssim' compares pairs, not features"):
        between_features("ssim", np.ones((5, 4)), np.ones((5, 4)))
    with pytest.raises(UserError, match="metric ssim: option 'weights' is unknown"):
        between_images("ssim", images, images, weights="x.pth")
    with pytest.raises(UserError, match=r"shape \(2, 64, 64\) cannot be compared with images of shape \(2, 32, 32\)"):
        between_images("ssim", images, images[:, :32, :32])
    with pytest.raises(UserError, match="Images are float64"):
        between_images("psnr", images.astype(float), images)
