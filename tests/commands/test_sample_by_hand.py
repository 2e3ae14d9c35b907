"""python -m ldcore sample: the workflow's pictures, everything that made them, and nothing half written."""

import json

import numpy as np
import pytest
from PIL import Image

from ldcore import Drift
from ldcore.__main__ import main
from ldcore.sampling.ddim import Sampling
from ldcore.sampling.job import SampleRequest, sample_request


def sample(model, out, *more):
    return main(["sample", "--model", str(model), "--prompt", "a brain MRI", "--steps", "2", "--out", str(out), *more])


def test_pictures_are_the_workflows(tiny_model, backbone, tmp_path):
    sample(tiny_model, tmp_path / "out", "--count", "2", "--seed", "3", "--delta=-0.1,0,0.1,0", "--kind", "kernel")
    request = SampleRequest(Drift([-0.1, 0, 0.1, 0], "kernel"), ["a brain MRI"] * 2, np.zeros(2, int), np.array([3, 3]))
    expected = sample_request(backbone, request, Sampling(2))["images"]
    files = sorted((tmp_path / "out").glob("*.png"))
    assert np.array_equal([np.asarray(Image.open(file)) for file in files], expected)
    facts = json.loads((tmp_path / "out" / "sample.json").read_text())
    assert facts["drift"] == {"kind": "kernel", "value": [-0.1, 0, 0.1, 0], "scale": 1.0}
    assert facts["prompt"] == "a brain MRI" and facts["seed"] == 3 and len(facts["model_sha256"]) == 64
    assert "ldcore/sampling/ddim.py" in facts["code"]


def test_a_delta_may_be_a_drift_file(tiny_model, tmp_path):
    (tmp_path / "drift.json").write_text('{"kind": "step", "source": "fixed", "value": 0.05}')
    sample(tiny_model, tmp_path / "a", "--count", "1", "--delta", str(tmp_path / "drift.json"))
    sample(tiny_model, tmp_path / "b", "--count", "1", "--delta", "0.05", "--kind", "step")
    assert (tmp_path / "a" / "0000.png").read_bytes() == (tmp_path / "b" / "0000.png").read_bytes()


@pytest.mark.parametrize(
    "more, said",
    [
        (["--delta", "much"], "--delta 'much' is no number, no numbers joined by commas, and no file"),
        (["--delta", "0.1,0.2"], "The drift has 2 channels, the latents have 4"),
        (["--delta", "nan"], "must be finite"),
        (["--delta", __file__], "is no drift file"),
        (["--weights", __file__], "does not say which method trained it; give --weights-method"),
        (["--weights", __file__, "--weights-method", "basic_fft"], "'basic_fft' is unknown"),
        (["--weights", "gone.safetensors", "--weights-method", "basic_ft"], "gone.safetensors is no file"),
    ],
)
def test_a_mistake_is_one_sentence_and_leaves_nothing(tiny_model, tmp_path, more, said):
    with pytest.raises(SystemExit) as ended:
        sample(tiny_model, tmp_path / "out", *more)
    assert str(ended.value.code).startswith("error: ") and said in ended.value.code and "\n" not in ended.value.code
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_pictures_is_not_written_over(tiny_model, tmp_path):
    (tmp_path / "kept.png").write_text("mine")
    with pytest.raises(SystemExit, match="exists already; remove it or give another --out"):
        sample(tiny_model, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["kept.png"]
