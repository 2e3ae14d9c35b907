"""Two downloads as one data set: their scans listed together, each read by its own adapter, split and drawn as one."""

import sys

import numpy as np
import pandas as pd
import pytest
import test_adni
import test_oasis3
from heads import PLAIN
from preparing import prepared

from ldcore.datasets.scans.build import draw
from ldcore.datasets.scans.listing import none_excluded
from ldcore.datasets.splits import assign_splits
from ldcore.prepare import prepare
from ldcore.runtime.errors import UserError

# An adapter of its own, outside the repository: eight subjects, two sessions each, flat images of one level.
ADAPTER = """
from pathlib import Path

import numpy as np
import pandas as pd

EXTENDS = ("ldcore.datasets.scans.build",)
OPTIONS = {"visits": {"type": "integer", "default": 2}, "table": {"default": None}}


def list_scans(options):
    folder = Path(options["source"])
    rows = [
        {
            "subject_id": f"NAME_{subject:04}",
            "path": str(folder / f"{subject}_{visit}.txt"),
            "when": TIMES[visit],
            "age": 60.0 + sorted(TIMES).index(TIMES[visit]),
            "sex": "F",
            "diagnosis": "AD" if subject % 2 else "CN",
            **COLUMNS,
        }
        for subject in range(8)
        for visit in range(options["visits"])
    ]
    return pd.DataFrame(rows), pd.DataFrame([{"path": str(folder / "x"), "subject_id": "NAME_x", "reason": "no age"}])


def read_scan(scan, options):
    assert scan["path"].startswith(options["source"])
    return np.full((options["image_size"],) * 2, LEVEL + int(scan["path"][-5]), np.uint8)
"""
ONE = ADAPTER.replace("NAME", "one") + "\nTIMES, LEVEL, COLUMNS = ['2009-03-01', '2011-12-24'], 10, {}\n"
TWO = ADAPTER.replace("NAME", "two") + "\nTIMES, LEVEL, COLUMNS = [7, 0], 100, {'site': 'Zurich'}\n"


