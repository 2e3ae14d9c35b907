"""MIMIC-CXR-JPG: tables, zipped or not; views; shifted dates; ages by MIMIC-IV; the official split; DICOM files."""

import numpy as np
import pandas as pd
import pytest
from chest_trees import MIMIC_HEADER, MIMIC_LABELS, mimic, mimic_image, mimic_row, write
from preparing import complete
from test_chest_scan import RAMP, dicom

from ldcore.datasets.adapters.mimic import list_scans, place
from ldcore.datasets.records import load
from ldcore.prepare import prepare
from ldcore.runtime.errors import UserError

SUBJECT, STUDY = 10000032, 50414267


def listed(folder, metadata, labels=None, make=True, **options):
    """list_scans of metadata rows; every study is a pneumonia unless `labels` says otherwise."""
    labels = labels or [
        [subject, study, *("1.0" if name == "Pneumonia" else "" for name in MIMIC_LABELS)]
        for subject, study in dict.fromkeys((row[1], row[2]) for row in metadata)
    ]
    write(folder / "mimic-cxr-2.0.0-metadata.csv", MIMIC_HEADER, metadata)
    write(folder / "mimic-cxr-2.0.0-chexpert.csv", ["subject_id", "study_id", *MIMIC_LABELS], labels)
    for row in metadata if make else ():
        path = place(folder, str(row[0]), str(row[1]), str(row[2]))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return list_scans(complete("mimic", source=str(folder), **options))


def test_path_and_moment(tmp_path):
    scans, excluded = listed(
        tmp_path, [mimic_row("02aa804e-bde0afdd-112c0b34-7bc16630-4e384014", SUBJECT, STUDY, time="5814.5")]
    )
    assert scans["path"][0] == str(
        tmp_path / "files/p10/p10000032/s50414267/02aa804e-bde0afdd-112c0b34-7bc16630-4e384014.jpg"
    )
    assert scans["when"][0] == "2180-05-06 00:58:14" and scans["subject_id"][0] == "10000032" and excluded.empty
    assert {"subject_id", "path", "when", "view", "findings"} == set(scans)


def test_sessions_are_in_order_of_time(tmp_path):
    rows = [
        mimic_row("c", SUBJECT, STUDY, time="213014.531"),
        mimic_row("a", SUBJECT, STUDY + 1, time="92014.0"),
        mimic_row("b", SUBJECT, STUDY + 2, date="21790101"),
    ]
    scans, _ = listed(tmp_path, rows)
    assert [path[-5] for path in scans.sort_values("when")["path"]] == ["b", "a", "c"]


def test_views(tmp_path):
    rows = [
        mimic_row("e", SUBJECT, STUDY, "LATERAL"),
        mimic_row("b", SUBJECT, STUDY, "AP"),
        mimic_row("d", SUBJECT, STUDY, "PA"),
        mimic_row("c", SUBJECT, STUDY, "PA"),
        mimic_row("f", SUBJECT, STUDY, ""),
        mimic_row("g", SUBJECT, STUDY, "LL"),
    ]
    scans, excluded = listed(tmp_path, rows)
    assert list(scans["view"]) == ["PA"] and scans["path"][0].endswith("c.jpg")
    assert {path[-5]: reason for path, reason in zip(excluded["path"], excluded["reason"])} == {
        "b": "another frontal view of the study",
        "d": "another frontal view of the study",
        "e": "view LATERAL",
        "f": "no view position",
        "g": "view LL",
    }


def test_a_repeated_row_is_no_further_view(tmp_path):
    scans, excluded = listed(
        tmp_path, [mimic_row("a", SUBJECT, STUDY), mimic_row("b", SUBJECT, STUDY + 1), mimic_row("a", SUBJECT, STUDY)]
    )
    assert len(scans) == 2 and list(excluded["reason"]) == ["row repeated"]


