"""python -m ldcore new: templates are alive, in the folder of their kind and outside, and nothing is written over."""

import numpy as np
import pytest
import yaml

from configs import CONFIG, SCHEMA, merged
from ldcore import plugins
from ldcore.__main__ import main
from ldcore.commands._contract import faults
from ldcore.commands._trial import trial
from ldcore.plan.config import check, check_names


@pytest.fixture
def lab(tmp_path, monkeypatch):
    """Makes a plug-in outside the repository; returns its dotted name."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    package = f"lab{abs(hash(str(tmp_path)))}"

    def make(kind):
        name = f"my_{kind.replace(' ', '_')}"
        assert main(["new", kind.replace(" ", "-"), name, "--module", f"{package}.{name}"]) == 0
        return f"{package}.{name}"

    return make


@pytest.mark.parametrize("kind", plugins.FOLDERS)
def test_a_new_one_is_whole_and_its_config_is_one(kind, lab, capsys):
    name = lab(kind)
    assert faults(kind, name) == []
    assert plugins.title(kind, name) == f"my {kind}"
    config = CONFIG
    for line in capsys.readouterr().out.splitlines():
        if line.startswith("    "):
            config = merged(config, yaml.safe_load(line))
    assert name in str(config) and config != CONFIG
    check_names(check(merged(config, {}), SCHEMA))


def test_the_method_trains_and_comes_back(lab, tiny_model):
    assert trial(lab("method"), tiny_model)[0] == []


def test_the_metric_the_extractor_and_the_classifier_give_numbers(lab):
    from ldcore.evaluation.classifiers import fit_predict
    from ldcore.features import extract
    from ldcore.metrics import between_features

    dark, light = (np.full((4, 16, 16), level, np.uint8) for level in (10, 200))
    name = lab("extractor")
    features = [extract(name, images) for images in (dark, light)]
    gap = between_features(lab("metric"), *features)
    assert gap == pytest.approx((3 * 64) ** 0.5 * 190 / 255, rel=1e-4)
    scores = fit_predict(lab("classifier"), np.concatenate([dark, light]), [0] * 4 + [1] * 4, light, (0,))
    assert (scores.argmax(1) == 1).all()


def test_the_data_set_and_the_drift_source_do_their_work(lab):
    from ldcore.datasets import build
    from ldcore.datasets.records import validate

    records, images = build(lab("dataset adapter"), {"subjects": 8, "image_size": 16}, 1)
    validate(records, len(images))
    assert images.shape == (8, 16, 16) and images[1::2].mean() > images[::2].mean()
    source = plugins.find("drift source", lab("drift source"))
    assert source.value(np.ones((5, 4, 2, 2)), {}, {"share": 0.5}) == [0.5] * 4


def test_the_edit_method_changes_nothing_at_amount_0(lab, backbone):
    import torch

    from ldcore import Drift
    from ldcore.edit import EditTexts, Sources

    name = lab("edit method")
    options = plugins.options("edit method", name, {"steps": 2}, literal="SAMPLING")
    sources = Sources(torch.zeros(1, 4, 8, 8), EditTexts(["a"], ["b"], ["b"], ["e"], {}), [("key",)])
    edited, unedited = plugins.find("edit method", name).edit(
        backbone, sources, Drift(0.1, "prior"), options, (0.0, 1.0)
    )
    assert torch.equal(edited[0], unedited[0]) and not torch.equal(edited[1], unedited[1])


def test_the_table_the_figure_and_the_claim_show_scores(lab):
    from types import SimpleNamespace

    import pandas as pd
    from rows import cell_row

    scores = [cell_row("kid", training="ld"), cell_row("fid", training="ld")]
    results = SimpleNamespace(scores=lambda: scores, config={"grid": {"headline": "ld"}})
    table = plugins.find("table", lab("table"))
    assert isinstance(table.rows(results), pd.DataFrame) and len(table.layout(table.rows(results))) == 2
    assert len(plugins.find("figure", lab("figure")).draw(results).axes[0].lines[0].get_ydata()) == 1
    assert [row["below"] for row in plugins.find("claim", lab("claim")).rows(results)] == [1.0]


def test_without_a_module_it_lies_in_the_folder_of_its_kind(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(plugins, "ROOT", tmp_path)
    assert main(["new", "drift_source", "half"]) == 0
    path = tmp_path / "ldcore" / "drift" / "sources" / "half.py"
    assert str(path) in capsys.readouterr().out and 'TITLE = "half"' in path.read_text()
    path.write_text("mine")
    with pytest.raises(SystemExit, match=r"half.py exists already; give another name"):
        main(["new", "drift-source", "half"])
    assert path.read_text() == "mine"


@pytest.mark.parametrize(
    "given, said",
    [
        (["method", "kid-2"], "'kid-2' is no name for a Python file"),
        (["method", "_mine"], "'_mine' is no name"),
        (["method", "class"], "'class' is no name"),
        (["method", "../mine"], "is no name"),
        (["method", "mine", "--module", "mine"], "--module mine is not PACKAGE.mine"),
        (["method", "mine", "--module", "lab.other"], "is not PACKAGE.mine; give the whole dotted name"),
        (["method", "mine", "--module", "numpy.mine"], "'numpy' of --module numpy.mine is installed already"),
        (["method", "basic_ft"], "basic_ft.py exists already"),
        (["edit method", "methods"], None),
    ],
)
def test_a_name_that_cannot_be_is_refused(given, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    if said is None:
        monkeypatch.setattr(plugins, "ROOT", tmp_path)
        assert main(["new", *given]) == 0
        return
    with pytest.raises(SystemExit, match=said):
        main(["new", *given])
    assert list(tmp_path.iterdir()) == []
