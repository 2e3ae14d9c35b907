"""Every export, by its command, loaded by stock diffusers: the images our sampler gives, and nothing half written."""

import subprocess
import sys

import pytest
import torch
from safetensors.torch import save_file

from ldcore import Drift, export, methods, plugins
from ldcore.edit import EditTexts, Sources
from ldcore.edit.methods import instruct_pix2pix as ip
from ldcore.model.backbone import embed_prompts, load_backbone
from ldcore.runtime.errors import UserError
from ldcore.sampling.ddim import Sampling, sample, starting_noise
from ldcore.training.loop import TrainingRun, train

OPTIONS = {"steps": 2, "batch_size": 2, "warmup": 1, "learning_rate": 1e-2}
NAMES = [name for name in plugins.names("method") if name != "base"]
DRIFT = Drift(0.02, "kernel")
NOISE = starting_noise((4, 8, 8), 0)[None]


OWN = {"dreambooth": {"class_images": 2, "class_steps": 1}}


def trained(tiny_model, data, folder, name, own=None):
    """A run's weights file; own: options of the method."""
    run = TrainingRun(plugins.find("method", name), {**OPTIONS, **(own or OWN.get(name, {}))})
    train(load_backbone(tiny_model), run, data, folder)
    return folder / "weights.safetensors"


def latents_of(pipeline, prompt, **options):
    pipeline.set_progress_bar_config(disable=True)
    return pipeline(
        prompt,
        num_inference_steps=3,
        guidance_scale=1.5,
        latents=DRIFT.shift(NOISE),
        output_type="latent",
        callback_on_step_end=DRIFT.step_callback(),
        **options,
    ).images


@pytest.mark.parametrize(
    "name, own", [*((name, None) for name in NAMES), ("custom_diffusion", {"modifier_token": "<new1>"})]
)
def test_a_whole_pipeline_draws_our_images(tiny_model, data, tmp_path, capsys, name, own):
    from diffusers import StableDiffusionPipeline

    weights = trained(tiny_model, data, tmp_path, name, own)
    export.main(tiny_model, name, weights, tmp_path / "out", True)
    ours = load_backbone(tiny_model)
    methods.load_weights(ours, name, weights)
    text, printed = data["texts"][0].lower(), capsys.readouterr().out
    for words, instead in ours.placeholders.items():
        written = instead.split()[0] if name == "textual_inversion" else instead
        assert f"{words!r} is now {written!r}" in printed
        text = text.replace(words, written)
    stock = latents_of(StableDiffusionPipeline.from_pretrained(tmp_path / "out"), text)
    embeds = embed_prompts(ours, ["", data["texts"][0]])
    assert torch.allclose(stock, sample(ours, embeds[1:], embeds[0], NOISE, DRIFT, Sampling(3, 1.5))[0], atol=1e-5)
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []


def test_a_pipeline_has_the_schedule_that_its_weights_were_trained_with(tiny_model, data, tmp_path, capsys):
    from diffusers import StableDiffusionPipeline

    schedule = {"prediction_type": "v_prediction", "rescale_betas_zero_snr": True, "timestep_spacing": "trailing"}
    basic_ft = plugins.find("method", "basic_ft")
    train(load_backbone(tiny_model), TrainingRun(basic_ft, OPTIONS, scheduler=schedule), data, tmp_path)
    export.main(tiny_model, "basic_ft", tmp_path / "weights.safetensors", tmp_path / "out", True)
    config = StableDiffusionPipeline.from_pretrained(tmp_path / "out").scheduler.config
    assert schedule.items() <= config.items() and "v_prediction" in capsys.readouterr().out


def test_a_trained_edit_method_becomes_its_own_pipeline(tiny_model, data, tmp_path):
    from diffusers import StableDiffusionInstructPix2PixPipeline

    backbone = load_backbone(tiny_model)
    named = ip.trainable(backbone, {})
    with torch.no_grad():
        named["conv_in.weight"][:, 4:] += 0.1
    save_file({name: p.detach().contiguous() for name, p in named.items()}, tmp_path / "weights.safetensors")
    export.main(tiny_model, "instruct_pix2pix", tmp_path / "weights.safetensors", tmp_path / "out", True)
    image = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(1)) * 2 - 1
    with torch.no_grad():
        source = backbone.vae.encode(image).latent_dist.mode() * backbone.vae.config.scaling_factor
    noise = starting_noise((4, 8, 8), "edit", "key")[None]
    pipeline = StableDiffusionInstructPix2PixPipeline.from_pretrained(tmp_path / "out")
    pipeline.set_progress_bar_config(disable=True)
    stock = pipeline(
        "older",
        image=image,
        latents=noise,
        num_inference_steps=3,
        guidance_scale=1.5,
        image_guidance_scale=1.2,
        output_type="latent",
    ).images
    options = {"steps": 3, "guidance_scale": 1.5, "image_guidance_scale": 1.2, "drift_in": "edit"}
    sources = Sources(source, EditTexts([""], [""], ["older"], ["e"], {}), [("key",)])
    ours, _ = ip.edit(backbone, sources, Drift(), options)
    assert torch.allclose(ours[0], stock, atol=1e-4)


def test_unchanged_parts_are_links_and_stay_as_they_are(tiny_model, data, tmp_path):
    weights = trained(tiny_model, data, tmp_path, "basic_ft")
    export.main(tiny_model, "basic_ft", weights, tmp_path / "out", True)
    for part, same in (("vae", True), ("text_encoder", True), ("unet", False)):
        name = next((tiny_model / part).glob("*.safetensors")).name
        assert (tiny_model / part / name).samefile(tmp_path / "out" / part / name) == same


def test_the_command_and_its_refusals(tiny_model, data, tmp_path):
    weights = trained(tiny_model, data, tmp_path, "custom_diffusion")
    command = [
        sys.executable,
        "-m",
        "ldcore.export",
        "--model",
        tiny_model,
        "--method",
        "custom_diffusion",
        "--weights",
        weights,
        "--out",
    ]
    done = subprocess.run([*command, tmp_path / "out"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert sorted(p.name for p in (tmp_path / "out" / "unet").iterdir()) == [
        "config.json",
        "diffusion_pytorch_model.safetensors",
    ]
    with pytest.raises(UserError, match="exists already"):
        export.main(tiny_model, "custom_diffusion", weights, tmp_path / "out", False)
    with pytest.raises(UserError, match="pix2pix_zero.*trains nothing"):
        export.main(tiny_model, "pix2pix_zero", weights, tmp_path / "new", False)
    with pytest.raises(UserError, match="gone.safetensors"):
        export.main(tiny_model, "basic_ft", tmp_path / "gone.safetensors", tmp_path / "new", True)
    assert not (tmp_path / "new").exists()
