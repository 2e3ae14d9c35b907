"""Searched drifts: where the optimal network is known they find the closed form; L1, curve and intervals by hand."""

import json
from functools import partial

import numpy as np
import pytest
import torch
from gaussian import MEAN, Trial

from ldcore import Drift, plugins
from ldcore.drift.resolve import searched
from ldcore.drift.sources._moments import first_alpha_bar
from ldcore.drift.sources._search import (
    Measure,
    distance,
    histograms,
    interval,
    mean_and_spread,
    measure_of,
    moments,
    pixel_rows,
    rows_of,
    small,
)
from ldcore.drift.sources.grid_search import coarse_to_fine
from ldcore.model.save import SCHEDULE
from ldcore.runtime.errors import UserError

SIGNAL = first_alpha_bar(SCHEDULE, 12) ** 0.5


def found(trial, source="grid_search", **options):
    return searched({"kind": "prior", "source": source, **options}, trial)


# Within half the last spacing; a histogram's L1 hardly sees so little of a wide distribution.
@pytest.mark.parametrize(
    "compare, off",
    [("pixel_histogram", 0.055), ("pixel_cdf", 0.0125), ("mean_image", 0.0125), ("latent_moments", 0.0125)],
)
@pytest.mark.parametrize("mean", [0.9, -0.45])
def test_the_search_finds_the_drift_that_puts_the_mean_right(compare, off, mean):
    content = found(Trial(torch.tensor(mean), images=192, real=600), compare=compare)
    assert abs(content["value"] - SIGNAL * mean) <= off + 1e-9
    assert content["half_spacing"] == pytest.approx(0.0125)
    assert content["low"] <= content["value"] <= content["high"] and content["high"] - content["low"] <= 0.125
    assert content["value"] - content["low"] > 0.0125 - 1e-9 and content["high"] - content["value"] > 0.0125 - 1e-9
    assert content["options"]["compare"] == compare and content["target_images"] == 600
    for point in content["curve"]:
        assert point["low"] <= point["l1"] <= point["high"]
    assert min(point["l1"] for point in content["curve"]) == content["l1"]


def test_every_delta_is_sampled_once_from_the_same_noise_and_the_search_repeats_itself():
    trial = Trial(torch.tensor(0.9))
    first = found(trial, compare="mean_image")
    assert trial.asked[:5] == [-0.2, -0.1, 0.0, 0.1, 0.2] and trial.asked[5:] == [0.05, 0.15, 0.075, 0.125]
    assert first["images"] == 24 * len(trial.asked) == 24 * len(first["curve"])
    again = found(Trial(torch.tensor(0.9)), compare="mean_image")
    assert {**again, "seconds": 0} == {**first, "seconds": 0}


def test_a_search_is_a_drift_file_like_any_other(tmp_path):
    content = found(Trial(torch.tensor(0.9)), points=3, refinements=0)
    (tmp_path / "drift.json").write_text(json.dumps(content))
    assert Drift.read(tmp_path / "drift.json") == Drift(content["value"], "prior")


def test_refinement_stays_inside_and_halves_the_spacing():
    tried = []
    values = coarse_to_fine(lambda place: tried.append(place) or (place - 0.19) ** 2, -0.2, 0.2, 5, 3)
    assert tried == [-0.2, -0.1, 0.0, 0.1, 0.2, 0.15, 0.175, 0.1875]
    assert min(values, key=values.get) == 0.1875
    assert list(coarse_to_fine(abs, 0.0, 1.0, 2, 0)) == [0.0, 1.0]
    with pytest.raises(UserError, match=r"option highest is -0.2; give more than lowest \(0.1\)"):
        found(Trial(torch.tensor(0.0)), lowest=0.1, highest=-0.2)


