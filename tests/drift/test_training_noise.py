"""Training noise: what each kind adds, and that it follows from its keys alone."""

import pytest
import torch

from ldcore.drift.training_noise import training_noise
from ldcore.runtime.errors import UserError

NORMAL = torch.randn(400, 4, 8, 8, generator=torch.Generator().manual_seed(0))


def test_normal_noise_is_the_very_tensor():
    assert training_noise(NORMAL, {})["noise"] is NORMAL
    with pytest.raises(UserError, match="brown"):
        training_noise(NORMAL, {"kind": "brown"})


def test_keys_decide():
    setting = {"kind": "offset", "scale": 0.3}
    first, again, other = (training_noise(NORMAL, setting, key)["noise"] for key in (0, 0, 1))
    assert torch.equal(first, again) and not torch.equal(first, other)


@pytest.mark.parametrize("each", ["channel", "image"])
def test_an_offset_is_one_constant_a_channel_or_an_image(each):
    offset = training_noise(NORMAL, {"kind": "offset", "scale": 0.3, "each": each}, 0)["noise"] - NORMAL
    assert torch.allclose(offset, offset[:, :, :1, :1].expand_as(offset), atol=1e-6)
    constants = offset[:, :, 0, 0]
    assert constants.std() == pytest.approx(0.3, rel=0.1) and abs(constants.mean()) < 0.05
    assert (constants.std(1) < 1e-6).all() == (each == "image")


def test_multi_resolution_noise_has_unit_variance_and_more_of_it_in_the_mean():
    noise = training_noise(NORMAL, {"kind": "multi_resolution", "scale": 0.8}, 0)["noise"]
    assert noise.var() == pytest.approx(1, rel=0.05)
    assert noise.mean((2, 3)).var() > 10 * NORMAL.mean((2, 3)).var()


def test_input_perturbation_leaves_the_noise_and_adds_its_own():
    made = training_noise(NORMAL, {"kind": "input_perturbation", "scale": 0.1}, 0)
    assert made["noise"] is NORMAL and made["perturbation"].std() == pytest.approx(0.1, rel=0.05)
    assert abs((made["perturbation"] * NORMAL).mean()) < 0.01
