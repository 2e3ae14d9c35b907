"""The disk budget: what it says before anything runs is what training saves."""

import sys
from pathlib import Path

import pytest
import torch
import yaml

from ldcore import grid, plugins
from ldcore.model.backbone import load_backbone
from ldcore.plan import budget
from ldcore.plan import config as ldconfig
from ldcore.runtime.errors import UserError
from ldcore.training.loop import TrainingRun, train

ROOT = Path(__file__).parents[2]
SCHEMA = yaml.safe_load((ROOT / "schemas/config.schema.yaml").read_text())
TRAINED = [name for name in plugins.names("method") if name != "base"] + ["instruct_pix2pix"]
WORDS = ["brain MRI", "Alzheimer's disease", "normal cognition"]  # as the fixture `data` has them


def shipped(model, **changes):
    config = yaml.safe_load((ROOT / "config.yaml").read_text()) | {"model": {"path": str(model)}, **changes}
    return ldconfig.check(config, SCHEMA)


@pytest.mark.parametrize("name", TRAINED)
@pytest.mark.parametrize("dtype", ["float32", "bf16"])
def test_a_weights_file_is_as_large_as_foretold(tiny_model, data, tmp_path, name, dtype):
    chosen = plugins.find("method", name) if name in plugins.names("method") else plugins.find("edit method", name)
    if name == "instruct_pix2pix":
        data |= {"source": data["mean"], "source_std": data["std"], "source_scale": 0.5}
    options = {
        "steps": 1,
        "batch_size": 2,
        "save_dtype": dtype,
        **({"class_images": 1, "class_steps": 1} if name == "dreambooth" else {}),
    }
    log = train(load_backbone(tiny_model), TrainingRun(chosen, options), data, tmp_path)
    said = budget.trained(tiny_model, chosen.TRAINS, WORDS)
    with open(tmp_path / "weights.safetensors", "rb") as file:
        head = int.from_bytes(file.read(8), "little")
    size = (tmp_path / "weights.safetensors").stat().st_size - 8 - head
    if name == "textual_inversion":
        assert log["parameters"] <= said and size <= said * budget.BYTES[dtype]
    else:
        assert log["parameters"] == said and size == said * budget.BYTES[dtype]


def test_a_model_still_to_be_fetched_counts_as_stable_diffusion(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    import sd1

    with torch.device("meta"):
        unet = sd1.parts()["unet"]
    named = {name: tuple(parameter.shape) for name, parameter in unet.named_parameters()}
    for kind, name in (*(("method", name) for name in plugins.names("method")), ("edit method", "instruct_pix2pix")):
        trains = plugins.declared(kind, name)["TRAINS"]
        with monkeypatch.context() as patch:
            patch.setitem(budget.SD1, "unet", named)
            tensor_by_tensor = budget.trained(tmp_path / "absent", trains, WORDS)
        assert budget.trained(tmp_path / "absent", trains, WORDS) == tensor_by_tensor
    assert "counted as Stable Diffusion 1.x" in budget.printed(shipped(tmp_path / "absent"))


def test_every_shipped_method_is_counted():
    for kind in ("method", "edit method"):
        for name in plugins.names(kind):
            assert hasattr(plugins.find(kind, name), "trainable") == ("TRAINS" in plugins.declared(kind, name)), name


def test_a_checkpoint_is_no_larger_than_foretold(tiny_model, data, tmp_path, monkeypatch):
    from ldcore.training import loop as module

    sizes, original = [], module.save_checkpoint

    def measured(state, path, key, step):
        original(state, path, key, step)
        sizes.append(path.stat().st_size)

    monkeypatch.setattr(module, "save_checkpoint", measured)
    options = {"steps": 2, "batch_size": 2, "checkpoint_every": 1, "ema_decay": 0.9}
    run = module.TrainingRun(plugins.find("method", "basic_ft"), options)
    log = train(load_backbone(tiny_model), run, data, tmp_path)
    config = shipped(tiny_model)
    said = budget.row(config, ("method", "basic_ft"), "brain_phantom", options, 1)["checkpoint"]
    assert (
        said == 16 * log["parameters"] and said <= sizes[0] < 1.5 * said
    )  # this model's many small tensors have heads of their own


def test_runs_of_the_shipped_grid(tiny_model, tmp_path, monkeypatch):
    config = shipped(tiny_model)
    rows = {one["method"]: one for one in budget.budget(config)}
    wanted = [found for found in grid.checkpoints(config) if found[1] == "basic_ft"]
    assert rows["basic_ft"]["runs"] == len(wanted) == 9
    assert [one["runs"] for one in budget.budget(config) if one["method"] == "instruct_pix2pix"] == [6, 1]  # two tasks
    unet = sum(p.numel() for p in load_backbone(tiny_model, ["unet"]).unet.parameters())
    assert rows["basic_ft"]["bytes"] == 4 * unet
    text = budget.printed(config)
    assert (
        f"{unet:,}" in text
        and "kept" in text
        and "removed once used" in budget.printed({**config, "keep_weights": False})
    )
    (tmp_path / "last_layer_toys").mkdir()
    (tmp_path / "last_layer_toys" / "last_layer.py").write_text("EXTENDS = ('ldcore.training.options',)\n")
    monkeypatch.syspath_prepend(tmp_path)
    outside = shipped(
        tiny_model,
        methods={"last_layer_toys.last_layer": {}, **config["methods"]},
        grid={**config["grid"], "methods": ["last_layer_toys.last_layer"]},
    )
    assert [one["bytes"] for one in budget.budget(outside) if one["method"] == "last_layer_toys.last_layer"] == [None]
    assert "?" in budget.printed(outside)


def test_split_weights_are_read_and_missing_ones_named(tiny_model, tmp_path):
    whole = budget.shapes(tiny_model, "unet")
    load_backbone(tiny_model, ["unet"]).unet.save_pretrained(tmp_path / "unet", max_shard_size="200KB")
    assert len(list((tmp_path / "unet").glob("*.safetensors"))) > 1 and budget.shapes(tmp_path, "unet") == whole
    with pytest.raises(UserError, match="text_encoder.*model.path"):
        budget.shapes(tmp_path, "text_encoder")


def test_stable_diffusion_has_its_published_sizes():
    sys.path.insert(0, str(ROOT / "benchmarks"))
    import sd1

    with torch.device("meta"):
        parts = sd1.parts()
    assert {name: sum(p.numel() for p in part.parameters()) for name, part in parts.items()} == sd1.PARAMETERS
    assert sd1.PARAMETERS == {"unet": 859_520_964, "vae": 83_653_863, "text_encoder": 123_060_480}
    pairs = budget.trained("absent", plugins.declared("method", "custom_diffusion")["TRAINS"], WORDS)
    assert 4 * pairs == 76_677_120  # Custom Diffusion's file: 77 MB
