"""What the phantoms know against what is measured on their images."""

import numpy as np
import pytest

from ldcore import datasets, plugins
from ldcore.edit.scoring.measure import cardiothoracic_ratio, ventricle_area


@pytest.mark.parametrize(
    "adapter, measure, column, changes, least",
    [
        ("brain_phantom", ventricle_area, "ventricle_fraction", {"diagnosis": "AD"}, 0.6),
        ("chest_phantom", cardiothoracic_ratio, "ctr", {"findings": "Cardiomegaly"}, 0.6),
    ],
)
def test_measures_follow_the_causal_model(adapter, measure, column, changes, least):
    options = plugins.options("dataset adapter", adapter, {"subjects": 60, "image_size": 64})
    render = plugins.find("dataset adapter", adapter).counterfactual
    records, images = datasets.build(adapter, options, 0)
    plain = records[records["diagnosis"].eq("CN") | records["findings"].isin(["No Finding", "Cardiomegaly"])]
    if adapter == "brain_phantom":
        plain = records
    found = measure(images[plain["image_index"]])
    assert np.corrcoef(found, plain[column])[0, 1] > least
    healthy = records[records["diagnosis"].eq("CN") | records["findings"].eq("No Finding")].head(12)
    ill = np.stack([render(row, options, 0, **changes) for row in healthy.to_dict("records")])
    assert (measure(ill) > measure(images[healthy["image_index"]])).mean() > 0.9
    np.testing.assert_allclose(measure(np.repeat(ill[..., None], 3, -1)), measure(ill), rtol=1e-5)
