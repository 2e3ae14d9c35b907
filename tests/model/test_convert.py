"""A Stable Diffusion 1.x model in one file of the original layout becomes the same model as a diffusers folder."""

import re

import pytest

from ldcore.model import convert as convert_module
from ldcore.model.convert import convert
from ldcore.runtime.errors import UserError

# The published configs, of networks that a test can afford.
SMALL = {"block_out_channels": (8, 16, 24, 24), "norm_num_groups": 4}
UNET = {**convert_module.UNET, **SMALL, "sample_size": 8, "cross_attention_dim": 16, "attention_head_dim": 2}
VAE = {**convert_module.VAE, **SMALL, "sample_size": 64}
TEXT = {
    **convert_module.TEXT,
    **{"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2},
    "projection_dim": 16,
}


def original_unet(name):
    """What CompVis's openaimodel.py calls a U-Net parameter that diffusers calls `name` (two layers per block)."""
    outer = {
        "time_embedding.linear_1": "time_embed.0",
        "time_embedding.linear_2": "time_embed.2",
        "conv_in": "input_blocks.0.0",
        "conv_norm_out": "out.0",
        "conv_out": "out.2",
    }
    parts = [
        (r"down_blocks\.(\d)\.resnets\.(\d)", lambda b, i: f"input_blocks.{3 * b + i + 1}.0"),
        (r"down_blocks\.(\d)\.attentions\.(\d)", lambda b, i: f"input_blocks.{3 * b + i + 1}.1"),
        (r"down_blocks\.(\d)\.downsamplers\.0\.conv", lambda b: f"input_blocks.{3 * (b + 1)}.0.op"),
        (r"mid_block\.resnets\.(\d)", lambda i: f"middle_block.{2 * i}"),
        (r"mid_block\.attentions\.0", lambda: "middle_block.1"),
        (r"up_blocks\.(\d)\.resnets\.(\d)", lambda b, i: f"output_blocks.{3 * b + i}.0"),
        (r"up_blocks\.(\d)\.attentions\.(\d)", lambda b, i: f"output_blocks.{3 * b + i}.1"),
        (r"up_blocks\.(\d)\.upsamplers\.0", lambda b: f"output_blocks.{3 * b + 2}.{1 if b == 0 else 2}"),
    ]
    inner = {
        "norm1": "in_layers.0",
        "conv1": "in_layers.2",
        "norm2": "out_layers.0",
        "conv2": "out_layers.3",
        "time_emb_proj": "emb_layers.1",
        "conv_shortcut": "skip_connection",
    }
    for old, new in outer.items():
        name = re.sub(rf"^{old}\.", f"{new}.", name)
    for old, new in parts:
        if match := re.match(old, name):
            rest = name[match.end() :]
            if "resnets" in match[0]:
                rest = re.sub(r"^\.(\w+)", lambda inner_name: f".{inner[inner_name[1]]}", rest)
            return new(*map(int, match.groups())) + rest
    return name


def original_vae(name, tensor):
    """The same of the autoencoder; its attention is made of 1 x 1 convolutions."""
    name = re.sub(r"down_blocks\.(\d)\.resnets", r"down.\1.block", name)
    name = re.sub(r"down_blocks\.(\d)\.downsamplers\.0", r"down.\1.downsample", name)
    name = re.sub(r"up_blocks\.(\d)\.resnets", lambda match: f"up.{3 - int(match[1])}.block", name)
    name = re.sub(r"up_blocks\.(\d)\.upsamplers\.0", lambda match: f"up.{3 - int(match[1])}.upsample", name)
    name = re.sub(r"mid_block\.resnets\.(\d)", lambda match: f"mid.block_{int(match[1]) + 1}", name)
    name = name.replace("conv_norm_out", "norm_out").replace("conv_shortcut", "nin_shortcut")
    if "mid_block.attentions.0" in name:
        for old, new in {"group_norm": "norm", "to_q": "q", "to_k": "k", "to_v": "v", "to_out.0": "proj_out"}.items():
            name = name.replace(f"mid_block.attentions.0.{old}", f"mid.attn_1.{new}")
        tensor = tensor[..., None, None] if tensor.ndim == 2 else tensor
    return name, tensor


@pytest.fixture(scope="module")
def networks(one_thread):
    import torch
    from diffusers import AutoencoderKL, UNet2DConditionModel
    from transformers import CLIPTextConfig, CLIPTextModel

    torch.manual_seed(0)
    untrained = (
        AutoencoderKL(**VAE),
        UNet2DConditionModel(**UNET),
        CLIPTextModel(CLIPTextConfig(**TEXT, eos_token_id=49407)),
    )
    return [network.eval() for network in untrained]


@pytest.fixture(scope="module")
def state(networks):
    """The file's tensors, with what real files carry besides."""
    import torch

    vae, unet, text = (network.state_dict() for network in networks)
    tensors = {f"model.diffusion_model.{original_unet(name)}": tensor for name, tensor in unet.items()}
    tensors |= {f"first_stage_model.{name}": tensor for name, tensor in (original_vae(*pair) for pair in vae.items())}
    tensors |= {f"cond_stage_model.transformer.text_model.{name}": tensor for name, tensor in text.items()}
    tensors["cond_stage_model.transformer.text_model.embeddings.position_ids"] = torch.arange(77)[None]
    tensors |= {
        "betas": torch.zeros(1000),
        "safety_checker.concept_embeds": torch.zeros(17, 16),
        "model_ema.decay": torch.tensor(0.9999),
    }
    return {name: tensor.contiguous() for name, tensor in tensors.items()}


def write(path, tensors):
    from safetensors.torch import save_file

    save_file(tensors, path)
    return path


def test_names_are_those_of_the_original(state):
    for name in (
        "model.diffusion_model.input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight",
        "model.diffusion_model.middle_block.1.proj_in.weight",
        "model.diffusion_model.output_blocks.2.1.conv.weight",
        "model.diffusion_model.output_blocks.5.2.conv.weight",
        "model.diffusion_model.input_blocks.3.0.op.bias",
        "first_stage_model.encoder.mid.attn_1.q.weight",
        "first_stage_model.decoder.up.3.block.0.conv1.weight",
        "first_stage_model.quant_conv.weight",
        "cond_stage_model.transformer.text_model.encoder.layers.1.self_attn.q_proj.weight",
    ):
        assert name in state, name
    assert state["first_stage_model.encoder.mid.attn_1.q.weight"].ndim == 4


def test_the_folder_is_the_same_model(state, networks, tmp_path):
    import torch

    from ldcore.model.backbone import check_folder, embed_prompts, load_backbone

    convert(write(tmp_path / "tiny.safetensors", state), tmp_path / "out", UNET, VAE, TEXT)
    assert {path.name for path in check_folder(tmp_path / "out").iterdir()} == {
        "model_index.json",
        "tokenizer",
        "text_encoder",
        "vae",
        "unet",
        "scheduler",
    }
    backbone = load_backbone(tmp_path / "out")
    for network, before in zip((backbone.vae, backbone.unet, backbone.text_encoder), networks):
        after, original = network.state_dict(), before.state_dict()
        assert after.keys() == original.keys()
        assert all(torch.equal(after[name].cpu(), original[name]) for name in original)
    schedule = backbone.scheduler.config
    assert (schedule.beta_start, schedule.beta_end, schedule.beta_schedule) == (0.00085, 0.012, "scaled_linear")
    assert (schedule.steps_offset, schedule.prediction_type, schedule.clip_sample) == (1, "epsilon", False)
    ids = backbone.tokenizer("a photo of a cat").input_ids
    assert ids == [49406, 320, 1125, 539, 320, 2368, 49407]  # CLIP's own
    embeds = embed_prompts(backbone, ["a photo of a cat"])
    with torch.no_grad():
        original = networks[2](torch.tensor([ids + [49407] * 70])).last_hidden_state
        latents, time = torch.randn(1, 4, 8, 8), torch.tensor([500])
        assert torch.allclose(embeds, original, atol=1e-6)
        assert torch.allclose(
            backbone.unet(latents, time, embeds).sample, networks[1](latents, time, original).sample, atol=1e-5
        )


def test_half_precision_becomes_float32(state, tmp_path):
    import torch
    from safetensors.torch import load_file

    halves = {name: tensor.half() if tensor.is_floating_point() else tensor for name, tensor in state.items()}
    convert(write(tmp_path / "half.safetensors", halves), tmp_path / "out", UNET, VAE, TEXT)
    saved = load_file(tmp_path / "out" / "unet" / "diffusion_pytorch_model.safetensors")
    assert {tensor.dtype for tensor in saved.values()} == {torch.float32}
    name = "mid_block.attentions.0.proj_in.weight"
    assert torch.equal(saved[name], state["model.diffusion_model.middle_block.1.proj_in.weight"].half().float())


def test_other_files_are_refused_and_leave_nothing(state, tmp_path):
    less = {
        name: tensor for name, tensor in state.items() if name != "model.diffusion_model.middle_block.1.proj_in.weight"
    }
    with pytest.raises(
        UserError, match="less.safetensors is no Stable Diffusion 1.x model .*mid_block.attentions.0.proj_in.weight"
    ):
        convert(write(tmp_path / "less.safetensors", less), tmp_path / "out", UNET, VAE, TEXT)
    only = {name: tensor for name, tensor in state.items() if not name.startswith("cond_stage")}
    with pytest.raises(UserError, match="CLIPTextModel differs first in embeddings"):
        convert(write(tmp_path / "only.safetensors", only), tmp_path / "out", UNET, VAE, TEXT)
    with pytest.raises(UserError, match="wide.safetensors is no Stable Diffusion 1.x"):
        convert(write(tmp_path / "wide.safetensors", state), tmp_path / "out")
    (tmp_path / "page.safetensors").write_text("<html>not found</html>")
    with pytest.raises(UserError, match="page.safetensors is no Stable Diffusion 1.x"):
        convert(tmp_path / "page.safetensors", tmp_path / "out")
    with pytest.raises(UserError, match="gone.safetensors are missing"):
        convert(tmp_path / "gone.safetensors", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_stated_configs_are_those_of_stable_diffusion_1():
    import torch
    from diffusers import AutoencoderKL, UNet2DConditionModel
    from transformers import CLIPTextConfig, CLIPTextModel

    from ldcore.model.convert import TEXT, UNET, VAE

    with torch.device("meta"):
        stated = UNet2DConditionModel(**UNET), AutoencoderKL(**VAE), CLIPTextModel(CLIPTextConfig(**TEXT))
    counts = [sum(parameter.numel() for parameter in network.parameters()) for network in stated]
    assert counts == [859_520_964, 83_653_863, 123_060_480]  # as published
