"""The training loop: exact resume, readings, options, faults."""

import functools
import json
import os
import subprocess
import sys
import types
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
import torch.nn.functional as F
import yaml
from safetensors.torch import load_file

from configs import ROOT, checked
from ldcore import Drift, plugins
from ldcore.datasets.records import save
from ldcore.grid import Checkpoint
from ldcore.methods import basic_ft
from ldcore.model.backbone import load_backbone
from ldcore.runtime.errors import UserError
from ldcore.runtime.files import write_json
from ldcore.runtime.seeds import numpy_rng, torch_generator
from ldcore.store import Store
from ldcore.training import checkpoint as progress
from ldcore.training import loop as module
from ldcore.training.batches import RESIDENT, batch, draws, on_device, share_of
from ldcore.training.loop import TrainingRun, train, training_run

OPTIONS = {"steps": 4, "batch_size": 3, "checkpoint_every": 2, "warmup": 1, "learning_rate": 1e-3}


PLAIN = TrainingRun(basic_ft, OPTIONS)
DRIFTED = TrainingRun(basic_ft, OPTIONS, Drift(0.1, "prior"))


def run(tiny_model, data, folder, training=PLAIN, **options):
    """The weights that a training leaves, with other options."""
    train(load_backbone(tiny_model), replace(training, options={**OPTIONS, **options}), data, folder)
    return load_file(folder / "weights.safetensors")


def same(a, b):
    return a.keys() == b.keys() and all(torch.equal(a[key], b[key]) for key in a)


def stop_after(monkeypatch, steps):
    """Make the training loop fail at step `steps`, as a killed job would."""
    original = module.one_step

    def failing(backbone, run, state, data, step, share):
        if step == steps:
            raise KeyboardInterrupt
        return original(backbone, run, state, data, step, share)

    monkeypatch.setattr(module, "one_step", failing)


@pytest.fixture
def bitsandbytes(monkeypatch):
    """A stand-in for the package, which needs a GPU: its optimizer with one state of another name and type."""

    class AdamW8bit(torch.optim.SGD):
        def __init__(self, parameters, lr, weight_decay):
            super().__init__(parameters, lr=lr, weight_decay=weight_decay, momentum=0.9)

    optim = types.SimpleNamespace(AdamW8bit=AdamW8bit)
    monkeypatch.setitem(sys.modules, "bitsandbytes", types.SimpleNamespace(optim=optim))
    monkeypatch.setitem(sys.modules, "bitsandbytes.optim", optim)


@pytest.mark.parametrize(
    "extra",
    [
        {},
        {"ema_decay": 0.9, "accumulation": 2, "min_snr_gamma": 5.0},
        {"ema_decay": 0.9, "optimizer": "adamw_8bit", "mixed_precision": "bf16"},
    ],
)
def test_resumed_equals_straight(tiny_model, data, tmp_path, monkeypatch, bitsandbytes, extra):
    straight = run(tiny_model, data, tmp_path / "straight", DRIFTED, **extra)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        stop_after(patch, 3)
        run(tiny_model, data, tmp_path / "cut", DRIFTED, **extra)
    assert [p.name for p in (tmp_path / "cut").iterdir()] == ["checkpoint.pt"]
    assert same(run(tiny_model, data, tmp_path / "cut", DRIFTED, **extra), straight)
    assert not (tmp_path / "cut" / "checkpoint.pt").exists()


def test_a_checkpoint_of_other_settings_is_ignored(tiny_model, data, tmp_path, monkeypatch):
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        stop_after(patch, 3)
        run(tiny_model, data, tmp_path / "cut", learning_rate=5e-3)
    assert same(run(tiny_model, data, tmp_path / "cut"), run(tiny_model, data, tmp_path / "straight"))


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content[: len(content) // 2],
        lambda content: b"",
        lambda content: b"PK" + content[4:],
        lambda content: b"\0" * len(content),
    ],
)
def test_a_damaged_checkpoint_is_set_aside_and_training_starts_again(
    tiny_model, data, tmp_path, monkeypatch, capsys, damage
):
    straight = run(tiny_model, data, tmp_path / "straight")
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        stop_after(patch, 3)
        run(tiny_model, data, tmp_path / "cut")
    file = tmp_path / "cut" / "checkpoint.pt"
    damaged = damage(file.read_bytes())
    file.write_bytes(damaged)
    assert same(run(tiny_model, data, tmp_path / "cut"), straight)
    assert f"the checkpoint {file} is damaged; it is set aside as checkpoint.damaged.pt" in capsys.readouterr().out
    assert (tmp_path / "cut" / "checkpoint.damaged.pt").read_bytes() == damaged and not file.exists()


