"""The records table: round trip, every planted fault, splits by hash, the adapter registry."""

import numpy as np
import pandas as pd
import pytest

from ldcore import datasets
from ldcore.datasets import records as rec
from ldcore.runtime.errors import UserError


def table(**columns):
    base = {
        "subject_id": ["a", "a", "b"],
        "session": [0, 1, 0],
        "age": [60.1, 61.7, np.nan],
        "sex": ["F", "F", ""],
        "diagnosis": ["CN", "MCI", ""],
        "findings": ["", "NA, node", ""],
        "split": ["train", "train", "test"],
        "image_index": [0, 1, 2],
    }
    return pd.DataFrame({**base, **columns})


IMAGES = np.arange(3 * 4 * 4, dtype=np.uint8).reshape(3, 4, 4)


def test_round_trip_keeps_every_value(tmp_path):
    written = table(subject_id=["001", "001", "NA"], extra=[0.1 + 0.2, 1 / 3, 2.0])
    rec.save(written, IMAGES, tmp_path / "set")
    read, images = rec.load(tmp_path / "set")
    pd.testing.assert_frame_equal(read, written, check_exact=True)
    assert images.dtype == np.uint8 and np.array_equal(images, IMAGES)
    assert sorted(path.name for path in (tmp_path / "set").iterdir()) == ["images.npy", "records.csv"]


@pytest.mark.parametrize(
    "columns, words",
    [
        ({"split": ["train", "dev", "test"]}, ["'dev'", "'a'", "Row 3 of records.csv"]),
        ({"split": ["train", "test", "test"]}, ["'a'", "test and train (rows 3 and 2 of records.csv)"]),
        ({"session": [0, 0, 0]}, ["Rows 2 and 3 of records.csv", "'a'", "session 0"]),
        ({"image_index": [0, 1, 3]}, ["Row 4", "'b'", "3"]),
        ({"image_index": [0, -1, 2]}, ["Row 3", "'a'", "-1"]),
        ({"image_index": [0, 1, 1]}, ["Row 4", "'b'"]),
        ({"image_index": [0, 1, np.nan]}, ["Row 4", "'b'"]),
        ({"sex": ["F", "F", "X"]}, ["Row 4", "'b'", "'X'"]),
    ],
)
def test_planted_fault_is_named(columns, words):
    rec.validate(table(), 3)
    with pytest.raises(UserError) as fault:
        rec.validate(table(**columns), 3)
    assert all(word in str(fault.value) for word in words), str(fault.value)


def test_missing_column_is_named():
    with pytest.raises(UserError, match="'split'"):
        rec.validate(table().drop(columns="split"), 3)


def test_save_refuses_wrong_images_and_leaves_nothing(tmp_path):
    for images in (IMAGES.astype(np.float32), IMAGES[0]):
        with pytest.raises(UserError, match="uint8"):
            rec.save(table(), images, tmp_path / "set")
    with pytest.raises(UserError, match="Row 4 of records.csv"):
        rec.save(table(), IMAGES[:2], tmp_path / "set")
    assert not (tmp_path / "set").exists()


def test_load_names_missing_and_truncated_files(tmp_path):
    with pytest.raises(UserError, match="records.csv is missing"):
        rec.load(tmp_path)
    rec.save(table(), IMAGES, tmp_path)
    (tmp_path / "images.npy").write_bytes((tmp_path / "images.npy").read_bytes()[:140])
    with pytest.raises(UserError, match="cannot be read"):
        rec.load(tmp_path)


def test_registry_names_unknown_adapter_and_option():
    with pytest.raises(UserError, match="'nope'.*brain_phantom, .*folder"):
        datasets.build("nope")
    with pytest.raises(UserError, match="option 'subject' is unknown; use one of image_size.*subjects"):
        datasets.build("brain_phantom", {"subject": 3})


def test_nothing_is_chosen_on_test_rows():
    of_splits = table(split=["val", "val", "test"], subject_id=["a", "a", "b"])
    assert rec.rows_of(of_splits, ("val",)).tolist() == [0, 1]
    assert rec.rows_of(of_splits, ("train", "test")).tolist() == [2]
    chosen = rec.selection_records(of_splits.iloc[::-1])
    assert chosen["image_index"].tolist() == [1, 0] and chosen.index.tolist() == [0, 1]
    rec.refuse_test(chosen, "delta")
    with pytest.raises(UserError, match="Row 2 is of the test split, which delta must not be chosen on"):
        rec.refuse_test(of_splits, "delta")


def test_splits_that_are_empty_or_unknown_are_named():
    with pytest.raises(UserError, match="no image in its val split"):
        rec.rows_of(table(), ("val",))
    with pytest.raises(UserError, match="'valid' is unknown; use one of train, val, test"):
        rec.rows_of(table(), ("valid",))


def test_two_spellings_of_one_subject_are_refused():
    spelled = table(subject_id=["P07", "P07", "p7"])
    with pytest.raises(UserError, match="'P07' and 'p7' may be one subject; write a subject alike in all rows"):
        rec.validate(spelled, 3)
    many = [f"{number:03d}" for number in range(1, 6)] + [str(number) for number in range(1, 6)]
    assert len(rec.alike(many)) == 5 and "and 2 more pairs" in rec.said(rec.alike(many))
    assert rec.alike(["1-11", "11-1", "a", "b", "10", "100"]) == []


def test_contradictions_by_time_alone():
    dated = table(subject_id=["a"] * 3, age=[60.0, 70.0, 65.0], when=["2001-05-01", "2011-05-01", "2006-05-01"])
    assert rec.contradictions(dated, "when") == {}
    assert rec.contradictions(dated.assign(session=[0, 1, 2])) == {"a": ("age", 1, 2)}
    assert rec.contradictions(dated.assign(when=0), "when") == {}  # nothing is later
    assert rec.contradictions(table(sex=["", "M", "F"], subject_id=["a"] * 3)) == {"a": ("sex", 1, 2)}


def test_a_stored_table_that_somebody_changed_is_named_by_its_line(tmp_path):
    rec.save(table(), IMAGES, tmp_path)
    lines = (tmp_path / "records.csv").read_text().splitlines()
    (tmp_path / "records.csv").write_text("\n".join([*lines[:3], lines[3].replace("test", "tset")]) + "\n")
    with pytest.raises(UserError, match=f"Row 4 of {tmp_path}/records.csv .subject 'b'. has split 'tset'"):
        rec.load(tmp_path)