def test_l1_of_each_kind_by_hand():
    black, white = np.zeros((3, 4, 4), np.uint8), np.full((2, 4, 4, 3), 255, np.uint8)
    half = black[:1].copy()
    half[:, 2:] = 255
    kinds = [(partial(pixel_rows, options={"compare": "pixel_histogram", "bins": bins}), 2.0) for bins in (2, 16, 256)]
    kinds += [(partial(pixel_rows, options={"compare": name}), 1.0) for name in ("pixel_cdf", "mean_image")]
    for rows, gap in kinds:
        assert distance(rows(black).mean(0), rows(white).mean(0)) == pytest.approx(gap)
        assert distance(rows(half).mean(0), rows(black).mean(0)) == pytest.approx(gap / 2)
        assert distance(rows(black[:1]).mean(0), rows(black).mean(0)) == 0
    red = np.zeros((1, 4, 4, 3), np.uint8)
    red[..., 0] = 255
    assert distance(histograms(red, 16)[0], histograms(black, 16)[0]) == pytest.approx(2 / 3)
    dim = black + np.uint8(10)  # another class of 64, of which 16 classes know nothing, and 10 levels off
    assert distance(histograms(dim, 64)[0], histograms(black, 64)[0]) == pytest.approx(2)
    assert distance(histograms(dim, 16)[0], histograms(black, 16)[0]) == 0
    assert distance(kinds[3][0](dim)[0], kinds[3][0](black)[0]) == pytest.approx(10 / 255)
    assert small(np.zeros((1, 512, 512), np.uint8)).shape == (1, 3 * 64 * 64)
    latents = np.array([1.0, 3.0, 1.0, 3.0]).reshape(4, 1, 1, 1)
    assert mean_and_spread(moments(latents).mean(0)).tolist() == [2.0, 1.0]


def test_intervals_are_of_the_images_and_narrow_with_their_number():
    draw, widths = np.random.default_rng(0), []
    for count in (20, 320):
        measure = Measure(draw.normal(0, 1, (count, 1)), lambda mean: mean, 0)
        value, draws = measure.l1(draw.normal(3, 1, (count, 1)))
        low, high = interval(value, draws)
        assert value == pytest.approx(3, abs=0.9) and low < value < high
        widths.append(high - low)
    assert widths[0] / widths[1] == pytest.approx(4, rel=0.5)  # the square root of 16
    value, draws = Measure(np.ones((9, 2)), lambda mean: mean, 0).l1(np.ones((9, 2)))
    assert value == 0 and interval(value, draws) == pytest.approx((0, 0), abs=1e-12)


@pytest.mark.parametrize("shape", ["scalar", "channel", "map"])
def test_learned_moments_are_the_closed_form_where_the_network_is_optimal(shape):
    mean = torch.tensor(0.9) if shape == "scalar" else MEAN
    content = found(Trial(mean, images=64), "learned", shape=shape, batch_size=64, steps=150)
    value = np.array(content["value"])
    assert value.shape == {"scalar": (), "channel": (4,), "map": (4, 8, 8)}[shape]
    if shape == "map":  # a place has its own few real images to match
        value = value.mean((1, 2))
    assert np.allclose(value, SIGNAL * mean.squeeze().numpy(), atol=2e-3)
    assert content["losses"][-1] < 0.2 * content["losses"][0] and content["images"] == 64
    assert content["l1_low"] <= content["l1"] <= content["l1_high"]


def test_the_fine_tuning_loss_of_an_optimal_network_learns_no_drift():
    content = found(Trial(MEAN), "learned", objective="loss", steps=40)
    assert np.abs(content["value"]).max() < 0.03
    with torch.no_grad():
        assert found(Trial(MEAN), "learned", steps=1)["losses"]  # wherever it is called from


def test_what_is_searched_never_sees_test_images():
    for source in plugins.names("drift source"):
        declared = plugins.declared("drift source", source)
        if declared.get("NEEDS") == "checkpoint":
            assert "test" not in declared["OPTIONS"]["target"]["enum"]
            with pytest.raises(UserError, match="option target is 'test'"):
                found(Trial(torch.tensor(0.0)), source, target="test")


def test_rows_of_samples_are_as_those_of_the_target():
    trial = Trial(MEAN)
    for compare in ("pixel_histogram", "pixel_cdf", "mean_image", "latent_moments"):
        options = {"compare": compare, "bins": 16}
        rows, target = rows_of(trial, trial.latents(0.0), options), measure_of(trial, options).target
        assert rows.shape == (24, target.shape[1]) and target.shape[0] == 60
