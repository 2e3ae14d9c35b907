"""Drift values: the schedule's terminal signal against diffusers, moments by hand."""

import numpy as np
import pytest
from diffusers import DDPMScheduler

from ldcore.drift.estimate import moment, resolve, terminal_signal
from ldcore.runtime.errors import UserError
from pretrain.diffusion import SCHEDULE

LATENTS = np.random.default_rng(0).normal([[[[1.0]], [[-2.0]], [[0.5]], [[0.0]]]], 0.1, (50, 4, 3, 3))


@pytest.mark.parametrize("changes", [{}, {"beta_schedule": "linear", "beta_end": 0.02}])
def test_terminal_signal_is_that_of_diffusers(changes):
    scheduler = DDPMScheduler(**{**SCHEDULE, **changes})
    assert terminal_signal(dict(scheduler.config)) == pytest.approx(
        scheduler.alphas_cumprod[-1].sqrt().item(), rel=1e-4
    )
    if not changes:
        assert terminal_signal(SCHEDULE) == pytest.approx(0.068, abs=5e-4)


def test_moments_by_hand():
    signal = terminal_signal(SCHEDULE)
    assert moment(LATENTS, SCHEDULE, "channel") == pytest.approx((signal * LATENTS.mean((0, 2, 3))).tolist(), abs=1e-8)
    assert moment(LATENTS, SCHEDULE, "scalar") == pytest.approx(signal * LATENTS.mean(), abs=1e-8)
    assert np.shape(moment(LATENTS, SCHEDULE, "map")) == (4, 3, 3)


def test_resolve_fills_the_value():
    assert resolve({"kind": "prior", "source": "fixed", "value": 0.1}, LATENTS, SCHEDULE)["value"] == 0.1
    assert resolve({"kind": "none"}, LATENTS, SCHEDULE) == {"kind": "none", "source": "fixed", "value": 0.0}
    assert len(resolve({"kind": "prior", "source": "moment_channel"}, LATENTS, SCHEDULE)["value"]) == 4


def test_refusals():
    with pytest.raises(UserError, match="guess"):
        resolve({"kind": "prior", "source": "guess"}, LATENTS, SCHEDULE)
    with pytest.raises(UserError, match="squaredcos"):
        terminal_signal({**SCHEDULE, "beta_schedule": "squaredcos_cap_v2"})