def test_a_file_that_is_no_checkpoint_is_set_aside_too(tmp_path):
    torch.save([torch.zeros(3)], tmp_path / "checkpoint.pt")
    assert progress.read_checkpoint(tmp_path / "checkpoint.pt") == {}
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint.damaged.pt"]
    assert progress.read_checkpoint(tmp_path / "checkpoint.pt") == {}


def test_delta_zero_trains_as_plain_and_delta_does_not(tiny_model, data, tmp_path):
    plain = run(tiny_model, data, tmp_path / "plain")
    for target in ("drifted_noise", "plain_noise", "drifted_state"):
        zero = TrainingRun(basic_ft, OPTIONS, Drift(0.0, "prior"), target)
        assert same(run(tiny_model, data, tmp_path / target, zero), plain)
        assert not same(run(tiny_model, data, tmp_path / f"{target}1", replace(DRIFTED, target=target)), plain)


@pytest.mark.parametrize(
    "entry",
    [
        {"noise": "offset", "scale": 0.3},
        {"noise": "offset", "scale": 0.3, "each": "image"},
        {"noise": "multi_resolution", "scale": 0.6},
        {"noise": "input_perturbation", "scale": 0.1},
        {"scheduler": {"prediction_type": "v_prediction", "rescale_betas_zero_snr": True}},
        {"budget": 2.0},
    ],
    ids=lambda entry: "-".join(str(value) for value in entry.values())[:20],
)
def test_every_training_of_the_config_trains_otherwise_and_resumes(tiny_model, data, tmp_path, monkeypatch, entry):
    plain = checked()["trainings"]["plain"]
    runs = [training_run(basic_ft, OPTIONS, training, Drift(), 0) for training in (plain, {**plain, **entry})]
    logs = [train(load_backbone(tiny_model), run, data, tmp_path / name) for name, run in zip("ab", runs)]
    weights = [load_file(tmp_path / name / "weights.safetensors") for name in "ab"]
    assert not same(*weights) and len(logs[1]["losses"]) == 4 * entry.get("budget", 1)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        stop_after(patch, 3)
        train(load_backbone(tiny_model), runs[1], data, tmp_path / "cut")
    train(load_backbone(tiny_model), runs[1], data, tmp_path / "cut")
    assert same(load_file(tmp_path / "cut" / "weights.safetensors"), weights[1])


def test_processes_share_the_noise_of_one(data):
    setting = {"kind": "input_perturbation", "scale": 0.1}
    options = {"batch_size": 4, "caption_dropout": 0.0}
    whole = batch(data, options, 0, noise=setting)
    parts = [batch(data, options, 0, share=(rank, 2), noise=setting) for rank in (0, 1)]
    for name in ("noise", "perturbation"):
        assert torch.equal(torch.stack([part[name] for part in parts], 1).flatten(0, 1), whole[name])


def test_options_act(tiny_model, data, tmp_path):
    plain = run(tiny_model, data, tmp_path / "plain")
    for index, extra in enumerate(
        (
            {"min_snr_gamma": 5.0},
            {"ema_decay": 0.9},
            {"accumulation": 2},
            {"caption_dropout": 1.0},
            {"lr_schedule": "constant"},
            {"mixed_precision": "bf16"},
            {"save_dtype": "bf16"},
        )
    ):
        assert not same(run(tiny_model, data, tmp_path / str(index), **extra), plain), extra
    assert not same(run(tiny_model, data, tmp_path / "seed", replace(PLAIN, seed=1)), plain)


def test_a_diverging_loss_is_one_sentence_and_leaves_nothing(tiny_model, data, tmp_path):
    data["mean"][:] = float("nan")
    with pytest.raises(UserError, match="step 0.*learning_rate"):
        run(tiny_model, data, tmp_path / "nan")
    assert list((tmp_path / "nan").iterdir()) == []


def test_unknown_option_is_named(tiny_model, data, tmp_path):
    with pytest.raises(UserError, match="learning_rat'"):
        run(tiny_model, data, tmp_path, learning_rat=1.0)
    with pytest.raises(UserError, match="fp16"):
        run(tiny_model, data, tmp_path, mixed_precision="fp16")
    with pytest.raises(UserError, match="lion.*adamw_8bit"):
        run(tiny_model, data, tmp_path, optimizer="lion")