@pytest.fixture
def source(tmp_path, monkeypatch):
    """The folders of two downloads, and their adapters on the path as the modules toys.one and toys.two."""
    for part, text in (("one", ONE), ("two", TWO)):
        (tmp_path / part).mkdir()
        for subject in range(8):
            for visit in range(2):
                (tmp_path / part / f"{subject}_{visit}.txt").write_text("")
        (tmp_path / "toys").mkdir(exist_ok=True)
        (tmp_path / "toys" / f"{part}.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    for name in [name for name in sys.modules if name.split(".")[0] == "toys"]:
        del sys.modules[name]


def options(source, **more):
    parts = {"toys.one": {"source": "one"}, "toys.two": {"source": "two"}}
    return {"source": str(source), "image_size": 8, "parts": parts, **more}


def merged(source, out, **more):
    return prepared("merged", options(source, **more), out)


def test_parts_are_listed_read_and_split_together(source, tmp_path):
    records, images, excluded = merged(source, tmp_path / "out")
    assert len(records) == 32 and images.shape == (32, 8, 8) and set(records["adapter"]) == {"toys.one", "toys.two"}
    assert list(records.groupby("adapter")["site"].unique().map(tuple)) == [("toys.one",), ("Zurich",)]
    for row in records.itertuples():  # each by its own adapter; the second part's later visit comes first
        visit = row.session if row.adapter == "toys.one" else 1 - row.session
        level = {"toys.one": 10, "toys.two": 100}[row.adapter]
        assert images[row.image_index].max() == level + visit and row.age == 60 + row.session
    splits = assign_splits(records["subject_id"], {"train": 0.7, "val": 0.1, "test": 0.2}, 0)
    assert [splits[subject] for subject in records["subject_id"]] == list(records["split"])
    assert sorted(excluded["subject_id"]) == ["one_x", "two_x"]


def test_options_of_a_part_and_of_all(source, tmp_path):
    parts = {"toys.one": {"source": "one", "visits": 1}, "toys.two": {"source": str(source / "two")}}
    drawing = {"per_class": {"AD": 5}, "sites": ["toys.one", "Zurich"]}
    records, _, excluded = merged(source, tmp_path / "out", parts=parts, **drawing)
    assert len(records) == 5 and set(records["diagnosis"]) == {"AD"}
    assert dict(excluded["reason"].value_counts()) == {"not drawn (per_class)": 19, "no age": 2}
    assert set(merged(source, tmp_path / "other", sites=["Zurich"])[0]["adapter"]) == {"toys.two"}


def test_a_number_draws_as_many_of_each_label():
    scans = pd.DataFrame({"diagnosis": ["CN"] * 6 + ["AD"] * 4, "findings": "", "path": "", "subject_id": ""})
    drawn, excluded = draw(scans, none_excluded(), 3, 0)
    assert dict(drawn["diagnosis"].value_counts()) == {"CN": 3, "AD": 3}
    assert set(excluded["reason"]) == {"not drawn (3 of each label wanted)"}
    drawn, _ = draw(scans, none_excluded(), {"CN": 5, "AD": 1}, 0)
    assert dict(drawn["diagnosis"].value_counts()) == {"CN": 5, "AD": 1}
    with pytest.raises(UserError, match="per_class: no scan is labelled 'MCI' .labels found: AD, CN"):
        draw(scans, none_excluded(), {"MCI": 5}, 0)


@pytest.mark.parametrize(
    "parts, said",
    [
        ({}, "parts is empty; give adapters"),
        ({"toys.one": {"source": "one"}, "three": {}}, "dataset adapter 'three' is unknown"),
        ({"brain_phantom": {}}, "parts: brain_phantom reads no download folder"),
        (
            {"toys.one": {"source": "one", "image_size": 8}},
            "parts.toys.one.image_size is one for all parts; set image_size beside parts",
        ),
        ({"toys.one": {"source": "one", "visit": 8}}, "Option parts.toys.one: option 'visit' is unknown"),
        ({"toys.one": {"source": "uno"}}, "parts.toys.one.source: .*uno is not a folder"),
    ],
)
def test_each_mistake_is_named(parts, said, source, tmp_path):
    with pytest.raises(UserError, match=said):
        prepare("merged", options(source, parts=parts), 0, tmp_path / "out")


def test_a_subject_in_two_parts_is_refused(source, tmp_path):
    (source / "toys" / "again.py").write_text(ONE)
    parts = {"toys.one": {"source": "one"}, "toys.again": {"source": "one"}}
    with pytest.raises(UserError, match="toys.again and toys.one have 8 subject ids in common"):
        prepare("merged", options(source, parts=parts), 0, tmp_path / "out")


def test_adni_and_oasis3_as_they_are_downloaded(tmp_path):
    """The paper's brain data: each part alone and both as one give the same images, ages and diagnoses."""
    plain = {name: value for name, value in PLAIN.items() if name != "image_size"}
    sources = {"adni": test_adni.download(tmp_path / "in1"), "oasis3": test_oasis3.download(tmp_path / "in3")}
    parts = {name: {"source": str(source), **plain} for name, source in sources.items()}
    both = {"source": str(tmp_path), "image_size": PLAIN["image_size"], "parts": parts}
    records, images, _ = prepared("merged", both, tmp_path / "both")
    for name, part in parts.items():
        alone, images_alone, _ = prepared(name, {**PLAIN, **part}, tmp_path / name)
        own = records[records["adapter"] == name].reset_index(drop=True)
        assert len(own) == len(alone) > 1
        for column in ("subject_id", "session", "age", "sex", "diagnosis", "split"):
            pd.testing.assert_series_equal(own[column], alone[column], check_dtype=False)
        assert np.array_equal(images[own["image_index"]], images_alone[alone["image_index"]])
