"""Models of another kind, or not whole, are refused in one sentence before any job, and by whatever loads them."""

import json
import re
import shutil

import pytest
import torch
from safetensors.torch import load_file, save_file

from configs import ROOT, checked
from ldcore.model.autoencoding import decode, encode
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
        *(
            (
                changed("unet/config.json", sample_size=size),
                f"has sample_size {re.escape(json.dumps(size))}, .* one whole",
            )
            for size in ([64, 96], 0, -4, 8.0, "8", True)
        ),
        (changed("unet/config.json", sample_size=None), "has no sample_size, which has to be one whole number"),
        (changed("unet/config.json", in_channels=[4]), r"has in_channels \[4\], which has to be a whole number"),
        (changed("unet/config.json", layers_per_block=0), "has layers_per_block 0, .* or a list of such"),
        (changed("unet/config.json", block_out_channels=16), "unet/config.json has block_out_channels 16, which has"),
        (changed("unet/config.json", norm_num_groups=0), "has norm_num_groups 0, which has to be a whole number"),
        *(
            (
                changed("vae/config.json", scaling_factor=factor),
                f"has scaling_factor {json.dumps(factor)}, .* a number above 0",
            )
            for factor in (0, -0.5, "0.5", float("inf"), True)
        ),
        (written("vae/config.json", '{"scaling_factor": null}'), "vae/config.json has scaling_factor null, which has"),
        (changed("vae/config.json", in_channels=1), "vae/config.json has in_channels 1, which has to be 3"),
        (changed("vae/config.json", block_out_channels=[]), r"vae/config.json has block_out_channels \[\], which has"),
        (changed("text_encoder/config.json", num_attention_heads=0), "has num_attention_heads 0, which has"),
        (changed("text_encoder/config.json", vocab_size="49408"), 'has vocab_size "49408", which has to be a whole'),
        (written("model_index.json", "[]"), "model_index.json is no whole JSON object"),
        (changed("unet/config.json", cross_attention_dim=1024), "cross_attention_dim 1024, and its texts are 64 wide"),
        (changed("vae/config.json", _class_name="VQModel"), "vae/config.json is of a VQModel"),
        (changed("vae/config.json", shift_factor=0.06), "has shift_factor 0.06"),
        (changed("text_encoder/config.json", model_type="t5"), "text_encoder/config.json is of a t5"),
        (changed("tokenizer/tokenizer_config.json", model_max_length=None), 'no model_max_length; write "model_max_le'),
        (
            changed("tokenizer/tokenizer_config.json", model_max_length=10**30),
            "model_max_length 10+; write .*: 77 into",
        ),
        (
            changed("tokenizer/tokenizer_config.json", model_max_length="77"),
            'has model_max_length "77"; .*without quotes',
        ),
        (changed("tokenizer/tokenizer_config.json", model_max_length=20.5), "has model_max_length 20.5; write"),
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


@pytest.mark.parametrize("part, file", [("vae", VAE), ("unet", UNET), ("text_encoder", TEXT)])
@pytest.mark.parametrize("number", [float("nan"), float("-inf")])
def test_a_tensor_that_is_not_finite_is_named_where_its_part_is_loaded(tiny_model, tmp_path, part, file, number):
    folder = tmp_path / "model"
    shutil.copytree(tiny_model, folder)
    tensors = load_file(folder / file)
    name = max(tensors)
    tensors[name].view(-1)[-1] = number
    save_file(tensors, folder / file)
    with pytest.raises(
        UserError, match=rf"/{part} has NaN or infinity in its tensor .*{name.rpartition('.')[2]}; copy"
    ):
        load_backbone(folder, [part])
    for other in {"vae", "unet", "text_encoder"} - {part}:
        assert load_backbone(folder, [other])


@pytest.mark.parametrize("kind, said", [(torch.int8, "type I8"), (torch.float8_e4m3fn, "type F8_E4M3")])
@pytest.mark.parametrize("file", [UNET, VAE, TEXT])
def test_quantised_weights_are_refused_before_any_job(tiny_model, tmp_path, file, kind, said):
    folder = tmp_path / "model"
    shutil.copytree(tiny_model, folder)
    tensors = load_file(folder / file)
    name = next(name for name in tensors if name.endswith("weight"))
    save_file(tensors | {name: tensors[name].to(kind)}, folder / file)
    (sentence,) = lacking(checked(model={"path": str(folder)}))
    assert file in sentence and re.search(rf"its tensor {name} in the {said}; give weights of floating", sentence)


def test_clips_whole_numbers_and_its_other_half_are_let_pass(tiny_model, tmp_path):
    folder = tmp_path / "model"
    shutil.copytree(tiny_model, folder)
    more = {"text_model.embeddings.position_ids": torch.arange(77)[None], "text_projection.weight": torch.zeros(2, 2)}
    save_file(load_file(folder / TEXT) | more, folder / TEXT)
    assert lacking(checked(model={"path": str(folder)})) == [] and load_backbone(folder, ["text_encoder"])
    save_file(load_file(folder / TEXT) | {"encoder.one_more.weight": torch.zeros(2)}, folder / TEXT)
    with pytest.raises(UserError, match="has 1 tensors that its config.json does not say, first encoder.one_more"):
        load_backbone(folder, ["text_encoder"])


