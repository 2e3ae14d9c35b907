"""Turned latent channels: the same images to the last bit, and the orientation of the embedded model."""

from pathlib import Path

import pytest
import torch

from ldcore.model.backbone import load_backbone
from ldcore.model.flip import flip, response, turn, turns
from ldcore.runtime.errors import UserError

EMBEDDED = Path(__file__).parents[2] / "resources" / "embedded_model"
SIGNS = [-1, 1, -1, -1]


@pytest.fixture(scope="module")
def both(tmp_path_factory, one_thread):
    out = tmp_path_factory.mktemp("models") / "turned"
    flip(EMBEDDED, out, SIGNS)
    return load_backbone(EMBEDDED), load_backbone(out)


def test_latents_have_other_signs_and_images_are_equal(both):
    model, turned = both
    images, signs = torch.rand(1, 3, 64, 64) * 2 - 1, torch.tensor(SIGNS).view(1, -1, 1, 1)
    latents, of_turned = (vae.encode(images).latent_dist for vae in (model.vae, turned.vae))
    assert torch.equal(of_turned.mean, latents.mean * signs) and torch.equal(of_turned.std, latents.std)
    assert torch.equal(turned.vae.decode(of_turned.mean).sample, model.vae.decode(latents.mean).sample)


def test_predicted_noise_has_other_signs(both):
    model, turned = both
    noisy, signs = torch.randn(1, 4, 16, 16), torch.tensor(SIGNS).view(1, -1, 1, 1)
    embeds = torch.randn(1, 77, model.text_encoder.config.hidden_size)
    with torch.no_grad():
        predicted, of_turned = model.unet(noisy, 500, embeds).sample, turned.unet(noisy * signs, 500, embeds).sample
    assert torch.equal(of_turned, predicted * signs)


def test_the_embedded_model_is_oriented_as_stable_diffusion(both):
    from ldcore.runtime.files import read_json

    model, turned = both
    measured = torch.tensor(response(model.vae, 16))
    assert turns(model.vae, 16, [1, 1, 1, -1]) == [1, 1, 1, 1]
    assert turns(turned.vae, 16, [1, 1, 1, -1]) == SIGNS
    assert (measured.sum(0) > 0.1).all()  # +0.1 on every channel brightens red, green and blue
    manifest = read_json(EMBEDDED / "manifest.json")["autoencoder"]["brightness_response"]
    assert torch.allclose(torch.tensor(manifest), measured, atol=1e-3)


def test_a_model_without_such_layers_is_named():
    with pytest.raises(UserError, match="quant_conv.weight"):
        turn({}, "vae", SIGNS)
