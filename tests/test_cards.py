"""make cards: the committed pages are what the model's folder, the adapters and the config say now."""

import json
import shutil

import pandas as pd
import pytest
import yaml
from huggingface_hub import ModelCard

from configs import CONFIG, ROOT, SCHEMA, merged
from ldcore import datasets, plugins
from ldcore.plan.config import check
from ldcore.runtime.errors import UserError
from tools import claim_checklist, datasheets, model_card

MODEL = ROOT / "resources/embedded_model"


def test_the_model_card_is_current_and_one_for_the_hub():
    text = (ROOT / "docs/model_card.md").read_text()
    assert text == model_card.card(MODEL), "run make cards"
    data = ModelCard(text).data
    assert (data.license, data.library_name, data.pipeline_tag) == ("apache-2.0", "diffusers", "text-to-image")


def test_other_weights_make_another_card(tmp_path):
    folder = tmp_path / "resources/embedded_model"
    shutil.copytree(MODEL, folder)
    (tmp_path / "resources/pretrain").mkdir()
    (tmp_path / "resources/pretrain/photographs.csv").write_text(
        "package,kind,split\na,photograph,train\nb,drawing,train\n"
    )
    manifest = json.loads((MODEL / "manifest.json").read_text())
    manifest["autoencoder"] |= {"psnr_held_out_photographs": 31.04, "phases": [{"steps": 9}]}
    manifest |= {
        "text": {"sentences": 77, "losses": [[1, 2]]},
        "packages": {"a": {"licences": ["CC0"]}, "words": {"licences": ["X"]}},
    }
    del manifest["channels_turned_after_training"]
    (folder / "manifest.json").write_text(json.dumps(manifest))
    text = model_card.card(folder)
    assert "31.0 dB" in text and "- text: sentences 77\n" in text and "| a |  | CC0 |" in text
    assert "1 drawings, 1 photographs, contents of words, each" in text and "were multiplied by" not in text


def test_the_data_sheets_are_current():
    assert (ROOT / "docs/datasheets.md").read_text() == datasheets.page(ROOT / "config.yaml"), "run make cards"


def test_their_subjects_are_those_of_the_data_set(monkeypatch):
    for name, dataset in CONFIG["datasets"].items():
        small = {**dataset, "options": {**dataset["options"], "subjects": 9, "image_size": 16}}
        module = plugins.find("dataset adapter", dataset["adapter"])
        monkeypatch.setattr(
            module, "render", lambda row, options, seed: (0, {})
        )  # who they are, not what they look like
        told, (made, _) = datasheets.rows(small, 3), datasets.build(dataset["adapter"], small["options"], 3)
        columns = ["subject_id", "session", "age", "sex", "diagnosis", "findings", "split"]
        pd.testing.assert_frame_equal(told[columns], made[columns], obj=name)
        assert datasheets.counts(told)["Images"].astype(int).sum() == len(made)


def test_every_phantom_of_the_config_has_a_sheet():
    text = (ROOT / "docs/datasheets.md").read_text()
    assert all(f"(`{name}`)" in text for name in CONFIG["datasets"])


def answers(text):
    """Item -> (answer, where or what) of a checklist."""
    rows = [line.strip("| ").split(" | ") for line in text.split("## ")[0].splitlines()]
    return {int(row[0]): (row[2], row[3]) for row in rows if row[0].isdigit()}


def test_the_checklist_is_current_and_whole():
    text = (ROOT / "docs/claim_checklist.md").read_text()
    assert text == claim_checklist.page(claim_checklist.read(ROOT / "config.yaml")), "run make cards"
    assert list(answers(text)) == list(range(1, 45))
    assert claim_checklist.SYNTHETIC in dict(answers(text).values())


@pytest.fixture
def paper():
    return merged(CONFIG, yaml.safe_load((ROOT / "configs/paper.yaml").read_text()))


def test_of_real_data_nothing_is_said_that_the_tool_cannot_know(paper):
    found = answers(claim_checklist.page(check(paper, SCHEMA)))
    assert claim_checklist.SYNTHETIC not in dict(found.values())
    assert {number for number, (answer, _) in found.items() if answer == claim_checklist.OPEN} >= {5, 11, 16, 36}
    assert "over 3 training runs" in found[29][1] and "resnet18" in found[28][1] and "results/paper" in found[42][1]
    assert "embedded" not in found[22][1] and "results.md" not in found[37][1]


def test_parts_that_a_config_leaves_out_are_left_out(paper):
    config = check(merged(paper, {"editing": None, "sweep": None, "prompt_study": None, "name": "mine"}), SCHEMA)
    found = answers(claim_checklist.page(config))
    assert found[30][0] == "no" and "of edits" not in found[28][1]


@pytest.mark.parametrize("make", [claim_checklist.main, datasheets.main, model_card.main])
def test_what_is_not_there_is_named_and_nothing_written(make, tmp_path):
    with pytest.raises(UserError, match="gone"):
        make(str(tmp_path / "gone"), str(tmp_path / "page.md"))
    assert not list(tmp_path.iterdir())