def plain_loop(backbone, data, steps=4, size=3):
    """Training as its formulas say, all on the CPU and read every step: AdamW, cosine after one step of warm-up."""
    parameters = list(backbone.unet.requires_grad_(True).parameters())
    optimizer = torch.optim.AdamW(parameters, lr=1e-3, weight_decay=0.01)
    alphas = backbone.scheduler.alphas_cumprod
    for step in range(steps):
        rng, generator = numpy_rng(0, "train", step, 0), torch_generator(0, "train", step, 0)
        rows = rng.integers(6, size=size)
        latents = data["mean"][rows] + data["std"][rows] * torch.randn((size, 4, 8, 8), generator=generator)
        dropped = rng.random(size) < 0.1
        embeds = torch.stack(
            [
                data["empty"] if drop else data["prompt_embeds"][data["prompt_rows"][row]]
                for row, drop in zip(rows, dropped)
            ]
        )
        noise = torch.randn((size, 4, 8, 8), generator=generator)
        times = torch.from_numpy(rng.integers(0, 1000, size))
        a = alphas[times].view(-1, 1, 1, 1)
        noisy = a**0.5 * latents + (1 - a) ** 0.5 * (noise + 0.1)
        predicted = backbone.unet(noisy.contiguous(memory_format=torch.channels_last), times, embeds).sample
        (F.mse_loss(predicted, noise, reduction="none").mean((1, 2, 3)).sum() / size).backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        for group in optimizer.param_groups:
            group["lr"] = 1e-3 * (step if step < 1 else max(0.0, 0.5 * (1 + np.cos(np.pi * (step - 1) / (steps - 1)))))
        optimizer.step()
        optimizer.zero_grad()
    return {name: p.detach().contiguous() for name, p in backbone.unet.named_parameters()}


def test_the_default_is_the_plain_loop_bit_for_bit(tiny_model, data, tmp_path):
    ours = run(tiny_model, data, tmp_path, DRIFTED, caption_dropout=0.1)
    assert same(ours, plain_loop(load_backbone(tiny_model), data))


def test_losses_are_read_every_few_steps_on_a_gpu_and_a_bad_one_is_still_named(tiny_model, data, tmp_path, monkeypatch):
    straight = run(tiny_model, data, tmp_path / "each", steps=5, accumulation=2)
    monkeypatch.setitem(progress.READ_EVERY, "cpu", 3)
    assert same(run(tiny_model, data, tmp_path / "seldom", steps=5, accumulation=2), straight)
    logs = [json.loads((tmp_path / name / "log.json").read_text())["losses"] for name in ("each", "seldom")]
    assert logs[0] == logs[1] and len(logs[0]) == 5
    data["std"][:] = float("inf")
    with pytest.raises(UserError, match="step 0"):
        run(tiny_model, data, tmp_path / "bad", steps=5, checkpoint_every=2)
    assert list((tmp_path / "bad").iterdir()) == []


def test_bf16_trains_float32_weights(tiny_model, data, tmp_path):
    exact, rounded = (run(tiny_model, data, tmp_path / choice, mixed_precision=choice) for choice in ("no", "bf16"))
    moved = [(rounded[key] - exact[key]).abs().max() for key in exact]
    assert all(value.dtype == torch.float32 for value in rounded.values()) and 0 < max(moved) < 5e-3
    assert not same({key: value.bfloat16().float() for key, value in rounded.items()}, rounded)


def test_weights_saved_in_bf16_are_those_of_float32_rounded(tiny_model, data, tmp_path):
    full, half = (run(tiny_model, data, tmp_path / choice, save_dtype=choice) for choice in ("float32", "bf16"))
    assert same({key: value.bfloat16() for key, value in full.items()}, half)
    backbone = load_backbone(tiny_model)
    basic_ft.apply(backbone, half)
    assert next(backbone.unet.parameters()).dtype == torch.float32


def test_8_bit_adam_names_the_package_it_needs(tiny_model, data, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "bitsandbytes", None)
    with pytest.raises(UserError, match="bitsandbytes"):
        run(tiny_model, data, tmp_path, optimizer="adamw_8bit")


def test_a_compiled_network_trains_the_same_and_a_failure_is_one_sentence(tiny_model, data, tmp_path, monkeypatch):
    plain, original = run(tiny_model, data, tmp_path / "plain", gradient_checkpointing=True), torch.compile
    monkeypatch.setattr(torch, "compile", functools.partial(original, backend="aot_eager"))
    compiled = run(tiny_model, data, tmp_path / "compiled", compile=True)
    assert all(torch.allclose(compiled[key], plain[key], atol=1e-4) for key in plain)

    def broken(graph, inputs):
        raise RuntimeError("no compiler here")

    monkeypatch.setattr(torch, "compile", functools.partial(original, backend=broken))
    with pytest.raises(UserError, match="no compiler here.*compile: false"):
        run(tiny_model, data, tmp_path / "broken", compile=True)


def test_stock_attention_is_the_fused_one(backbone):
    assert {type(processor).__name__ for processor in backbone.unet.attn_processors.values()} == {"AttnProcessor2_0"}


