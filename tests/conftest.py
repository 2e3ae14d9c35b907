"""Shared by all tests: one CPU thread, and a tiny random model of Stable Diffusion's shape."""

import pytest


@pytest.fixture(scope="session")
def one_thread():
    from ldcore.backbone import prepare_cpu

    prepare_cpu()


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory, one_thread):
    """Path of a diffusers folder with random weights: 32 px, 8x8x4 latents."""
    import torch

    from ldcore.pretrain.assemble import new_tokenizer, save_model
    from ldcore.pretrain.autoencoder import new_autoencoder
    from ldcore.pretrain.diffusion import new_text_encoder, new_unet

    tokenizer, unet = new_tokenizer(), new_unet((16, 16), 8, 0)
    for parameter in unet.parameters():  # layers that start at zero would hide every difference
        if not parameter.any():
            torch.nn.init.normal_(parameter, std=0.02)
    vae = new_autoencoder((8, 8, 16), 0)
    vae.register_to_config(scaling_factor=0.5, sample_size=32)
    folder = tmp_path_factory.mktemp("model") / "tiny"
    save_model(folder, vae, unet, new_text_encoder(len(tokenizer), tokenizer.eos_token_id, 0), tokenizer)
    return folder


@pytest.fixture
def backbone(tiny_model):
    """A freshly loaded bundle of the tiny model."""
    from ldcore.backbone import load_backbone

    return load_backbone(tiny_model)
