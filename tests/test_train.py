"""The training loop: exact resume, readings, options, faults."""

import pytest
import torch
from safetensors.torch import load_file

from ldcore import Drift, train as module
from ldcore.backbone import load_backbone
from ldcore.errors import UserError
from ldcore.methods import basic_ft
from ldcore.train import train

OPTIONS = {"steps": 4, "batch_size": 3, "checkpoint_every": 2, "warmup": 1, "learning_rate": 1e-3}


def run(tiny_model, data, folder, drift=Drift(), target="plain_noise", seed=0, method=basic_ft, **options):
    backbone = load_backbone(tiny_model)
    train(backbone, method, data, drift, target, {**OPTIONS, **options}, seed, folder)
    return load_file(folder / "weights.safetensors")


def same(a, b):
    return a.keys() == b.keys() and all(torch.equal(a[key], b[key]) for key in a)


def stop_after(monkeypatch, steps):
    """Make the training loop fail at step `steps`, as a killed job would."""
    original = module.one_step

    def failing(*arguments):
        if arguments[8] == steps:
            raise KeyboardInterrupt
        return original(*arguments)

    monkeypatch.setattr(module, "one_step", failing)


@pytest.mark.parametrize("extra", [{}, {"ema_decay": 0.9, "accumulation": 2, "min_snr_gamma": 5.0}])
def test_resumed_equals_straight(tiny_model, data, tmp_path, monkeypatch, extra):
    straight = run(tiny_model, data, tmp_path / "straight", Drift(0.1, "prior"), **extra)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        stop_after(patch, 3)
        run(tiny_model, data, tmp_path / "cut", Drift(0.1, "prior"), **extra)
    assert [p.name for p in (tmp_path / "cut").iterdir()] == ["checkpoint.pt"]
    assert same(run(tiny_model, data, tmp_path / "cut", Drift(0.1, "prior"), **extra), straight)
    assert not (tmp_path / "cut" / "checkpoint.pt").exists()


def test_a_checkpoint_of_other_settings_is_ignored(tiny_model, data, tmp_path, monkeypatch):
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        stop_after(patch, 3)
        run(tiny_model, data, tmp_path / "cut", learning_rate=5e-3)
    assert same(run(tiny_model, data, tmp_path / "cut"), run(tiny_model, data, tmp_path / "straight"))


def test_delta_zero_trains_as_plain_and_delta_does_not(tiny_model, data, tmp_path):
    plain = run(tiny_model, data, tmp_path / "plain")
    for target in ("drifted_noise", "plain_noise", "drifted_state"):
        assert same(run(tiny_model, data, tmp_path / target, Drift(0.0, "prior"), target), plain)
        assert not same(run(tiny_model, data, tmp_path / f"{target}1", Drift(0.1, "prior"), target), plain)


def test_options_act(tiny_model, data, tmp_path):
    plain = run(tiny_model, data, tmp_path / "plain")
    for index, extra in enumerate(({"min_snr_gamma": 5.0}, {"ema_decay": 0.9}, {"accumulation": 2}, {"caption_dropout": 1.0},
                                   {"lr_schedule": "constant"})):
        assert not same(run(tiny_model, data, tmp_path / str(index), **extra), plain), extra
    assert not same(run(tiny_model, data, tmp_path / "seed", seed=1), plain)


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
