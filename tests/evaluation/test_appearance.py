"""What the eye sees: exact on pictures made for it, and it says no where there is nothing to see."""

import numpy as np
import pytest
from scipy import ndimage
from skimage.draw import disk

from ldcore.evaluation import appearance


def pictures(*colours, side=16):
    """One flat picture a colour, uint8 [N, side, side, 3]."""
    return np.broadcast_to(np.uint8(colours)[:, None, None], (len(colours), side, side, 3)).copy()


def heads(count=6, blur=0.0, noise=0.0):
    """Brains of 64 px: gray matter around white matter around fluid, each moved a little, uint8 [N, 64, 64]."""
    draw, stack = np.random.default_rng(0), []
    for _ in range(count):
        picture, centre = np.zeros((64, 64)), 32 + draw.integers(-2, 3, 2)
        for radius, level in ((26, 120), (18, 200), (6, 50)):
            picture[disk(centre, radius)] = level
        stack.append(ndimage.gaussian_filter(picture, blur) + noise * draw.normal(size=picture.shape))
    return np.uint8(np.clip(stack, 0, 255))


def test_the_background_is_where_real_images_are_dark_and_nowhere_where_they_are_not():
    real = np.full((3, 10, 10), 80, np.uint8)
    real[:, :2] = [[[0]], [[4]], [[8]]]  # 4 on average
    real[:, 9] = [[0], [0], [16]]  # 5.3
    mask = appearance.background(real)
    assert mask[:2].all() and mask.sum() == 20
    real[:, :2, 1:] = 80  # 2 pixels of 100 are left
    assert appearance.background(real).sum() == 2
    real[:, 1] = 80
    assert not appearance.background(real).any()


def test_levels_are_means_over_the_mask_and_channels():
    images = pictures((10, 20, 60), (0, 0, 0))
    images[1, :4] = 255
    mask = np.zeros((16, 16), bool)
    mask[:8] = True
    assert appearance.level(images, mask).tolist() == [30.0, 127.5]
    assert appearance.level(images[..., 0], mask).tolist() == [10.0, 127.5]


def test_tint_is_the_mean_range_of_the_channels():
    images = pictures((10, 20, 60), (90, 90, 90), (255, 0, 0))
    images[2, :8] = 7
    assert appearance.tint(images).tolist() == [50.0, 0.0, 127.5]
    assert appearance.tint(images[..., 0]).tolist() == [0.0] * 3


def test_colours_of_the_frame_leave_out_the_middle():
    images = pictures((100, 220, 60), side=32)
    images[:, 2:-2, 2:-2] = 0
    assert appearance.frame(32, 32).sum() == 32 * 32 - 28 * 28 and appearance.frame(8, 8).sum() == 28
    assert appearance.frame_colour(images).tolist() == [[100.0, 220.0, 60.0]]
    assert appearance.frame_colour(images[..., 1]).tolist() == [[220.0] * 3]


def test_the_official_page_is_green_and_bright_on_one_side_violet_and_dark_on_the_other():
    green, violet, plain = (104, 220, 64), (89, 4, 173), (98, 91, 79)
    assert appearance.greenness([green, violet, plain]).tolist() == [136.0, -127.0, 2.5]
    bright, dark, middle = appearance.luma([green, violet, plain])
    assert bright == pytest.approx(0.299 * 104 + 0.587 * 220 + 0.114 * 64) and dark < middle < bright


def test_structure_is_kept_through_any_colour_and_lost_with_the_picture():
    originals = np.random.default_rng(0).integers(0, 256, (5, 32, 32, 3), dtype=np.uint8)
    assert appearance.kept_structure(originals, originals) == pytest.approx(np.ones(5), abs=1e-5)
    tinted = np.uint8(originals // 2 + np.array([10, 90, 0]))  # gray levels halved: rounding alone is lost
    assert appearance.kept_structure(tinted, originals) == pytest.approx(np.ones(5), abs=0.01)
    assert appearance.kept_structure(originals[::-1], originals)[0] < 0.1
    assert abs(appearance.kept_structure(np.full_like(originals, 9), originals)).max() == 0
    assert np.isnan(appearance.kept_structure(originals[:1].repeat(2, 0), originals[:1].repeat(2, 0))).all()


def test_the_gradient_along_a_straight_border_is_that_of_a_smoothed_step():
    picture = np.full((64, 64), 100, np.uint8)
    picture[:, 32:], picture[:8] = 180, 20  # gray and white, and fluid outside of where is looked
    inside = np.zeros((64, 64), bool)
    inside[16:, 8:56] = True
    picture[40, 10] = 20  # three classes
    smooth = ndimage.gaussian_filter1d(np.repeat([100.0, 180.0], 32), 1.0, mode="nearest")
    expected = np.gradient(smooth)[31:33].mean()  # both sides of the border
    assert appearance.border_gradient(picture[None], inside) == pytest.approx([expected], rel=0.01)


def test_blur_softens_the_border_and_noise_does_not_sharpen_it():
    sharp, blurred, noisy = heads(), heads(blur=1.5), heads(noise=10.0)
    inside = appearance.core(sharp)
    assert inside[32, 14] and not inside[32, 4] and not inside[0].any()
    values = [appearance.border_gradient(images, inside).mean() for images in (sharp, blurred, noisy)]
    assert values[1] < 0.8 * values[0] and values[2] < 1.02 * values[0]


def test_a_picture_without_tissue_has_no_border():
    inside = np.ones((16, 16), bool)
    flat, two = np.full((16, 16), 90, np.uint8), np.zeros((16, 16), np.uint8)
    two[:8] = 90
    assert np.isnan(appearance.border_gradient(np.stack([flat, two]), inside)).all()
