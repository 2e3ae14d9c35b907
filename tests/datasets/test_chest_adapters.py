"""What adapters of chest radiographs have in common, through prepare: table, drawing, splits, the same bytes."""

import chest_trees
import numpy as np
import pandas as pd
import pytest
from preparing import prepared

from ldcore.datasets.scans import chest_labels
from ldcore.datasets.scans.listing import none_excluded
from ldcore.prepare import prepare
from ldcore.runtime.errors import UserError

TREES = {
    "chexpert": chest_trees.chexpert,
    "nih": chest_trees.nih,
    "mimic": chest_trees.mimic,
    "medmnist": chest_trees.medmnist,
}
every = pytest.mark.parametrize("adapter", TREES)


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    """The options of every adapter's tree, made once."""
    return {name: make(tmp_path_factory.mktemp(name) / "download") for name, make in TREES.items()}


@every
def test_records_images_and_exclusions(sources, tmp_path, adapter, capsys):
    records, images, excluded = prepared(adapter, sources[adapter], tmp_path)
    assert len(records) == 48 and images.shape == (48, 16, 16) and images.dtype == np.uint8 and images.std() > 10
    assert (records.groupby("subject_id")["split"].nunique() == 1).all()
    assert set(records["split"]) == {
        "train",
        "val",
        "test",
    }
    assert set(records["findings"]) == set(chest_trees.FOUR if adapter != "medmnist" else ("No Finding", "Pneumonia"))
    assert "path" not in records and not (tmp_path / "cache").exists() and "48 images of" in capsys.readouterr().out
    if adapter != "medmnist":
        assert records["age"].between(50, 90).all()
        assert set(records["sex"]) == {"F", "M"}
        assert set(records["session"]) == {0, 1}
        ages = records.sort_values(["subject_id", "session"]).groupby("subject_id")["age"]
        assert (ages.diff().dropna() > 0).all()  # sessions are in order of time
    assert set(excluded["reason"]) <= {"lateral view", "view LATERAL"}


