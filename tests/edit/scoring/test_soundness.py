"""Axioms on made-up arrays."""

import numpy as np
import pytest

from ldcore.edit.scoring import soundness


def test_divergence_rewards_an_edit_between_its_own_kind_and_the_wanted():
    source, same, wanted = np.zeros((1, 2)), np.array([[1.0, 0], [0, 1]]), np.array([[10.0, 0], [0, 10]])
    near, good, far = (
        soundness.latent_divergence(source, np.array([[d, 0]]), same, wanted)[0] for d in (0.1, 5.0, 20.0)
    )
    assert good == pytest.approx(np.log(2)) and good < near and good < far


def test_divergence_is_of_each_edit_alone_and_of_any_shape_of_latents():
    draw = np.random.default_rng(0)
    source, edited, same, wanted = (draw.normal(size=(count, 4, 2, 2)) for count in (3, 3, 5, 7))
    whole = soundness.latent_divergence(source, edited, same, wanted)
    each = [soundness.latent_divergence(source[[n]], edited[[n]], same, wanted)[0] for n in range(3)]
    assert whole.shape == (3,) and whole.tolist() == each
    assert ((whole >= np.log(2)) & (whole <= 1 + np.log(2))).all()


def test_mean_absolute_takes_colour_as_gray():
    gray, colour = np.full((1, 2, 2), 51, np.uint8), np.zeros((1, 2, 2, 3), np.uint8)
    assert soundness.mean_absolute(gray, colour) == pytest.approx([0.2])
    colour[..., 0] = 153  # mean 51: the same gray
    assert soundness.mean_absolute(gray, colour) == pytest.approx([0.0])
    assert soundness.mean_absolute(gray, np.zeros_like(gray)).shape == (1,)