@pytest.mark.parametrize(
    "table, column, other, words",
    [
        ("patients.csv", "gender", "X", "patients.csv repeats a patient"),
        ("mimic-cxr-2.0.0-split.csv", "split", "validate", "split.csv repeats an image"),
    ],
)
def test_a_table_that_contradicts_itself(tmp_path, table, column, other, words):
    options, path = mimic(tmp_path, 3, ""), tmp_path / table
    if table == "patients.csv":
        (tmp_path / "patients.csv.gz").rename(tmp_path / "again.csv.gz")
        pd.read_csv(tmp_path / "again.csv.gz").to_csv(path, index=False)
    rows = pd.read_csv(path)
    patients = "patients.csv" if table == "patients.csv" else "patients.csv.gz"
    options = complete("mimic", options, patients=patients, official_split=True)
    pd.concat([rows, rows[:1]]).to_csv(path, index=False)
    assert len(list_scans(options)[0]) == 6  # said twice
    pd.concat([rows, rows[:1].assign(**{column: other})]).to_csv(path, index=False)
    with pytest.raises(UserError, match=f"Row {len(rows) + 2} of .*{words}; download it again"):
        list_scans(options)


def test_unlabelled_studies_and_missing_files(tmp_path):
    labels = [[SUBJECT, STUDY, *("1.0" if name == "Pneumonia" else "" for name in MIMIC_LABELS)]]
    scans, excluded = listed(
        tmp_path, [mimic_row("a", SUBJECT, STUDY), mimic_row("b", SUBJECT, STUDY + 1)], labels, make=False
    )
    assert scans.empty and sorted(excluded["reason"]) == ["no such file", "study without labels"]


@pytest.mark.parametrize("zipped", [".gz", ""])
def test_ages_and_sexes_from_the_patients_table(tmp_path, zipped):
    options = mimic(tmp_path, 6, zipped)
    with_table, _ = list_scans(complete("mimic", options))
    first, second = with_table.sort_values(["subject_id", "when"]).iloc[:2].to_dict("records")
    assert (first["age"], second["age"], first["sex"]) == (52, 59, "M")  # anchored at 52 in 2180; seven years on
    without, _ = list_scans(complete("mimic", options, patients=None))
    assert "age" not in without and "sex" not in without
    elsewhere, _ = list_scans(complete("mimic", options, patients=str(tmp_path / "patients.csv.gz")))
    assert elsewhere.equals(with_table)


def test_a_subject_the_patients_table_lacks_or_is_before_birth(tmp_path):
    options = mimic(tmp_path, 3)
    write(
        tmp_path / "patients.csv",
        ["subject_id", "gender", "anchor_age", "anchor_year"],
        [[SUBJECT, "F", "91", "2180"], [SUBJECT + 1, "M", "3", "2250"]],
    )
    scans, _ = list_scans(complete("mimic", options, patients="patients.csv"))
    scans = scans.sort_values(["subject_id", "when"])
    assert list(scans["sex"]) == ["F", "F", "M", "M", "", ""]
    assert np.allclose(scans["age"], [91, 98] + [np.nan] * 4, equal_nan=True)


def test_the_official_split(tmp_path):
    options = mimic(tmp_path / "download", 9)
    prepare("mimic", {**options, "official_split": True}, 0, tmp_path / "out")
    records, _ = load(tmp_path / "out")
    expected = {str(SUBJECT + number): ("train", "val", "test")[number % 3] for number in range(9)}
    assert dict(zip(records["subject_id"], records["split"])) == expected
    split = tmp_path / "download/mimic-cxr-2.0.0-split.csv.gz"
    pd.read_csv(split).iloc[1:].to_csv(split, index=False)
    with pytest.raises(UserError, match="split.csv.gz has no row for image"):
        list_scans(complete("mimic", options, official_split=True))


def test_dicom_in_the_same_tree(tmp_path):
    options = mimic(tmp_path / "download", 4)
    study = next((tmp_path / "download/files").rglob(f"{mimic_image(SUBJECT, 50000000, 0)}.jpg"))
    study.unlink()
    dicom(study.with_suffix(".dcm"), RAMP, "MONOCHROME1")
    prepare("mimic", {**options, "window": [0, 100], "image_size": 32}, 0, tmp_path / "out")
    records, images = load(tmp_path / "out")
    row = records[(records["subject_id"] == str(SUBJECT)) & (records["session"] == 0)].iloc[0]
    image = images[row["image_index"]]
    assert len(records) == 8 and image[0, 0] == 255 and image[-1, -1] == 0


