"""Agreement with scikit-image and the lpips package, and what is refused."""

import numpy as np
import pytest
import torch

from ldcore.metrics import similarity
from ldcore.runtime.errors import UserError


@pytest.fixture
def stacks():
    rng = np.random.default_rng(0)
    first = rng.integers(0, 256, (3, 64, 64), dtype=np.uint8)
    return first, np.clip(first + rng.normal(0, 20, first.shape), 0, 255).astype(np.uint8)


def test_ssim_and_psnr_are_scikit_images(stacks):
    from skimage.metrics import peak_signal_noise_ratio, structural_similarity

    np.testing.assert_allclose(
        similarity.ssim(*stacks), [structural_similarity(a, b, data_range=255) for a, b in zip(*stacks)], atol=1e-6
    )
    np.testing.assert_allclose(
        similarity.psnr(*stacks), [peak_signal_noise_ratio(a, b, data_range=255) for a, b in zip(*stacks)], atol=1e-6
    )
    assert np.isinf(similarity.psnr(stacks[0], stacks[0])).all() and (similarity.ssim(stacks[0], stacks[0]) == 1).all()


@pytest.mark.parametrize("architecture", ["alex", "vgg"])
def test_lpips_loads_torchvisions_weights_and_agrees_with_the_package(architecture, stacks, tmp_path):
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
    small = [part[:1] for part in stacks]
    scaled = [(torch.from_numpy(part.astype(np.float32)) / 127.5 - 1).expand(1, 3, 64, 64) for part in small]
    with torch.no_grad():
        wanted = reference(*scaled).item()
    found = similarity.perceptual(f"lpips_{architecture}", *small, weights=tmp_path / "weights.pth")
    assert found == pytest.approx([wanted], rel=1e-5)


def test_the_embedded_distance_is_zero_for_equals_grows_with_noise_and_ignores_the_batch(stacks):
    first, second = stacks
    noisier = np.random.default_rng(1).integers(0, 256, first.shape, dtype=np.uint8)
    near, far = (similarity.perceptual("lite0_perceptual", first, other) for other in (second, noisier))
    assert similarity.perceptual("lite0_perceptual", first, first) == pytest.approx([0, 0, 0], abs=1e-6)
    assert (near > 0).all() and (far > near).all()
    assert np.array_equal(similarity.perceptual("lite0_perceptual", first[2:], second[2:]), near[2:])


def test_faults():
    images = np.zeros((2, 64, 64), np.uint8)
    with pytest.raises(UserError, match="'lpips' is unknown; use one of lpips_alex"):
        similarity.perceptual("lpips", images, images)
    with pytest.raises(UserError, match="LPIPS weights None are missing; give torchvision's alex state dict"):
        similarity.perceptual("lpips_alex", images, images)
    with pytest.raises(UserError, match=r"shape \(2, 64, 64\) cannot be compared with images of shape \(2, 32, 32\)"):
        similarity.ssim(images, images[:, :32, :32])
    with pytest.raises(UserError, match="Images are float64"):
        similarity.psnr(images.astype(float), images)
