"""From edited latents to images: what is added to the source, and which images fit the model."""

import numpy as np
import pytest

from ldcore.edit.changed_image import changed, check_size
from ldcore.runtime.errors import UserError


def test_changed_adds_the_difference_where_there_is_signal():
    source = np.array([[[0, 100, 250]]], np.uint8)
    unedited = np.full((1, 1, 3, 3), 50, np.uint8)
    edited = unedited + np.array([30, 30, 30], np.uint8)
    assert changed(source, edited, unedited).tolist() == [[[0, 130, 255]]]
    assert np.array_equal(changed(source, unedited, unedited), source)


def test_an_image_of_another_size_is_refused():
    from ldcore.model.backbone import load_backbone

    backbone = load_backbone("resources/embedded_model", ["vae", "unet"])
    check_size(backbone, np.zeros((1, 64, 64), np.uint8))
    with pytest.raises(
        UserError, match="32 x 32 px and the model works at 64 x 64; set the data set's option image_size to 64"
    ):
        check_size(backbone, np.zeros((1, 32, 32), np.uint8))
