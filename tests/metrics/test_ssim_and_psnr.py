"""SSIM and PSNR are scikit-image's, of the gray images; SSIM by the convention of Wang et al. 2004."""

import numpy as np
import pytest

from ldcore.metrics import between_images
from ldcore.runtime.errors import UserError

RNG = np.random.default_rng(0)
FIRST = RNG.integers(0, 256, (3, 64, 64), dtype=np.uint8)
SECOND = np.clip(FIRST + RNG.normal(0, 20, FIRST.shape), 0, 255).astype(np.uint8)


WANG = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}


@pytest.mark.parametrize(
    "name, function, options, of_equals",
    [
        ("ssim", "structural_similarity", WANG, 1),
        ("ssim_uniform", "structural_similarity", {}, 1),
        ("psnr", "peak_signal_noise_ratio", {}, np.inf),
    ],
)
def test_agrees_with_scikit_image(name, function, options, of_equals):
    import skimage.metrics

    expected = [getattr(skimage.metrics, function)(a, b, data_range=255, **options) for a, b in zip(FIRST, SECOND)]
    np.testing.assert_allclose(between_images(name, FIRST, SECOND), expected, atol=1e-6)
    assert (between_images(name, FIRST, FIRST) == of_equals).all()


def test_ssim_is_the_formula_of_wang_et_al():
    """Eq. 13 with an 11 x 11 Gaussian window of unit sum, written out, over the places where it lies in the image."""
    steps = np.arange(-5, 6)
    window = np.exp(-(steps[:, None] ** 2 + steps**2) / (2 * 1.5**2))
    window /= window.sum()

    def local(images):
        views = np.lib.stride_tricks.sliding_window_view(images, (11, 11))
        return (views * window).sum((-1, -2))

    a, b = FIRST[0].astype(float), SECOND[0].astype(float)
    mean_a, mean_b, c1, c2 = local(a), local(b), (0.01 * 255) ** 2, (0.03 * 255) ** 2
    var_a, var_b, cov = local(a * a) - mean_a**2, local(b * b) - mean_b**2, local(a * b) - mean_a * mean_b
    expected = (2 * mean_a * mean_b + c1) * (2 * cov + c2) / ((mean_a**2 + mean_b**2 + c1) * (var_a + var_b + c2))
    assert between_images("ssim", FIRST[:1], SECOND[:1])[0] == pytest.approx(expected.mean(), abs=1e-6)


@pytest.mark.parametrize("name, window", [("ssim", 11), ("ssim_uniform", 7)])
def test_an_image_smaller_than_the_window_is_named(name, window):
    small = FIRST[:, : window - 1]
    with pytest.raises(UserError, match=f"images of {window} px or more; these are {window - 1} x 64"):
        between_images(name, small, small)


def test_colour_counts_by_its_rounded_mean():
    colour = RNG.integers(0, 256, (3, 64, 64, 3), dtype=np.uint8)
    mean = np.rint(colour.mean(-1)).astype(np.uint8)
    assert np.array_equal(between_images("ssim", colour, SECOND), between_images("ssim", mean, SECOND))
