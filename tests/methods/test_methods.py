"""What every fine-tuning method must keep, run over all that are registered, and what single methods promise."""

import sys

import pytest
import torch
from safetensors.torch import load_file

from ldcore import Drift, methods, plugins
from ldcore.model.backbone import embed_prompts, load_backbone, tokenize
from ldcore.runtime.errors import UserError
from ldcore.sampling.ddim import Sampling, sample, starting_noise
from ldcore.training import loop as module
from ldcore.training.batches import batch
from ldcore.training.loop import TrainingRun, train

OPTIONS = {"steps": 4, "batch_size": 2, "checkpoint_every": 2, "warmup": 1, "learning_rate": 1e-2}
CLASS_IMAGES = {"class_images": 3, "class_steps": 2}
WITH_TOKEN = "custom_diffusion with modifier token and prior"
OWN = {"dreambooth": CLASS_IMAGES, WITH_TOKEN: {"modifier_token": "<new1>", "prior_weight": 1.0, **CLASS_IMAGES}}
NAMES = [name for name in plugins.names("method") if name != "base"]
every_method = pytest.mark.parametrize("name", [*NAMES, WITH_TOKEN])


def plugin(name):
    """The method of a name that may say more."""
    return name.split()[0]


DRIFTED = Drift(0.1, "prior")


def run(tiny_model, data, folder, name, drift=None):
    """Train; returns the backbone as training leaves it."""
    backbone = load_backbone(tiny_model)
    options = {**OPTIONS, **OWN.get(name, {})}
    train(backbone, TrainingRun(plugins.find("method", plugin(name)), options, drift or Drift()), data, folder)
    return backbone


def loaded(tiny_model, name, folder):
    backbone = load_backbone(tiny_model)
    methods.load_weights(backbone, plugin(name), folder / "weights.safetensors")
    return backbone


def image(backbone, data):
    """Latents [1, 4, 8, 8] sampled for the first prompt."""
    embeds = embed_prompts(backbone, ["", data["texts"][0]])
    return sample(backbone, embeds[1:], embeds[0], starting_noise((4, 8, 8), 0)[None], Drift(), Sampling(3))[0]


def weights(folder):
    return load_file(folder / "weights.safetensors")


def same(a, b):
    return a.keys() == b.keys() and all(torch.equal(a[key], b[key]) for key in a)


def test_the_papers_methods_are_registered():
    assert NAMES == ["basic_ft", "custom_diffusion", "dreambooth", "textual_inversion"]


def test_no_method_drops_prompts_unless_it_is_asked_to():
    assert {plugins.options("method", name)["caption_dropout"] for name in NAMES} == {0.0}


@every_method
def test_saved_and_loaded_gives_the_same_image(tiny_model, data, tmp_path, name):
    trained = image(run(tiny_model, data, tmp_path, name), data)
    assert torch.equal(image(loaded(tiny_model, name, tmp_path), data), trained)
    assert not torch.equal(image(load_backbone(tiny_model), data), trained)


def test_dreambooth_remembers_a_subject_of_ones_own(tiny_model, data, tmp_path):
    texts = ["an aerial photograph with flood", "an aerial photograph with drought"]
    own = {**data, "texts": texts, "phrases": ["aerial photograph", "drought", "flood"]}
    trained = run(tiny_model, own, tmp_path, "dreambooth")
    restored = loaded(tiny_model, "dreambooth", tmp_path)
    assert restored.placeholders == trained.placeholders == {"aerial photograph": "sks aerial photograph"}
    assert torch.equal(image(restored, own), image(trained, own))
    assert not torch.equal(tokenize(restored, texts), tokenize(load_backbone(tiny_model), texts))


@every_method
def test_frozen_weights_stay_bitwise(tiny_model, data, tmp_path, name):
    trained, fresh = run(tiny_model, data, tmp_path, name), load_backbone(tiny_model)
    moving = set(weights(tmp_path))
    for part in ("vae", "text_encoder", "unet"):
        before, after = getattr(fresh, part).state_dict(), getattr(trained, part).state_dict()
        for key in before:
            if part != "unet" or key not in moving:
                rows = len(before[key]) if before[key].ndim else None  # added words come after the old rows
                assert torch.equal(after[key][:rows] if rows else after[key], before[key]), key
            else:
                assert not torch.equal(after[key], before[key]), key


