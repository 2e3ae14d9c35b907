"""The embedded perceptual distance: zero for equals, grows with noise, and does not follow the batch."""

import numpy as np
import pytest

from ldcore.metrics import between_images


def test_zero_for_equals_grows_with_noise_and_ignores_the_batch(one_thread):
    rng = np.random.default_rng(0)
    first = rng.integers(0, 256, (11, 64, 64), dtype=np.uint8)
    second = np.clip(first + rng.normal(0, 20, first.shape), 0, 255).astype(np.uint8)
    noisier = np.random.default_rng(1).integers(0, 256, first.shape, dtype=np.uint8)
    near, far = (between_images("lite0_perceptual", first, other) for other in (second, noisier))
    assert between_images("lite0_perceptual", first, first) == pytest.approx([0] * 11, abs=1e-6)
    assert (near > 0).all() and (far > near).all()
    assert np.array_equal(between_images("lite0_perceptual", first[2:], second[2:]), near[2:])
