"""What the phantoms know against what is measured on their images."""

import numpy as np
import pytest

from ldcore import datasets, plugins
from ldcore.edit.scoring.measures import measured, measures_of
from ldcore.runtime.errors import UserError


@pytest.mark.parametrize(
    "adapter, measure, column, changes, least",
    [
        ("brain_phantom", "ventricle_area", "ventricle_fraction", {"diagnosis": "AD"}, 0.6),
        ("chest_phantom", "cardiothoracic_ratio", "ctr", {"findings": "Cardiomegaly"}, 0.6),
    ],
)
def test_measures_follow_the_causal_model(adapter, measure, column, changes, least):
    options = plugins.options("dataset adapter", adapter, {"subjects": 60, "image_size": 64})
    render = plugins.find("dataset adapter", adapter).counterfactual
    records, images = datasets.build(adapter, options, 0)
    plain = records[records["diagnosis"].eq("CN") | records["findings"].isin(["No Finding", "Cardiomegaly"])]
    if adapter == "brain_phantom":
        plain = records
    values = measured(measure, images[plain["image_index"]])
    assert np.corrcoef(values, plain[column])[0, 1] > least
    healthy = records[records["diagnosis"].eq("CN") | records["findings"].eq("No Finding")].head(12)
    ill = np.stack([render(row, options, 0, **changes) for row in healthy.to_dict("records")])
    assert (measured(measure, ill) > measured(measure, images[healthy["image_index"]])).mean() > 0.9
    colour = np.repeat(ill[..., None], 3, -1)
    np.testing.assert_allclose(measured(measure, colour), measured(measure, ill), rtol=1e-5)


def test_measures_are_found_by_the_anatomy_they_declare():
    assert measures_of("brain_mr") == ["ventricle_area"] and measures_of("chest_xray") == ["cardiothoracic_ratio"]
    assert measures_of("satellite image") == []


def test_images_with_nothing_to_measure_are_nan_and_an_unknown_measure_is_named():
    black = np.zeros((2, 32, 32), np.uint8)
    assert np.isnan(measured("ventricle_area", black)).all() and np.isnan(measured("cardiothoracic_ratio", black)).all()
    with pytest.raises(UserError, match="measure 'height' is unknown; use one of cardiothoracic_ratio, ventricle_area"):
        measured("height", black)


def test_a_measure_from_outside_has_a_dotted_name(tmp_path, monkeypatch):
    (tmp_path / "lab").mkdir()
    (tmp_path / "lab" / "bright.py").write_text("def measure(images):\n    return (images > 0.5).mean((1, 2))\n")
    monkeypatch.syspath_prepend(tmp_path)
    half = np.zeros((1, 4, 4), np.uint8)
    half[:, :2] = 200
    assert measured("lab.bright", half).tolist() == [0.5]