@every_method
def test_resumed_equals_straight(tiny_model, data, tmp_path, monkeypatch, name):
    run(tiny_model, data, tmp_path / "straight", name, DRIFTED)
    original = module.one_step

    def failing(backbone, run, state, data, step, share):
        if step == 3:
            raise KeyboardInterrupt
        return original(backbone, run, state, data, step, share)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(module, "one_step", failing)
        run(tiny_model, data, tmp_path / "cut", name, DRIFTED)
    run(tiny_model, data, tmp_path / "cut", name, DRIFTED)
    assert same(weights(tmp_path / "cut"), weights(tmp_path / "straight"))


@every_method
def test_delta_zero_is_plain_and_delta_is_not(tiny_model, data, tmp_path, name):
    for folder, value in (("plain", Drift()), ("zero", Drift(0.0, "prior")), ("drifted", DRIFTED)):
        run(tiny_model, data, tmp_path / folder, name, value)
    assert same(weights(tmp_path / "zero"), weights(tmp_path / "plain"))
    assert not same(weights(tmp_path / "drifted"), weights(tmp_path / "plain"))


@every_method
def test_stock_diffusers_loads_the_export(tiny_model, data, tmp_path, name):
    from diffusers import DDIMScheduler, StableDiffusionPipeline, UNet2DConditionModel

    run(tiny_model, data, tmp_path / "run", name)
    exported = tmp_path / "run" / "weights.safetensors"
    methods.export(load_backbone(tiny_model), plugin(name), exported, tmp_path / "export")
    parts = (
        {"unet": UNet2DConditionModel.from_pretrained(tmp_path / "export" / "unet")}
        if name != "textual_inversion"
        else {}
    )
    pipeline = StableDiffusionPipeline.from_pretrained(tiny_model, safety_checker=None, **parts)
    pipeline.scheduler = DDIMScheduler.from_config(pipeline.scheduler.config, clip_sample=False)
    pipeline.set_progress_bar_config(disable=True)
    for path in sorted((tmp_path / "export").glob("*.safetensors")):
        pipeline.load_textual_inversion(str(path))
    ours = loaded(tiny_model, name, tmp_path / "run")
    text = data["texts"][0].lower()
    for words, instead in ours.placeholders.items():
        text = text.replace(words, instead.split()[0] if name == "textual_inversion" else instead)
    stock = pipeline(
        text,
        num_inference_steps=3,
        guidance_scale=1.0,
        latents=starting_noise((4, 8, 8), 0)[None],
        output_type="latent",
    ).images
    assert torch.allclose(stock, image(ours, data), atol=1e-5)


def test_textual_inversion_starts_as_the_phrase_it_replaces(tiny_model, data):
    backbone, method = load_backbone(tiny_model), plugins.find("method", "textual_inversion")
    before = embed_prompts(backbone, data["texts"])
    prepared = methods.prepare(backbone, method, data, {}, 0)
    assert torch.equal(embed_prompts(backbone, data["texts"]), before)
    assert not torch.equal(prepared["prompt_ids"], tokenize(load_backbone(tiny_model), data["texts"]))
    parameters = method.trainable(backbone, {})
    assert list(parameters) == ["<brain_mri>", "<alzheimer's_disease>", "<normal_cognition>"]


def test_dreambooth_adds_as_many_class_images_with_their_weight(tiny_model, data):
    backbone, method = load_backbone(tiny_model), plugins.find("method", "dreambooth")
    options = plugins.options("method", "dreambooth", {**OPTIONS, **OWN["dreambooth"], "prior_weight": 0.5})
    prepared = methods.prepare(backbone, method, data, options, 0)
    values = batch(prepared, options, 0)
    assert len(prepared["prior"]["mean"]) == 3 and values["latents"].shape == (4, 4, 8, 8)
    assert values["weights"].tolist() == [1, 1, 0.5, 0.5]
    assert torch.equal(values["prompt_embeds"][2], embed_prompts(load_backbone(tiny_model), ["a brain MRI"])[0])
    sks = [text.replace("brain MRI", "sks brain MRI") for text in data["texts"]]
    assert torch.equal(prepared["prompt_embeds"], embed_prompts(load_backbone(tiny_model), sks))


