"""Colour as one number a pixel: rounded, exact, and in 0..1."""

import numpy as np
import pytest

from ldcore.runtime.errors import UserError
from ldcore.runtime.pixels import gray, unit_gray, unrounded_gray

COLOUR = np.array([[[[10, 11, 11], [90, 0, 0]]]], np.uint8)


def test_channel_means():
    assert gray(COLOUR).dtype == np.uint8 and gray(COLOUR).tolist() == [[[11, 30]]]
    assert unrounded_gray(COLOUR) == pytest.approx(np.array([[[32 / 3, 30]]]))
    assert unit_gray(COLOUR).dtype == np.float32 and unit_gray(COLOUR) == pytest.approx(
        np.array([[[32 / 765, 30 / 255]]])
    )


def test_gray_images_stay():
    image = COLOUR[..., 0]
    assert gray(image) is image and np.array_equal(unrounded_gray(image), image)
    assert unit_gray(image) == pytest.approx(image / 255)


@pytest.mark.parametrize("shape", [(4, 4), (2, 4, 4, 4), (1, 2, 4, 4, 3)])
def test_another_shape_is_refused(shape):
    with pytest.raises(UserError, match=r"shape \("):
        gray(np.zeros(shape, np.uint8))