@pytest.mark.parametrize(
    "change, said",
    [
        (changed("text_encoder/config.json", num_hidden_layers=5), "2 of encoder.layers, .* says 5 .num_hidden_layers"),
        (changed("text_encoder/config.json", num_hidden_layers=1), "2 of encoder.layers, .* says 1 .num_hidden_layers"),
        (changed("text_encoder/config.json", num_hidden_layers=None), "2 of encoder.layers, .* says 12 "),
        (changed("unet/config.json", layers_per_block=3), "1 of down_blocks.0.resnets, .* says 3 .layers_per_block"),
        (changed("unet/config.json", block_out_channels=[16, 16, 16]), "2 of down_blocks, .* says 3 .block_out"),
        (changed("vae/config.json", block_out_channels=[8, 8]), "3 of encoder.down_blocks, .* says 2 .block_out"),
    ],
)
def test_more_or_fewer_layers_than_the_config_says_are_one_sentence_before_any_job(tiny_model, tmp_path, change, said):
    folder = tmp_path / "model"
    shutil.copytree(tiny_model, folder)
    change(folder)
    (sentence,) = lacking(checked(model={"path": str(folder)}))
    assert re.search(said, sentence) and "\n" not in sentence


@pytest.mark.parametrize(
    "key, value", [("act_fn", "none such"), ("norm_num_groups", 7), ("down_block_types", ["A", "B"])]
)
def test_settings_that_no_network_can_have_are_one_sentence(tiny_model, tmp_path, key, value):
    folder = tmp_path / "model"
    shutil.copytree(tiny_model, folder)
    changed("unet/config.json", **{key: value})(folder)
    with pytest.raises(UserError, match="unet cannot be loaded ") as caught:
        load_backbone(folder, ["unet"])
    assert "\n" not in str(caught.value)


def test_an_autoencoder_that_overflows_gives_no_pictures(backbone):
    """Finite weights whose products are not: nothing is said before a picture is made."""
    images, latents = torch.zeros(1, 32, 32, dtype=torch.uint8).numpy(), torch.ones(1, 4, 8, 8)
    assert decode(backbone, latents).shape == (1, 32, 32, 3)
    for part, made in (("decoder", lambda: decode(backbone, latents)), ("encoder", lambda: encode(backbone, images))):
        getattr(backbone.vae, part).conv_out.weight.mul_(1e38).mul_(10)
        with pytest.raises(UserError, match="autoencoder gives numbers that are not finite"):
            made()


def in_pieces(folder, file, places=None):
    """A part's weights in two files with their index, as save_pretrained cuts large ones. places: another index."""
    tensors = load_file(folder / file)
    names, stem = sorted(tensors), (folder / file).stem
    halves = {f"{stem}-0000{i}-of-00002.safetensors": names[i - 1 :: 2] for i in (1, 2)}
    for name, own in halves.items():
        save_file({key: tensors[key] for key in own}, (folder / file).with_name(name), metadata={"format": "pt"})
    (folder / file).unlink()
    places = places or {key: name for name, own in halves.items() for key in own}
    (folder / f"{file}.index.json").write_text(json.dumps({"metadata": {}, "weight_map": places}))


@pytest.mark.parametrize("part, file", [("unet", UNET), ("text_encoder", TEXT)])
def test_weights_in_pieces_are_the_same_weights(tiny_model, tmp_path, part, file):
    folder = tmp_path / "model"
    shutil.copytree(tiny_model, folder)
    whole = getattr(load_backbone(folder, [part]), part).state_dict()
    in_pieces(folder, file)
    assert lacking(checked(model={"path": str(folder)})) == []
    cut = getattr(load_backbone(folder, [part]), part).state_dict()
    assert all(torch.equal(cut[name], whole[name]) for name in whole)
    first, second = sorted((folder / part).glob("*.safetensors"))
    shutil.copy(second, first)
    (sentence,) = lacking(checked(model={"path": str(folder)}))
    assert re.search(f"{first.name} has no .*, which .*index.json says; copy or fetch both again", sentence)


@pytest.mark.parametrize(
    "index, said",
    [
        ('{"weight_map": ["a", "b"]}', "has no weight_map from tensors to .safetensors files"),
        ('{"weight_map": {"a": 7}}', "has no weight_map from tensors"),
        ('{"weight_map": {"a": null, "b": "x.safetensors"}}', "has no weight_map from tensors"),
        ('{"weight_map": {"a": "../vae/x.safetensors"}}', "has no weight_map from tensors"),
        ('{"weight_map": {"a": "pytorch_model.bin"}}', "has no weight_map from tensors"),
        ('{"weight_map": {}}', "has no weight_map from tensors"),
        ('{"metadata": {}}', "has no weight_map from tensors"),
        ('{"weight_map": {"a": "gone.safetensors"}}', "gone.safetensors is missing"),
        ("weight_map: {}", "is no whole JSON object"),
        ("[]", "is no whole JSON object"),
        ("\xff\xfe", "is no whole JSON object"),
    ],
)
def test_an_index_of_pieces_that_is_none_is_one_sentence_before_any_job(tiny_model, tmp_path, index, said):
    folder = tmp_path / "model"
    shutil.copytree(tiny_model, folder)
    (folder / f"{VAE}.index.json").write_bytes(index.encode("latin-1"))
    (sentence,) = lacking(checked(model={"path": str(folder)}))
    assert re.search(said, sentence) and "vae/" in sentence and "\n" not in sentence
