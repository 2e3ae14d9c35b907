"""The embedded autoencoder's training: its loss is LPIPS's, its pictures vary, and a stopped run loses nothing."""

import copy

import numpy as np
import pytest
import torch

from pretrain.autoencoder import perceptual_loss, phase_at, train_autoencoder, window
from pretrain.corpus import varied_crop

OPTIONS = {
    "channels": [8, 8, 16],
    "perceptual": 0.5,
    "save_every": 2,
    "phases": [
        {"steps": 3, "window": 16, "batch_size": 2, "learning_rate": 1e-3, "bf16": True},
        {"steps": 1, "window": 32, "batch_size": 2, "learning_rate": 1e-4, "bf16": False},
    ],
}


@pytest.fixture(scope="module")
def network(one_thread):
    import lpips

    torch.manual_seed(0)
    return lpips.LPIPS(net="vgg", pnet_rand=True, verbose=False).eval()


@pytest.fixture(scope="module")
def sources():
    """Photographs, textures and cut-outs of random pixels, as load_* return them."""
    rng = np.random.default_rng(0)
    pixels = [rng.integers(0, 256, (90, 120, 4), dtype=np.uint8) for _ in range(3)]
    kinds = ("photograph", "illustration")
    photographs = [(image[..., :3], {"kind": kind}) for image, kind in zip(pixels, kinds)]
    return photographs, [pixels[2][..., :3]], [(pixels[2], "noise")]


def test_the_perceptual_loss_is_lpips(network):
    made, target = torch.rand(2, 3, 3, 32, 32, generator=torch.Generator().manual_seed(1)) * 2 - 1
    made.requires_grad_()
    expected = network(made, target).mean()
    value = perceptual_loss(network, made, target)
    assert value.item() == pytest.approx(expected.item(), rel=1e-5)
    (gradient,) = torch.autograd.grad(value, made)
    assert torch.allclose(gradient, torch.autograd.grad(expected, made)[0], rtol=1e-3, atol=1e-9)


def test_bfloat16_convolutions_give_nearly_the_same_loss(network):
    made, target = torch.rand(2, 3, 3, 32, 32, generator=torch.Generator().manual_seed(1)) * 2 - 1
    half = copy.deepcopy(network)
    half.net.bfloat16()
    exact = perceptual_loss(network, made, target).item()
    assert perceptual_loss(half, made, target).item() == pytest.approx(exact, rel=0.02)


def test_every_phase_has_a_cosine_of_its_own():
    phases = [{"steps": 1000, "learning_rate": 1.0}, {"steps": 500, "learning_rate": 0.1}]
    assert phase_at(199, phases) == (phases[0], 1.0)
    assert phase_at(999, phases)[1] == pytest.approx(0.01, rel=0.01)
    assert phase_at(1199, phases) == (phases[1], pytest.approx(0.1))
    with pytest.raises(ValueError):
        phase_at(1500, phases)


def test_windows_lie_anywhere_in_a_picture():
    picture = np.dstack([*np.indices((8, 8)), np.zeros((8, 8))])
    rng = np.random.default_rng(0)
    corners = {tuple(window(picture, 6, rng)[0, 0, :2]) for _ in range(200)}
    assert corners == {(top, left) for top in range(3) for left in range(3)}
    assert window(picture, 8, rng).tolist() == picture.tolist()


def test_a_run_that_was_stopped_ends_where_a_straight_one_does(network, sources, tmp_path):
    def draw(rng):
        return varied_crop(*sources, 32, rng)

    class Stopped(Exception):
        pass

    def until_step_three(rng, drawn=[]):  # noqa: B006 (counts its calls)
        drawn.append(rng)
        if len(drawn) > 2 * OPTIONS["phases"][0]["batch_size"]:
            raise Stopped
        return draw(rng)

    straight, log = train_autoencoder(draw, network, OPTIONS, 7, tmp_path / "straight.pt")
    with pytest.raises(Stopped):
        train_autoencoder(until_step_three, network, OPTIONS, 7, tmp_path / "stopped.pt")
    resumed, resumed_log = train_autoencoder(draw, network, OPTIONS, 7, tmp_path / "stopped.pt")
    assert [entry[0] for entry in log] == [2, 4] and log == resumed_log
    for name, value in straight.state_dict().items():
        assert torch.equal(value, resumed.state_dict()[name]), name


def test_crops_follow_from_their_keys_and_some_are_grey(sources):
    pictures = [varied_crop(*sources, 32, np.random.default_rng(seed)) for seed in range(60)]
    assert all(picture.shape == (32, 32, 3) and picture.dtype == np.uint8 for picture in pictures)
    assert np.array_equal(pictures[3], varied_crop(*sources, 32, np.random.default_rng(3)))
    grey = [np.ptp(picture, axis=-1).max() == 0 for picture in pictures]
    assert 0.15 < np.mean(grey) < 0.5
