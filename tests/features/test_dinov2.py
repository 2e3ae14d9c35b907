"""DINOv2: weights in the published layout agree with timm's own implementation; other files are refused."""

import json

import numpy as np
import pytest

from ldcore.features import dinov2, extract
from ldcore.runtime.errors import UserError

WIDTH, DEPTH, HEADS = 48, 2, 3
CONFIG = {
    "architectures": ["Dinov2Model"],
    "model_type": "dinov2",
    "hidden_size": WIDTH,
    "num_hidden_layers": DEPTH,
    "image_size": 224,
    "num_attention_heads": HEADS,
    "patch_size": 14,
    "mlp_ratio": 4,
    "layer_norm_eps": 1e-6,
    "qkv_bias": True,
    "hidden_act": "gelu",
}


def published():
    """Random tensors under the names of facebook/dinov2-base's model.safetensors."""
    import torch

    draw = torch.Generator().manual_seed(0)
    shapes = {
        "embeddings.cls_token": (1, 1, WIDTH),
        "embeddings.mask_token": (1, WIDTH),
        "embeddings.position_embeddings": (1, 257, WIDTH),
        "embeddings.patch_embeddings.projection.weight": (WIDTH, 3, 14, 14),
        "embeddings.patch_embeddings.projection.bias": (WIDTH,),
    }
    for layer in (f"encoder.layer.{number}" for number in range(DEPTH)):
        for name in ("query", "key", "value"):
            shapes |= {
                f"{layer}.attention.attention.{name}.weight": (WIDTH, WIDTH),
                f"{layer}.attention.attention.{name}.bias": (WIDTH,),
            }
        shapes |= {
            f"{layer}.attention.output.dense.weight": (WIDTH, WIDTH),
            f"{layer}.attention.output.dense.bias": (WIDTH,),
            f"{layer}.mlp.fc1.weight": (4 * WIDTH, WIDTH),
            f"{layer}.mlp.fc1.bias": (4 * WIDTH,),
            f"{layer}.mlp.fc2.weight": (WIDTH, 4 * WIDTH),
            f"{layer}.mlp.fc2.bias": (WIDTH,),
        }
        shapes |= {
            f"{layer}.{name}": (WIDTH,)
            for name in (
                "norm1.weight",
                "norm1.bias",
                "norm2.weight",
                "norm2.bias",
                "layer_scale1.lambda1",
                "layer_scale2.lambda1",
            )
        }
    shapes |= {"layernorm.weight": (WIDTH,), "layernorm.bias": (WIDTH,)}
    return {name: torch.randn(shape, generator=draw) * 0.2 for name, shape in shapes.items()}


def as_timm(state):
    """The same tensors under timm's names."""
    import torch

    renamed = {
        "cls_token": state["embeddings.cls_token"],
        "pos_embed": state["embeddings.position_embeddings"],
        "norm.weight": state["layernorm.weight"],
        "norm.bias": state["layernorm.bias"],
    }
    for kind in ("weight", "bias"):
        renamed[f"patch_embed.proj.{kind}"] = state[f"embeddings.patch_embeddings.projection.{kind}"]
        for number in range(DEPTH):
            old, new = f"encoder.layer.{number}", f"blocks.{number}"
            renamed[f"{new}.attn.qkv.{kind}"] = torch.cat(
                [state[f"{old}.attention.attention.{name}.{kind}"] for name in ("query", "key", "value")]
            )
            renamed[f"{new}.attn.proj.{kind}"] = state[f"{old}.attention.output.dense.{kind}"]
            renamed |= {
                f"{new}.{name}.{kind}": state[f"{old}.{name}.{kind}"]
                for name in ("norm1", "norm2", "mlp.fc1", "mlp.fc2")
            }
    for number in range(DEPTH):
        renamed |= {
            f"blocks.{number}.ls{place}.gamma": state[f"encoder.layer.{number}.layer_scale{place}.lambda1"]
            for place in (1, 2)
        }
    return renamed


def write(folder, state, **changes):
    from safetensors.torch import save_file

    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text(json.dumps({**CONFIG, **changes}))
    save_file(state, folder / "model.safetensors")
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory, one_thread):
    return write(tmp_path_factory.mktemp("dinov2") / "base", published())


def noise(*shape):
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


def test_features_are_timms_of_the_same_weights(folder):
    import torch
    from timm.models.vision_transformer import VisionTransformer

    reference = VisionTransformer(
        img_size=224, patch_size=14, embed_dim=WIDTH, depth=DEPTH, num_heads=HEADS, init_values=1e-5, num_classes=0
    )
    reference.load_state_dict(as_timm(published()))
    images = noise(3, 80, 64, 3)
    with torch.inference_mode():
        expected = reference.eval().forward_features(dinov2.prepare(images))[:, 0].numpy()
    features = extract("dinov2", images, weights=folder)
    assert features.shape == (3, WIDTH) and features.dtype == np.float32 and features.std() > 0.1
    assert np.abs(features - expected).max() < 1e-4
    assert np.array_equal(extract("dinov2", images, weights=folder / "model.safetensors"), features)


def test_features_do_not_depend_on_the_batch(folder):
    images = noise(11, 32, 32)
    whole = extract("dinov2", images, weights=folder)
    for few in (slice(0, 1), slice(5, 8), slice(2, 11)):
        assert np.array_equal(extract("dinov2", images[few], weights=folder), whole[few])


def test_position_embeddings_of_another_size_are_interpolated(folder, tmp_path):
    """Published: 518 px, 1369 patches."""
    import torch

    state = published()
    large = torch.nn.functional.interpolate(
        state["embeddings.position_embeddings"][:, 1:].transpose(1, 2), 1369
    ).transpose(1, 2)
    state["embeddings.position_embeddings"] = torch.cat(
        [state["embeddings.position_embeddings"][:, :1], large], 1
    ).contiguous()
    assert extract("dinov2", noise(1, 32, 32), weights=write(tmp_path / "large", state, image_size=518)).shape == (
        1,
        WIDTH,
    )


def test_pixels_are_imagenet_normalised():
    flat = np.stack([np.full((20, 30, 3), value, np.uint8) for value in (0, 255)])
    pixels = dinov2.prepare(flat)
    assert tuple(pixels.shape) == (2, 3, 224, 224)
    assert pixels[0, :, 0, 0].tolist() == pytest.approx([-2.1179, -2.0357, -1.8044], abs=1e-4)
    assert pixels[1, :, 0, 0].tolist() == pytest.approx([2.2489, 2.4286, 2.6400], abs=1e-4)


def test_other_files_are_refused(folder, tmp_path):
    with pytest.raises(UserError, match="None are missing; give the folder"):
        extract("dinov2", noise(1, 8, 8))
    (tmp_path / "half").mkdir()
    (tmp_path / "half" / "config.json").write_text(json.dumps(CONFIG))
    with pytest.raises(UserError, match="model.safetensors are missing"):
        extract("dinov2", noise(1, 8, 8), weights=tmp_path / "half")
    state = published()
    del state["encoder.layer.1.norm2.weight"]
    with pytest.raises(
        UserError, match="less does not hold DINOv2 weights .first difference: encoder.layer.1.norm2.weight"
    ):
        extract("dinov2", noise(1, 8, 8), weights=write(tmp_path / "less", state))
    (tmp_path / "half" / "model.safetensors").write_bytes(b"nothing")
    with pytest.raises(UserError, match="half does not hold DINOv2 weights"):
        extract("dinov2", noise(1, 8, 8), weights=tmp_path / "half")