@every
def test_workers_and_repeats_give_the_same_bytes(sources, tmp_path, adapter):
    for name, workers in (("one", 1), ("two", 2)):
        prepare(adapter, {**sources[adapter], "per_class": 3}, 5, tmp_path / name, workers)
    for file in ("records.csv", "images.npy", "excluded.csv", "splits.csv"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes(), file


@every
def test_drawing_is_balanced_and_follows_the_seed(sources, tmp_path, adapter):
    drawn = {
        seed: prepared(adapter, {**sources[adapter], "per_class": 2}, tmp_path / str(seed), seed) for seed in (0, 1)
    }
    for records, _, excluded in drawn.values():
        assert set(records["findings"].value_counts()) == {2}
        assert (excluded["reason"] == "not drawn (2 of each label wanted)").sum() == 48 - len(records)
    keys = [set(zip(records["subject_id"], records["session"])) for records, _, _ in drawn.values()]
    assert keys[0] != keys[1]


@every
def test_another_laboratory_gets_the_same_split(sources, tmp_path, adapter):
    first, _, _ = prepared(adapter, sources[adapter], tmp_path / "first")
    listed = {**sources[adapter], "splits": str(tmp_path / "first" / "splits.csv")}
    second, _, _ = prepared(adapter, listed, tmp_path / "second", seed=9)
    assert second["split"].equals(first["split"])
    assert not set(pd.read_csv(listed["splits"], dtype=str)["hashed_id"]) & set(first["subject_id"])
    with pytest.raises(UserError, match="hashed.*has no split.*its salt") as fault:
        prepare(adapter, {**listed, "salt": "another"}, 0, tmp_path / "third")
    assert first["subject_id"][0] not in str(fault.value)


@every
@pytest.mark.parametrize(
    "options, words",
    [
        (
            {"findings": ["Broken Heart"]},
            "findings: 'Broken Heart' is not a finding of this data set; use some of .*Pneumonia",
        ),
        ({"findings": "Pneumonia"}, "option findings is 'Pneumonia'.*not of type 'array'"),
        ({"findings": []}, "option findings is .., which does not fit"),
        ({"fractions": None}, "option fractions is None"),
        ({"image_size": 0}, "image_size"),
        ({"source": "no/such/folder"}, "no/such/folder is not a folder"),
        ({"sites": ["Boston"]}, "none in this data set"),
        ({"per_class": "ten"}, "per_class is 'ten'"),
        ({"per_class": 0}, "per_class is 0"),
        ({"per_class": {"Pneumonia": 1.5}}, "per_class.Pneumonia is 1.5"),
        ({"splits": "no/list.csv"}, "no/list.csv was not found, nor in .*option 'splits'"),
        ({"colour": True}, "option 'colour' is unknown; use one of .*image_size"),
    ],
)
def test_a_wrong_option_is_one_sentence(sources, tmp_path, adapter, options, words):
    with pytest.raises(UserError, match=words) as fault:
        prepare(adapter, {**sources[adapter], **options}, 0, tmp_path)
    assert "\n" not in str(fault.value) and not (tmp_path / "records.csv").exists()


@pytest.mark.parametrize("adapter", ["chexpert", "nih", "mimic"])
@pytest.mark.parametrize(
    "options, words", [({"square": "round"}, "square is 'round'"), ({"window": [90, 10]}, "window")]
)
def test_a_wrong_image_option_is_one_sentence(sources, tmp_path, adapter, options, words):
    with pytest.raises(UserError, match=words):
        prepare(adapter, {**sources[adapter], **options}, 0, tmp_path)


@pytest.mark.parametrize("adapter", TREES)
def test_an_empty_folder_names_what_is_missing(tmp_path, adapter):
    missing = {
        "chexpert": "train.csv or valid.csv",
        "nih": "Data_Entry_2017_v2020.csv",
        "mimic": "mimic-cxr-2.0.0-metadata.csv",
        "medmnist": "0 .npz archives",
    }
    with pytest.raises(UserError, match=missing[adapter]):
        prepare(adapter, {"source": str(tmp_path), "image_size": 16}, 0, tmp_path / "out")


LABELS = pd.DataFrame(
    {"Pneumonia": [1, -1, 0, 1, np.nan], "Cardiomegaly": [0, 1, 0, 1, np.nan], "Edema": [0, -1, 1, 0, 1.0]}
)
SCANS = pd.DataFrame({"path": list("abcde"), "subject_id": list("abcde")})


@pytest.mark.parametrize(
    "uncertain, single, findings",
    [
        ("ignore", True, {"a": "Pneumonia"}),
        ("zeros", True, {"a": "Pneumonia", "b": "Cardiomegaly"}),
        ("ones", True, {"a": "Pneumonia"}),
        ("ignore", False, {"a": "Pneumonia", "d": "Cardiomegaly|Pneumonia"}),
        ("ones", False, {"a": "Pneumonia", "b": "Cardiomegaly|Pneumonia", "d": "Cardiomegaly|Pneumonia"}),
    ],
)
def test_policies_of_uncertain_and_several(uncertain, single, findings):
    options = {"findings": ["Pneumonia", "Cardiomegaly"], "uncertain": uncertain, "single": single}
    scans, excluded = chest_labels.count_findings(SCANS, none_excluded(), LABELS, options)
    assert dict(zip(scans["path"], scans["findings"])) == findings
    assert set(scans["path"]) | set(excluded["path"]) == set("abcde") and len(scans) + len(excluded) == 5
    reasons = dict(zip(excluded["path"], excluded["reason"]))
    assert reasons["c"] == reasons["e"] == "none of the findings wanted"  # an edema alone is none of the two
    assert reasons.get("b", "") in ("", "uncertain finding", "several of the findings wanted")
    assert {"path", "subject_id", "findings"} == set(scans)