@pytest.mark.parametrize(
    "row, words",
    [
        (mimic_row("b", SUBJECT, STUDY, date="2180-05-06"), "Row 3 of .*metadata.csv has StudyDate '2180-05-06'"),
        (mimic_row("b", SUBJECT, STUDY, time="noon"), "Row 3 .*StudyTime 'noon'"),
        (mimic_row("b", SUBJECT, STUDY, time="inf"), "Row 3 .*StudyTime 'inf'; a time is written"),
        (mimic_row("b", SUBJECT, STUDY, time="NaN"), "Row 3 .*StudyTime 'NaN'"),
    ],
)
def test_a_wrong_cell_is_named(tmp_path, row, words):
    with pytest.raises(UserError, match=words):
        listed(tmp_path, [mimic_row("a", SUBJECT, STUDY), row], make=False)


@pytest.mark.parametrize(
    "table, header, words",
    [
        ("metadata", ["dicom_id", "subject_id", "study_id", "ViewPosition"], "metadata.csv has no column 'StudyDate'"),
        ("chexpert", ["subject_id", "study_id"], "chexpert.csv has no column 'No Finding'"),
        ("chexpert", None, "has no mimic-cxr-2.0.0-chexpert.csv.gz or mimic-cxr-2.0.0-chexpert.csv"),
        ("split", None, "has no mimic-cxr-2.0.0-split.csv.gz or"),
        ("split", ["dicom_id", "study_id"], "split.csv has no column 'split'"),
    ],
)
def test_missing_tables_and_columns(tmp_path, table, header, words):
    options, path = mimic(tmp_path, 3, ""), tmp_path / f"mimic-cxr-2.0.0-{table}.csv"
    path.unlink()
    if header:
        write(path, header, [["1"] * len(header)])
    with pytest.raises(UserError, match=words):
        list_scans(complete("mimic", options, official_split=True))


@pytest.mark.parametrize(
    "patients, words",
    [
        ("gone.csv", "gone.csv was not found, nor in .*option 'patients'"),
        ("patients.csv", "patients.csv has no column 'anchor_year'"),
    ],
)
def test_a_wrong_patients_table(tmp_path, patients, words):
    options = mimic(tmp_path, 3)
    write(tmp_path / "patients.csv", ["subject_id", "gender", "anchor_age"], [[SUBJECT, "F", "50"]])
    with pytest.raises(UserError, match=words):
        list_scans(complete("mimic", options, patients=patients))


def test_a_damaged_archive_is_named(tmp_path):
    options = mimic(tmp_path, 3)
    path = tmp_path / "mimic-cxr-2.0.0-metadata.csv.gz"
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(UserError, match="metadata.csv.gz cannot be read.*download it again"):
        list_scans(complete("mimic", options))


def test_ids_as_floats_say_the_same(tmp_path):
    row = mimic_row("a", SUBJECT, STUDY)
    expected, _ = listed(tmp_path, [row])
    scans, excluded = listed(tmp_path, [[*row[:1], f"{SUBJECT}.0", f"{STUDY}.0", *row[3:]]], make=False)
    assert scans.equals(expected) and excluded.empty


@pytest.mark.parametrize("date, time", [("21801306", "213014.5"), ("21800231", "213014.5"), ("21800506", "256014.5")])
def test_a_moment_that_there_is_not(tmp_path, date, time):
    with pytest.raises(UserError, match="Row 2 of .*metadata.csv has Study(Date|Time) '2[15]"):
        listed(tmp_path, [mimic_row("a", SUBJECT, STUDY, date=date, time=time)])


def test_dicom_files_without_an_ending(tmp_path):
    scans, _ = listed(tmp_path, [mimic_row("a", SUBJECT, STUDY)])
    path = place(tmp_path, "a", str(SUBJECT), str(STUDY))
    path.rename(path.with_suffix(""))
    again, excluded = listed(tmp_path, [mimic_row("a", SUBJECT, STUDY)], make=False)
    assert list(again["path"]) == [scans["path"][0].removesuffix(".jpg")] and excluded.empty