def test_without_options_custom_diffusion_has_neither_token_nor_prior(tiny_model, data, tmp_path):
    backbone, method = load_backbone(tiny_model), plugins.find("method", "custom_diffusion")
    assert methods.prepare(backbone, method, data, plugins.options("method", "custom_diffusion"), 0) == data
    assert backbone.placeholders == {} and all("attn2" in name for name in method.trainable(backbone, {}))


def test_custom_diffusions_token_starts_as_another_word_and_trains(tiny_model, data, tmp_path):
    backbone, method = load_backbone(tiny_model), plugins.find("method", "custom_diffusion")
    options = plugins.options("method", "custom_diffusion", {**OWN[WITH_TOKEN], "initializer_token": "heart"})
    prepared = methods.prepare(backbone, method, data, options, 0)
    token = backbone.tokenizer.convert_tokens_to_ids("<new1>")
    weight = backbone.text_encoder.get_input_embeddings().weight
    heart = backbone.tokenizer("heart", add_special_tokens=False).input_ids
    assert torch.allclose(weight[token], weight[heart].mean(0))
    # it stands before the subject, and the class prompt is without it
    written = backbone.tokenizer.convert_ids_to_tokens(prepared["prompt_ids"][0])
    subject = written.index("<new1>")
    plain = load_backbone(tiny_model).tokenizer.tokenize(data["texts"][0])
    assert written[1:subject] + written[subject + 1 :][: len(plain) - subject + 1] == plain
    assert token not in prepared["prior"]["prompt_ids"]
    assert torch.equal(prepared["prior"]["prompt_ids"], tokenize(load_backbone(tiny_model), ["a brain MRI"]))
    # a batch has as many class images, and training moves the token alone among the words
    values = batch(prepared, {**options, **OPTIONS}, 0)
    assert values["latents"].shape == (4, 4, 8, 8) and values["prompt_ids"].shape == (4, 77)
    run(tiny_model, data, tmp_path, WITH_TOKEN)
    saved = weights(tmp_path)
    assert saved["<new1>"].shape == (1, weight.shape[1])
    assert not torch.equal(
        saved["<new1>"][0], weight[backbone.tokenizer("ktn", add_special_tokens=False).input_ids].mean(0)
    )


def test_custom_diffusion_refuses_the_weights_of_another_network(backbone, tmp_path):
    with pytest.raises(UserError, match="attn2"):
        plugins.find("method", "custom_diffusion").apply(backbone, {"attn2.to_k.weight": torch.zeros(1)})


def test_base_is_untouched_and_missing_weights_are_named(backbone, data, tmp_path):
    before = image(backbone, data)
    assert methods.load_weights(backbone, "base", "none") == "untrained"
    assert torch.equal(image(backbone, data), before)
    with pytest.raises(UserError, match="gone.safetensors"):
        methods.load_weights(backbone, "basic_ft", tmp_path / "gone.safetensors")
    with pytest.raises(UserError, match="basic_fft.*basic_ft"):
        plugins.find("method", "basic_fft")


def test_a_method_from_outside(tiny_model, data, tmp_path, monkeypatch):
    (tmp_path / "toys").mkdir()
    (tmp_path / "toys" / "__init__.py").write_text("")
    (tmp_path / "toys" / "last_layer.py").write_text(
        "EXTENDS = ('ldcore.training.options',)\n"
        "OPTIONS = {'learning_rate': {'type': 'number', 'exclusiveMinimum': 0, 'default': 1e-3}}\n"
        "def trainable(backbone, options):\n    return {'bias': backbone.unet.conv_out.bias}\n"
        "def apply(backbone, tensors):\n    backbone.unet.conv_out.bias.data.copy_(tensors['bias'])\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    run(tiny_model, data, tmp_path / "out", "toys.last_layer")
    assert list(weights(tmp_path / "out")) == ["bias"]
    backbone = loaded(tiny_model, "toys.last_layer", tmp_path / "out")
    assert torch.equal(backbone.unet.conv_out.bias, weights(tmp_path / "out")["bias"])
    sys.modules.pop("toys", None)