def test_shares_make_the_batch(data):
    data["prior"] = {**data, "mean": data["mean"] + 1}
    options = plugins.options("method", "dreambooth", {"batch_size": 4, "prior_weight": 0.5})
    whole, shares = batch(data, options, 0), [batch(data, options, 0, share=(rank, 2)) for rank in (0, 1)]
    for key in whole:
        own, prior = whole[key][:4], whole[key][4:]
        for rank, share_values in enumerate(shares):
            assert torch.equal(share_values[key], torch.cat([own[rank::2], prior[rank::2]])), key
    assert len(draws(data, options, 0)["rows"]) == 4


def test_data_lies_on_the_device_where_it_fits(data, monkeypatch):
    device, small = torch.device("meta"), data["mean"].nbytes * 0.5
    data["prior"] = {"mean": data["mean"][:1], "timesteps": 1000}
    for memory, places in ((1e9, ("meta", "meta")), (small / RESIDENT, ("cpu", "meta")), (1.0, ("cpu", "cpu"))):
        card = types.SimpleNamespace(total_memory=memory)
        monkeypatch.setattr(torch.cuda, "get_device_properties", lambda _, card=card: card)
        placed = on_device(data, device)
        assert (placed["mean"].device.type, placed["prior"]["mean"].device.type) == places
        assert placed["device"] == device
    assert on_device(data, torch.device("cpu")) is data


RECORD = {"session": 0, "sex": "F", "diagnosis": "CN", "findings": "", "split": "train"}


def prepared(root, tiny_model, **options):
    """What a fine-tuning job reads, under `root`: six images' records and latents, a drift and the run's config."""
    store, draw = Store(root), np.random.default_rng(0)
    records = pd.DataFrame([{**RECORD, "subject_id": f"s{n}", "age": 70.0 + n, "image_index": n} for n in range(6)])
    save(records, np.zeros((6, 32, 32), np.uint8), store.data("brain_phantom"))
    store.latents("brain_phantom").parent.mkdir()
    mean, std = draw.normal(size=(6, 4, 8, 8)).astype("float32"), np.full((6, 4, 8, 8), 0.1, "float32")
    np.savez(store.latents("brain_phantom"), mean=mean, std=std, rows=np.arange(6))
    write_json(store.drift("brain_phantom", "none"), {"kind": "none", "value": 0.0})
    config = checked(name=root.name, model={"path": str(tiny_model)})
    config["methods"] = {"basic_ft": {**OPTIONS, **options}}
    store.config.write_text(yaml.safe_dump(config))
    return store


def launched(store, processes: int):
    """workflow_scripts/finetune.py on the CPU, by accelerate where it is more than one process; the folder it wrote."""
    checkpoint = Checkpoint("brain_phantom", "basic_ft", "ld", "simple_info", "0")
    ids = [word for name, value in checkpoint._asdict().items() for word in (f"--{name}", value)]
    launch = ["-m", "accelerate.commands.launch", "--multi_gpu", "--num_processes", str(processes)]
    launch += ["--num_machines", "1", "--main_process_port", "0"]
    command = [sys.executable, *(launch if processes > 1 else []), "workflow_scripts/finetune.py"]
    done = subprocess.run(
        [*command, "--config", str(store.config), *ids],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0 and done.stdout.count("job: host=") == processes, done.stderr[-2000:]
    return store.training(checkpoint)


def test_two_processes_train_as_one_with_the_same_batch(tiny_model, tmp_path):
    folders = []
    for processes in (1, 2):
        root = tmp_path / str(processes)
        folders.append(
            launched(prepared(root, tiny_model, batch_size=4, accumulation=2, checkpoint_every=3), processes)
        )
    one, two = (load_file(folder / "weights.safetensors") for folder in folders)
    assert all(torch.allclose(one[key], two[key], atol=2e-5) for key in one) and one.keys() == two.keys()
    losses = [json.loads((folder / "log.json").read_text())["losses"] for folder in folders]
    assert np.allclose(*losses, rtol=1e-4)
    with pytest.raises(UserError, match="2 processes cannot share a batch_size of 3"):
        share_of({"batch_size": 3}, 0, 2)


def test_a_run_has_the_same_key_in_every_process(tiny_model, tmp_path):
    """Else no checkpoint would be gone on from."""
    script = (
        "import sys, torch; from ldcore.methods import basic_ft; from ldcore.model.backbone import load_backbone\n"
        "from ldcore.training.loop import TrainingRun, run_key\n"
        "data = {'mean': torch.arange(4.0), 'texts': ['a', 'b'], 'prior': {'rows': torch.tensor([1])}}\n"
        "backbone = load_backbone(sys.argv[1], ['unet', 'text_encoder'])\n"
        "print(run_key(backbone, TrainingRun(basic_ft, {'steps': 2}), data))"
    )
    keys = {
        subprocess.run(
            [sys.executable, "-c", script, tiny_model],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(keys) == 1
