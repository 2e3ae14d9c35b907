"""The examples of CONTRIBUTING.md are plug-ins: declared as each kind asks, and they do their work."""

import re
import sys

import numpy as np
import pytest

from configs import ROOT
from ldcore import plugins

IMPORTS = "import matplotlib.pyplot as plt\nimport numpy\nimport pandas\nimport torch\n\n"
KINDS = {"dataset": "dataset adapter", "measure of an anatomy": "measure"}
SECTION = re.compile(r"^## An? (.+)\n((?:(?!## ).*\n)+)", re.MULTILINE)
EXAMPLES = {
    KINDS.get(title, title): "\n".join(line[4:] for line in text.splitlines() if line.startswith("    "))
    for title, text in SECTION.findall((ROOT / "CONTRIBUTING.md").read_text())
}


@pytest.fixture
def example(tmp_path, monkeypatch):
    """kind -> the dotted name of its example, importable."""

    def write(kind):
        name = f"lab_{kind.replace(' ', '_')}"
        (tmp_path / name).mkdir()
        (tmp_path / name / "example.py").write_text(IMPORTS + EXAMPLES[kind] + "\n")
        return f"{name}.example"

    monkeypatch.syspath_prepend(tmp_path)
    yield write
    for name in [name for name in sys.modules if name.startswith("lab_")]:
        del sys.modules[name]


def test_every_kind_of_plug_in_has_a_section_and_no_other():
    assert set(EXAMPLES) == set(plugins.FOLDERS)


@pytest.mark.parametrize("kind", plugins.FOLDERS)
def test_an_example_is_a_plug_in_with_options_in_range(kind, example):
    name = example(kind)
    assert plugins.title(kind, name) != name and plugins.options(kind, name) is not None
    assert plugins.find(kind, name).__file__.endswith("example.py")


def test_the_dataset_is_one(example):
    from ldcore.datasets import build
    from ldcore.datasets.records import validate

    records, images = build(example("dataset adapter"), {"subjects": 6}, 1)
    validate(records, len(images))
    assert images.shape == (6, 64, 64) and images.dtype == np.uint8


def test_the_extractor_the_metric_and_the_classifier_give_numbers(example):
    from ldcore.evaluation.classifiers import fit_predict
    from ldcore.features import extract
    from ldcore.metrics import between_features

    dark, light = (np.full((4, 16, 16), level, np.uint8) for level in (10, 200))
    features = [extract(name, images) for name in [example("extractor")] for images in (dark, light)]
    assert features[0].shape == (4, 3)
    gap = between_features(example("metric"), *features)
    assert gap == pytest.approx(3**0.5 * 190 / 255, rel=1e-4)
    scores = fit_predict(example("classifier"), np.concatenate([dark, light]), [0] * 4 + [1] * 4, light, (0,))
    assert (scores.argmax(1) == 1).all()


def test_the_drift_source_and_the_measure_give_numbers(example):
    import torch

    source = plugins.find("drift source", example("drift source"))
    assert source.value(torch.ones(5, 4, 2, 2), {}, {"share": 0.5}) == [0.5] * 4
    measure = plugins.find("measure", example("measure")).measure
    assert measure(np.float32([[[0, 1], [1, 1]]])).tolist() == [0.75]


def test_the_claim_is_judged_by_its_interval(example, tmp_path):
    from configs import checked
    from ldcore.report.results import Results
    from ldcore.report.tables import claims
    from ldcore.runtime.files import write_json
    from ldcore.store import Store

    name = example("claim")
    results = Results(checked(grid={"datasets": ["brain_phantom"]}), Store(tmp_path / "run"))
    row = {"dataset": "brain_phantom", "method": "basic_ft", "metric": "kid", "drift": "ld", "value": 0.9}
    cells = [{**row, "low": 0.8, "high": high} for high in (0.95, 1.2)] + [{**row, "drift": "none"}]
    write_json(results.store.scores("brain_phantom"), {"cells": cells})
    judged = claims.judged(name, plugins.find("claim", name).rows(results))
    assert [row["verdict"] for row in judged] == ["supported", "not resolved"]


def test_the_method_trains_and_comes_back(example, backbone):
    import torch

    method = plugins.find("method", example("method"))
    (name, bias), *others = method.trainable(backbone, {}).items()
    method.apply(backbone, {name: torch.ones_like(bias)})
    assert not others and bool((backbone.unet.conv_out.bias == 1).all())
