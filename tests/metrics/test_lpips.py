"""LPIPS: torchvision's weights from a file, and the package's own numbers."""

import numpy as np
import pytest
import torch

from ldcore.metrics import between_images
from ldcore.runtime.errors import UserError


@pytest.mark.parametrize("architecture", ["alex", "vgg"])
def test_loads_torchvisions_weights_and_agrees_with_the_package(architecture, tmp_path):
    import lpips
    import torchvision

    torch.manual_seed(0)
    build = {"alex": torchvision.models.alexnet, "vgg": torchvision.models.vgg16}[architecture]
    network = build(weights=None)
    torch.save(network.state_dict(), tmp_path / "weights.pth")
    reference = lpips.LPIPS(net=architecture, pnet_rand=True, verbose=False).eval()
    for layer in range(reference.L):
        for key, module in getattr(reference.net, f"slice{layer + 1}").named_children():
            module.load_state_dict(network.features[int(key)].state_dict())
    stacks = np.random.default_rng(0).integers(0, 256, (2, 1, 64, 64), dtype=np.uint8)
    scaled = [(torch.from_numpy(images.astype(np.float32)) / 127.5 - 1).expand(1, 3, 64, 64) for images in stacks]
    with torch.no_grad():
        expected = reference(*scaled).item()
    values = between_images(f"lpips_{architecture}", *stacks, weights=tmp_path / "weights.pth")
    assert values == pytest.approx([expected], rel=1e-5)


def test_missing_weights_are_named():
    images = np.zeros((2, 64, 64), np.uint8)
    with pytest.raises(UserError, match="LPIPS weights None are missing; give torchvision's alex state dict"):
        between_images("lpips_alex", images, images)


def test_weights_of_another_network_are_named(tmp_path):
    images = np.zeros((2, 64, 64), np.uint8)
    for state in ({"features.0.weight": torch.zeros(3)}, {"classifier.weight": torch.zeros(3)}):
        torch.save(state, tmp_path / "other.pth")
        with pytest.raises(
            UserError, match="LPIPS weights .*other.pth are of another network; give torchvision's alex"
        ):
            between_images("lpips_alex", images, images, weights=tmp_path / "other.pth")


def test_weights_that_are_not_finite_are_named(tmp_path):
    """Their distances would be left out of every mean without a word."""
    import torchvision

    state = torchvision.models.alexnet(weights=None).features.state_dict()
    torch.save({f"features.{key}": tensor.fill_(float("nan")) for key, tensor in state.items()}, tmp_path / "nan.pth")
    with pytest.raises(UserError, match="nan.pth has NaN or infinity in its tensor features.0.weight"):
        between_images("lpips_alex", *np.zeros((2, 1, 64, 64), np.uint8), weights=tmp_path / "nan.pth")
