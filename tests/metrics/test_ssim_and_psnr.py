"""SSIM and PSNR are scikit-image's, of the gray images."""

import numpy as np
import pytest

from ldcore.metrics import between_images

RNG = np.random.default_rng(0)
FIRST = RNG.integers(0, 256, (3, 64, 64), dtype=np.uint8)
SECOND = np.clip(FIRST + RNG.normal(0, 20, FIRST.shape), 0, 255).astype(np.uint8)


@pytest.mark.parametrize(
    "name, function, of_equals", [("ssim", "structural_similarity", 1), ("psnr", "peak_signal_noise_ratio", np.inf)]
)
def test_agrees_with_scikit_image(name, function, of_equals):
    import skimage.metrics

    expected = [getattr(skimage.metrics, function)(a, b, data_range=255) for a, b in zip(FIRST, SECOND)]
    np.testing.assert_allclose(between_images(name, FIRST, SECOND), expected, atol=1e-6)
    assert (between_images(name, FIRST, FIRST) == of_equals).all()


def test_colour_counts_by_its_rounded_mean():
    colour = RNG.integers(0, 256, (3, 64, 64, 3), dtype=np.uint8)
    mean = np.rint(colour.mean(-1)).astype(np.uint8)
    assert np.array_equal(between_images("ssim", colour, SECOND), between_images("ssim", mean, SECOND))
