"""Noise schedules that nothing here can run are refused, by the library and before any job."""

import json
import re
import shutil

import pytest

from configs import checked
from ldcore.model.backbone import load_backbone
from ldcore.model.schedule import check_schedule
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
    ({"timestep_spacing": "linspace"}, "has timestep_spacing 'linspace', .*write leading or trailing"),
]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"prediction_type": "v_prediction"},
        {"prediction_type": "v_prediction", "rescale_betas_zero_snr": True},
        {"_class_name": "EulerDiscreteScheduler", "use_karras_sigmas": True},
        {"beta_start": None, "trained_betas": [0.1, 0.2]},
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
