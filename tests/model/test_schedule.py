"""Noise schedules that nothing here can run are refused, by the library and before any job."""

import json
import re
import shutil

import pytest

from configs import checked
from ldcore.model.backbone import load_backbone
from ldcore.model.schedule import check_schedule, check_steps
from ldcore.plan.steps import check_all_steps
from ldcore.plan.weights import lacking
from ldcore.runtime.errors import UserError

RUNS = {"num_train_timesteps": 1000, "beta_start": 0.0001, "beta_end": 0.02, "beta_schedule": "linear"}
UNFIT = [
    ({"_class_name": "FlowMatchEulerDiscreteScheduler"}, "is a FlowMatchEulerDiscreteScheduler"),
    ({"prediction_type": "sample"}, "has prediction_type 'sample'"),
    ({"rescale_betas_zero_snr": True}, "a terminal SNR of zero"),
    ({"_class_name": "UniPCMultistepScheduler", "use_flow_sigmas": True}, "is a UniPC.* of flow matching"),
    ({"_class_name": "EDMEulerScheduler", "beta_start": None}, "is a EDMEulerScheduler without beta_start"),
    ({"beta_schedule": "sigmoid"}, "has beta_schedule 'sigmoid'"),
    ({"prediction_type": ["epsilon"]}, r"has prediction_type \['epsilon'\]"),
    ({"_class_name": 7}, "has _class_name 7, which has to be a name"),
    ({"num_train_timesteps": 0}, "has num_train_timesteps 0, which has to be a whole number above 0"),
    ({"num_train_timesteps": "1000"}, 'has num_train_timesteps "1000", which'),
    ({"num_train_timesteps": 1000.0}, "has num_train_timesteps 1000.0, which"),
    ({"num_train_timesteps": None}, "has num_train_timesteps null, which"),
    ({"beta_start": -0.1}, "has beta_start -0.1, which has to be a number above 0 and below 1"),
    ({"beta_start": float("nan")}, "has beta_start NaN, which"),
    ({"beta_end": 1}, "has beta_end 1, which has to be a number above 0 and below 1"),
    ({"beta_end": "0.02"}, 'has beta_end "0.02", which'),
    ({"beta_start": 0.5, "beta_end": 0.25}, "has beta_end 0.25, which is less than its beta_start 0.5"),
    ({"trained_betas": [0.1, 0.2]}, "has 2 trained_betas for 1000 num_train_timesteps"),
    ({"trained_betas": [0.1, 2]}, r"has trained_betas \[0.1, 2\], which has to be a list of numbers"),
    ({"steps_offset": 999}, "has steps_offset 999, which has to be 0 or 1"),
    ({"thresholding": True}, "has thresholding true, which has to be false"),
    ({"timestep_spacing": "linspace"}, "has timestep_spacing 'linspace', .*write leading or trailing"),
]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"prediction_type": "v_prediction"},
        {"prediction_type": "v_prediction", "rescale_betas_zero_snr": True},
        {"_class_name": "EulerDiscreteScheduler", "use_karras_sigmas": True},
        {"beta_start": None, "trained_betas": [0.1, 0.2], "num_train_timesteps": 2},
    ],
)
def test_epsilon_and_velocity_pass_and_what_predicts_the_image_does_not(changes):
    assert check_schedule(RUNS | changes, "model") is None
    with pytest.raises(UserError, match="prediction_type 'sample'"):
        check_schedule(RUNS | changes | {"prediction_type": "sample", "rescale_betas_zero_snr": False}, "model")


@pytest.mark.parametrize("changes, sentence", UNFIT)
def test_what_cannot_be_run_is_named(changes, sentence):
    with pytest.raises(UserError, match=f"Model here: .*{sentence}"):
        check_schedule(RUNS | changes, "here")


@pytest.mark.parametrize("changes, sentence", UNFIT)
def test_such_a_model_stops_before_any_job(tiny_model, tmp_path, changes, sentence):
    folder = tmp_path / "model"
    shutil.copytree(tiny_model, folder)
    file = folder / "scheduler" / "scheduler_config.json"
    assert lacking(checked(model={"path": str(folder)})) == []
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))
    (said,) = lacking(checked(model={"path": str(folder)}))
    assert re.search(sentence, said) and "\n" not in said
    with pytest.raises(UserError, match=sentence):
        load_backbone(folder, [])


@pytest.mark.parametrize("spacing", ["leading", "trailing"])
@pytest.mark.parametrize("offset", [0, 1])
def test_steps_fit_where_the_librarys_timesteps_lie_on_the_schedule(spacing, offset):
    from diffusers import DDIMScheduler

    schedule = RUNS | {"num_train_timesteps": 20, "timestep_spacing": spacing, "steps_offset": offset}
    scheduler = DDIMScheduler(**schedule)
    fitting = []
    for steps in range(1, 23):
        try:
            scheduler.set_timesteps(steps)
            known = int(scheduler.timesteps.max()) < 20
        except ValueError:
            known = False
        fitting += [steps] if known else []
        if known:
            assert check_steps(schedule, steps, "here") is None
        else:
            with pytest.raises(
                UserError, match=f"^{steps} steps do not .* the 20 timesteps of the model here; .* {fitting[-1]}"
            ):
                check_steps(schedule, steps, "here")


@pytest.mark.parametrize(
    "changes, place",
    [
        ({"sampling": {"steps": 1000}}, "sampling.steps"),
        ({"drifts": {"prior": {"kind": "prior", "source": "moment", "steps": 1000}}}, "drifts.prior.steps"),
        ({"methods": {"dreambooth": {"class_steps": 1000}}}, "methods.dreambooth.class_steps"),
        ({"editing": {"tasks": {"ageing": {"options": {"steps": 1000}}}}}, "editing.tasks.ageing.options.steps"),
    ],
)
def test_more_steps_than_the_model_has_timesteps_are_named_before_any_job(changes, place):
    """A thousand steps of a thousand timesteps, the first of which is the second (steps_offset)."""
    check_all_steps(checked())
    with pytest.raises(UserError, match=f"^Config {place}: 1000 steps do not fit on the 1000 .* at most 999"):
        check_all_steps(checked(**changes))
    check_all_steps(checked(**changes, model={"path": "to/be/fetched"}))


def test_more_steps_than_timesteps_are_one_sentence_in_a_job(backbone):
    from ldcore.drift import Drift
    from ldcore.sampling.ddim import denoise
    from ldcore.sampling.inversion import inverse_scheduler

    for sampled in (lambda: denoise(backbone, None, None, Drift(), 1000), lambda: inverse_scheduler(backbone, 1001)):
        with pytest.raises(UserError, match="steps do not fit on the 1000 timesteps of the model .*; give at most 999"):
            sampled()
