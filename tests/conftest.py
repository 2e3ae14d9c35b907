"""Shared by all tests: one CPU thread, and a tiny random model of Stable Diffusion's shape."""

import sys

import pytest


@pytest.fixture(autouse=True)
def own_modules_forgotten(tmp_path_factory):
    """Modules that a test writes and imports are no code of the tests after it (ldcore.runtime.code)."""
    yield
    written = str(tmp_path_factory.getbasetemp())
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__dict__", {}).get("__file__", "")).startswith(written):
            del sys.modules[name]


@pytest.fixture(scope="session")
def one_thread():
    from ldcore.runtime.device import prepare_cpu

    prepare_cpu()


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory, one_thread):
    """Path of a diffusers folder with random weights: 32 px, 8x8x4 latents."""
    import torch

    from ldcore.model.save import new_tokenizer, save_model
    from pretrain.autoencoder import new_autoencoder
    from pretrain.diffusion import new_unet
    from pretrain.text import new_text_encoder

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
    from ldcore.model.backbone import load_backbone

    return load_backbone(tiny_model)


@pytest.fixture
def data(backbone):
    """Training data of six random latents with two prompts, as training_data makes it."""
    import numpy as np
    import torch

    from ldcore.model.backbone import embed_prompts

    draw = np.random.default_rng(0)
    mean, std = draw.normal(size=(6, 4, 8, 8)), draw.uniform(0.1, 0.2, (6, 4, 8, 8))
    texts = ["a brain MRI of a male with Alzheimer's disease", "a brain MRI of a female with normal cognition"]
    embeds = embed_prompts(backbone, ["", *texts])
    return {
        "mean": torch.tensor(mean, dtype=torch.float32),
        "std": torch.tensor(std, dtype=torch.float32),
        "texts": texts,
        "phrases": ["brain MRI", "Alzheimer's disease", "normal cognition"],
        "prompt_embeds": embeds[1:],
        "empty": embeds[0],
        "prompt_rows": torch.tensor([0, 1] * 3),
        "timesteps": 1000,
    }
