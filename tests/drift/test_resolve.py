"""Drift values: the schedule's terminal signal against diffusers, moments by hand, sources from outside."""

import json

import numpy as np
import pytest
from diffusers import DDPMScheduler

from ldcore import Drift, plugins
from ldcore.drift.resolve import resolve
from ldcore.drift.sources._moments import terminal_signal
from ldcore.model.save import SCHEDULE
from ldcore.runtime.errors import UserError

LATENTS = np.random.default_rng(0).normal([[[[1.0]], [[-2.0]], [[0.5]], [[0.0]]]], 0.1, (50, 4, 3, 3))


def resolved(source, **options):
    return resolve({"kind": "prior", "source": source, **options}, LATENTS, SCHEDULE)["value"]


@pytest.mark.parametrize("changes", [{}, {"beta_schedule": "linear", "beta_end": 0.02}])
def test_terminal_signal_is_that_of_diffusers(changes):
    scheduler = DDPMScheduler(**{**SCHEDULE, **changes})
    theirs = scheduler.alphas_cumprod[-1].sqrt().item()
    assert terminal_signal(dict(scheduler.config)) == pytest.approx(theirs, rel=1e-4)
    if not changes:
        assert terminal_signal(SCHEDULE) == pytest.approx(0.068, abs=5e-4)


def test_moments_by_hand():
    signal = terminal_signal(SCHEDULE)
    assert resolved("moment_channel") == pytest.approx((signal * LATENTS.mean((0, 2, 3))).tolist(), abs=1e-8)
    assert resolved("moment_scalar") == pytest.approx(signal * LATENTS.mean(), abs=1e-8)
    assert np.shape(resolved("moment_map")) == (4, 3, 3)


def test_a_fixed_drift_is_what_the_config_says():
    assert resolved("fixed", value=0.1) == 0.1
    assert resolved("fixed", value=[0.1, 0.2, 0.3, 0.4]) == [0.1, 0.2, 0.3, 0.4]
    assert resolve({"kind": "none"}, LATENTS, SCHEDULE) == {"kind": "none", "source": "fixed", "value": 0.0}


@pytest.mark.parametrize("source", plugins.names("drift source"))
def test_every_source_gives_a_drift_that_its_file_keeps(source, tmp_path):
    options = {"value": 0.25} if source == "fixed" else {}
    content = resolve({"kind": "kernel", "source": source, **options}, LATENTS, SCHEDULE)
    (tmp_path / "drift.json").write_text(json.dumps(content))
    assert Drift.read(tmp_path / "drift.json") == Drift(content["value"], "kernel")
    assert plugins.title("drift source", source) != ""


def test_a_source_from_outside(tmp_path, monkeypatch):
    (tmp_path / "drift_toys").mkdir()
    (tmp_path / "drift_toys" / "largest.py").write_text(
        "OPTIONS = {'factor': {'type': 'number', 'default': 2.0}}\n"
        "def value(latents, schedule, options):\n    return float(latents.max()) * options['factor']\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    assert resolved("drift_toys.largest") == 2 * LATENTS.max()
    assert resolved("drift_toys.largest", factor=0.5) == LATENTS.max() / 2


def test_refusals():
    with pytest.raises(UserError, match="guess.*moment_map"):
        resolved("guess")
    with pytest.raises(UserError, match="'value' is not set"):
        resolved("fixed")
    with pytest.raises(UserError, match="'value' is unknown"):
        resolved("moment_map", value=0.1)
    with pytest.raises(UserError, match="squaredcos"):
        terminal_signal({**SCHEDULE, "beta_schedule": "squaredcos_cap_v2"})
