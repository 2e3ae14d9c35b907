"""Two downloads as one data set: their scans listed together, each read by its own adapter, split and drawn as one."""

import sys
import types

import numpy as np
import pandas as pd
import pytest
from heads import PLAIN
from test_adni import source as adni_source  # noqa: F401  fixtures
from test_oasis3 import source as oasis3_source  # noqa: F401

from ldcore import datasets
from ldcore.datasets.records import assign_splits, load
from ldcore.datasets.scans import build as scans
from ldcore.prepare import prepare
from ldcore.runtime.errors import UserError


def adapter(monkeypatch, name, times, level, **columns):
    """An adapter that lists OAS-like subjects with two sessions each from files of its folder and gives flat images of one level."""
    made = types.ModuleType(f"merged_part_{name}")
    made.DEFAULTS = {"visits": 2, "table": None}

    def listing(options):
        folder = scans.Path(options["source"])
        rows = [
            {
                "subject_id": f"{name}_{subject:04}",
                "path": str(folder / f"{subject}_{visit}.txt"),
                "when": times[visit],
                "age": 60.0 + visit,
                "sex": "F",
                "diagnosis": "AD" if subject % 2 else "CN",
                **columns,
            }
            for subject in range(8)
            for visit in range(options["visits"])
        ]
        return pd.DataFrame(rows), pd.DataFrame(
            [{"path": str(folder / "x"), "subject_id": f"{name}_x", "reason": "no age"}]
        )

    def prepared(scan, options):
        assert scan["path"].startswith(options["source"])
        return np.full((options["image_size"],) * 2, level + int(scan["path"][-5]), np.uint8)

    made.listing, made.prepared = listing, prepared
    monkeypatch.setitem(sys.modules, made.__name__, made)
    monkeypatch.setitem(datasets.ADAPTERS, name, made.__name__)


@pytest.fixture
def source(tmp_path, monkeypatch):
    adapter(monkeypatch, "one", ["2009-03-01", "2011-12-24"], 10)
    adapter(monkeypatch, "two", [7, 0], 100, site="Zurich")
    for part in ("one", "two"):
        (tmp_path / part).mkdir()
        for subject in range(8):
            for visit in range(2):
                (tmp_path / part / f"{subject}_{visit}.txt").write_text("")
    return tmp_path


def options(source, **more):
    return {
        "source": str(source),
        "image_size": 4,
        "parts": {"one": {"source": "one"}, "two": {"source": "two"}},
        **more,
    }


def built(source, out, **more):
    prepare("merged", options(source, **more), 0, out)
    return pd.read_csv(out / "records.csv"), np.load(out / "images.npy"), pd.read_csv(out / "excluded.csv")


def test_parts_are_listed_read_and_split_together(source, tmp_path):
    records, images, excluded = built(source, tmp_path / "out")
    assert len(records) == 32 and images.shape == (32, 4, 4) and set(records["adapter"]) == {"one", "two"}
    assert list(records.groupby("adapter")["site"].unique().map(tuple)) == [("one",), ("Zurich",)]
    for row in records.itertuples():  # each by its own adapter; the second part's later visit comes first
        visit = row.session if row.adapter == "one" else 1 - row.session
        assert images[row.image_index].max() == {"one": 10, "two": 100}[row.adapter] + visit and row.age == 60 + visit
    wanted = assign_splits(records["subject_id"], scans.COMMON["fractions"], 0)
    assert [wanted[subject] for subject in records["subject_id"]] == list(records["split"])
    assert sorted(excluded["subject_id"]) == ["one_x", "two_x"]


def test_options_of_a_part_and_of_all(source, tmp_path):
    parts = {"one": {"source": "one", "visits": 1}, "two": {"source": str(source / "two")}}
    records, _, excluded = built(source, tmp_path / "out", parts=parts, per_class={"AD": 5}, sites=["one", "Zurich"])
    assert len(records) == 5 and set(records["diagnosis"]) == {"AD"}
    assert dict(excluded["reason"].value_counts()) == {"not drawn (per_class)": 19, "no age": 2}
    assert set(built(source, tmp_path / "other", sites=["Zurich"])[0]["adapter"]) == {"two"}


def test_a_number_draws_as_many_of_each_label(source):
    frame, gone = (
        pd.DataFrame({"diagnosis": ["CN"] * 6 + ["AD"] * 4, "findings": "", "path": "", "subject_id": ""}),
        pd.DataFrame(),
    )
    kept, out = scans.drawn(frame, gone, 3, 0)
    assert dict(kept["diagnosis"].value_counts()) == {"CN": 3, "AD": 3} and set(out["reason"]) == {
        "not drawn (3 of each label wanted)"
    }
    kept, _ = scans.drawn(frame, gone, {"CN": 5, "AD": 1}, 0)
    assert dict(kept["diagnosis"].value_counts()) == {"CN": 5, "AD": 1}
    with pytest.raises(UserError, match="per_class: no scan is labelled 'MCI' .labels found: AD, CN"):
        scans.drawn(frame, gone, {"MCI": 5}, 0)


@pytest.mark.parametrize(
    "parts, said",
    [
        ({}, "parts is empty; give adapters"),
        ({"one": {"source": "one"}, "three": {}}, "Unknown dataset adapter 'three'"),
        ({"brain_phantom": {}}, "parts: brain_phantom reads no download folder"),
        (
            {"one": {"source": "one", "image_size": 8}},
            "parts.one.image_size is one for all parts; set image_size beside parts",
        ),
        ({"one": {"source": "one", "visit": 8}}, "Unknown option 'visit' of dataset 'one'"),
        ({"one": {"source": "uno"}}, "parts.one.source: .*uno is not a folder"),
    ],
)
def test_each_mistake_is_named(parts, said, source, tmp_path):
    with pytest.raises(UserError, match=said):
        prepare("merged", options(source, parts=parts), 0, tmp_path / "out")


def test_a_subject_in_two_parts_is_refused(source, tmp_path, monkeypatch):
    monkeypatch.setitem(datasets.ADAPTERS, "two", datasets.ADAPTERS["one"])
    with pytest.raises(UserError, match="one and two have 8 subject ids in common"):
        prepare(
            "merged", options(source, parts={"one": {"source": "one"}, "two": {"source": "one"}}), 0, tmp_path / "out"
        )


def test_adni_and_oasis3_as_they_are_downloaded(adni_source, oasis3_source, tmp_path):
    """The paper's brain data: each part alone and both as one give the same images, ages and diagnoses."""
    parts = {
        name: {"source": str(source), **{key: value for key, value in PLAIN.items() if key not in scans.COMMON}}
        for name, source in (("adni", adni_source), ("oasis3", oasis3_source))
    }
    prepare(
        "merged",
        {"source": str(tmp_path), "image_size": PLAIN.get("image_size", 512), "parts": parts},
        0,
        tmp_path / "both",
    )
    records, images = load(tmp_path / "both")
    for name, own in parts.items():
        prepare(name, {**PLAIN, **own}, 0, tmp_path / name)
        alone, wanted = load(tmp_path / name)
        mine = records[records["adapter"] == name].reset_index(drop=True)
        assert len(mine) == len(alone) > 1
        for column in ("subject_id", "session", "age", "sex", "diagnosis", "split"):
            pd.testing.assert_series_equal(mine[column], alone[column], check_dtype=False)
        assert np.array_equal(images[mine["image_index"]], wanted[alone["image_index"]])
