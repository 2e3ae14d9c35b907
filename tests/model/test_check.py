"""Models of another kind, or not whole, are refused in one sentence before any job, and by whatever loads them."""

import json
import re
import shutil

import pytest
import torch
from safetensors.torch import load_file, save_file

from configs import ROOT, checked
from ldcore.model.backbone import load_backbone
from ldcore.model.check import check_model
from ldcore.plan.weights import lacking
from ldcore.runtime.errors import UserError

UNET, VAE, TEXT = (
    f"{part}.safetensors"
    for part in ("unet/diffusion_pytorch_model", "vae/diffusion_pytorch_model", "text_encoder/model")
)


def changed(file, **changes):
    """What sets keys of a JSON file; None takes one out."""

    def change(folder):
        path = folder / file
        content = {**json.loads(path.read_text()), **changes}
        path.write_text(json.dumps({key: value for key, value in content.items() if value is not None}))

    return change


def written(file, content):
    return lambda folder: (folder / file).write_text(content)


def gone(file):
    return lambda folder: (folder / file).unlink()


def renamed(file, name):
    return lambda folder: (folder / file).rename(folder / file.rpartition("/")[0] / name)


def halved(file):
    def change(folder):
        content = (folder / file).read_bytes()
        (folder / file).write_bytes(content[: len(content) // 2])

    return change


def widened(folder):
    """A U-Net that sees a mask and a masked image besides, its config still that of a plain one."""
    tensors = load_file(folder / UNET)
    weight = tensors["conv_in.weight"]
    tensors["conv_in.weight"] = torch.cat([weight, weight, weight[:, :1]], 1).contiguous()
    save_file(tensors, folder / UNET)


@pytest.mark.parametrize(
    "change, said",
    [
        (
            changed("scheduler/scheduler_config.json", prediction_type="flow_prediction"),
            "has prediction_type 'flow_pre",
        ),
        (changed("unet/config.json", in_channels=9), "unet/config.json has 9 and 4 latent channels"),
        (changed("unet/config.json", in_channels=5), "unet/config.json has 5 and 4 latent channels"),
        (changed("unet/config.json", out_channels=8), "unet/config.json has 4 and 8 latent channels"),
        (changed("vae/config.json", latent_channels=16), "vae/config.json has 16 latent channels"),
        (widened, r"weights of its unet have conv_in.weight of shape \[16, 9, 3, 3\], which its config"),
        (
            changed("unet/config.json", addition_embed_type="text_time"),
            "has addition_embed_type 'text_time', as Stable",
        ),
        (changed("unet/config.json", num_class_embeds=1000), "has num_class_embeds 1000, as an upscaler's"),
        (changed("unet/config.json", time_cond_proj_dim=256), "has time_cond_proj_dim 256, as a latent consistency"),
        (changed("unet/config.json", _class_name="SD3Transformer2DModel"), "is of a SD3Transformer2DModel"),
        (changed("unet/config.json", sample_size=[64, 96]), r"has sample_size \[64, 96\]"),
        (changed("unet/config.json", cross_attention_dim=1024), "cross_attention_dim 1024, and its texts are 64 wide"),
        (changed("vae/config.json", _class_name="VQModel"), "vae/config.json is of a VQModel"),
        (changed("vae/config.json", shift_factor=0.06), "has shift_factor 0.06"),
        (changed("text_encoder/config.json", model_type="t5"), "text_encoder/config.json is of a t5"),
        (changed("tokenizer/tokenizer_config.json", model_max_length=None), 'no model_max_length; write "model_max_le'),
        (
            changed("tokenizer/tokenizer_config.json", model_max_length=10**30),
            "model_max_length 10+; write .*: 77 into",
        ),
        (gone("tokenizer/tokenizer.json"), "tokenizer/tokenizer.json is missing"),
        (gone("vae/config.json"), "vae/config.json is missing"),
        (written("vae/config.json", '{"latent'), "vae/config.json is no whole JSON object"),
        (written("unet/config.json", "version https://git-lfs.github.com/spec/v1\n"), "unet/config.json is a git-lfs"),
        (written(TEXT, "version https://git-lfs.github.com/spec/v1\n"), "text_encoder/.*is a git-lfs pointer.*git lfs"),
        (halved(UNET), "unet/diffusion_pytorch_model.safetensors has .* of its .* bytes"),
        (halved(VAE), "vae/diffusion_pytorch_model.safetensors has"),
        (renamed(UNET, "diffusion_pytorch_model.fp16.safetensors"), "missing; .*fp16.safetensors is a variant"),
        (renamed(TEXT, "pytorch_model.bin"), "missing; pytorch_model.bin is a pickle"),
        (lambda folder: shutil.rmtree(folder / "vae"), "lacks 'vae'"),
        (lambda folder: shutil.copy(folder / VAE, folder / UNET), "weights of its unet have no conv_in.weight"),
    ],
)
def test_what_nothing_here_can_run_is_one_sentence_before_any_job(tiny_model, tmp_path, change, said):
    folder = tmp_path / "model"
    shutil.copytree(tiny_model, folder)
    assert lacking(checked(model={"path": str(folder)})) == []
    change(folder)
    (sentence,) = lacking(checked(model={"path": str(folder)}))
    assert re.search(f"^Config model.path: .*{said}", sentence) and "\n" not in sentence and str(folder) in sentence
    with pytest.raises(UserError, match=said):
        load_backbone(folder, [])


def test_what_a_dry_run_cannot_see_is_named_where_the_model_is_loaded(tiny_model, tmp_path):
    """A tensor that the libraries would start at random, and a tokenizer of more words than the text encoder has."""
    folder = tmp_path / "model"
    shutil.copytree(tiny_model, folder)
    tensors = load_file(folder / UNET)
    lost = next(name for name in tensors if name.startswith("mid_block"))
    save_file({name: tensor for name, tensor in tensors.items() if name != lost}, folder / UNET)
    with pytest.raises(UserError, match=f"unet has 1 tensors less than its config.json says, first {lost}"):
        load_backbone(folder, ["unet"])
    words = load_backbone(folder, ["text_encoder"]).tokenizer
    words.add_tokens(["<one-more>"])
    words.save_pretrained(folder / "tokenizer")
    with pytest.raises(UserError, match="tokenizer has 49409 tokens and its text encoder knows 49408"):
        load_backbone(folder, ["text_encoder"])


def test_shapes_that_the_config_does_not_say_are_one_sentence(tiny_model, tmp_path):
    folder = tmp_path / "model"
    shutil.copytree(tiny_model, folder)
    tensors = load_file(folder / VAE)
    name = next(name for name, tensor in tensors.items() if name.startswith("decoder.mid") and tensor.ndim == 1)
    save_file(tensors | {name: torch.zeros(3)}, folder / VAE)
    with pytest.raises(UserError, match="vae") as caught:
        load_backbone(folder, ["vae"])
    assert "\n" not in str(caught.value)


def test_the_model_of_the_repository_passes_and_without_its_config_does_not(tmp_path):
    folder = tmp_path / "model"
    shutil.copytree(ROOT / "resources" / "embedded_model", folder)
    assert check_model(folder) is None
    (folder / "unet" / "config.json").unlink()
    with pytest.raises(UserError, match="unet/config.json is missing"):
        check_model(folder)
