"""ChestX-ray14: a header with unquoted commas, ages of both tables, archives in folders of their own, labels."""

import gzip

import numpy as np
import pytest
from chest_trees import NIH_HEADER, nih, nih_row
from preparing import complete

from ldcore.datasets.adapters.nih import list_scans
from ldcore.datasets.phantoms import chest_atlas
from ldcore.datasets.records import load
from ldcore.prepare import prepare
from ldcore.runtime.errors import UserError


def listed(folder, rows, header=NIH_HEADER, table="Data_Entry_2017_v2020.csv", place="images", **options):
    """list_scans of a table's rows; every file that it names is there."""
    (folder / place).mkdir(parents=True, exist_ok=True)
    (folder / table).write_text("\n".join([header, *rows]) + "\n")
    for row in rows:
        (folder / place / row.split(",")[0]).touch()
    return list_scans(complete("nih", source=str(folder), **options))


@pytest.mark.parametrize(
    "header, tail",
    [(NIH_HEADER, ""), (NIH_HEADER, ","), (NIH_HEADER + ",", ","), (NIH_HEADER.replace("[x,y]", "_x"), "")],
)
@pytest.mark.parametrize("place", [".", "images", "images_001", "images_012/images"])
def test_cells_become_the_table(tmp_path, header, tail, place):
    rows = [
        nih_row(2, 1, "Effusion", "81", "F", "AP"),
        nih_row(1, 0, "Cardiomegaly", "58"),
        nih_row(2, 0, age="80", sex="F"),
    ]
    scans, excluded = listed(tmp_path, [row + tail for row in rows], header, place=place)
    assert list(scans["subject_id"]) == ["00000002", "00000001", "00000002"] and excluded.empty
    assert list(scans["findings"]) == ["Pleural Effusion", "Cardiomegaly", "No Finding"]
    assert list(scans["when"]) == [1, 0, 0]
    assert list(scans["age"]) == [81, 58, 80]
    assert list(scans["sex"]) == ["F", "M", "F"]
    assert list(scans["view"]) == ["AP", "PA", "PA"] and scans["path"][1].endswith("00000001_000.png")


def test_rows_of_both_lengths_in_one_table(tmp_path):
    scans, _ = listed(tmp_path, [nih_row(1, 0), nih_row(1, 1) + ",", nih_row(2, 0) + ",,"])
    assert list(scans["when"]) == [0, 1, 0]


def test_ages_of_the_older_table(tmp_path):
    ages = ["058Y", "006M", "012D", "412", "148Y", ""]
    scans, _ = listed(
        tmp_path, [nih_row(1, number, age=age) for number, age in enumerate(ages)], table="Data_Entry_2017.csv"
    )
    assert np.allclose(scans["age"], [58, 0.5, 12 / 365.25, np.nan, np.nan, np.nan], equal_nan=True)


def test_several_findings_and_other_ones(tmp_path):
    rows = [
        nih_row(1, 0, "Cardiomegaly|Effusion"),
        nih_row(2, 0, "Hernia"),
        nih_row(3, 0, "Effusion|Infiltration"),
        nih_row(4, 0, "Pleural_Thickening"),
    ]
    scans, excluded = listed(tmp_path, rows)
    assert dict(zip(scans["subject_id"], scans["findings"])) == {"00000003": "Pleural Effusion"}
    assert list(excluded["reason"]) == ["none of the findings wanted"] * 2 + ["several of the findings wanted"]
    scans, excluded = listed(tmp_path, rows, single=False, findings=None)
    assert list(scans["findings"]) == [
        "Cardiomegaly|Pleural Effusion",
        "Hernia",
        "Pleural Effusion|Infiltration",
        "Pleural Thickening",
    ]


def test_a_repeated_row_does_not_give_an_image_twice(tmp_path):
    scans, excluded = listed(tmp_path, [nih_row(1, 0, "Cardiomegaly"), nih_row(2, 0), nih_row(1, 0, "Pneumonia")])
    assert list(scans["subject_id"]) == ["00000001", "00000002"]
    assert list(scans["findings"]) == [
        "Cardiomegaly",
        "No Finding",
    ]
    assert list(excluded["reason"]) == ["row repeated"] and list(excluded["path"]) == list(scans["path"][:1])


def test_archives_not_downloaded_are_counted(tmp_path):
    options = nih(tmp_path, 8)
    for path in (tmp_path / "images_001" / "images").iterdir():
        path.unlink()
    scans, excluded = list_scans(complete("nih", options))
    assert len(scans) == 8 and list(excluded["reason"]) == ["no such file"] * 8


@pytest.mark.parametrize(
    "row, words",
    [
        (nih_row(2, 0, "Flu"), "Row 3 of .*Data_Entry_2017_v2020.csv has Finding Labels 'Flu'.*Effusion"),
        (nih_row(2, 0, age="058Q"), "Row 3 .*Patient Age '058Q'"),
        (nih_row(2, 0, sex="X"), "Row 3 .*Patient Gender 'X'"),
        (nih_row(2, 0).replace(",0,2,", ",first,2,"), "Row 3 .*Follow-up # 'first'"),
        ("00000002_000.png,No Finding,0", "Row 3 .*3 cells instead of 11"),
    ],
)
def test_a_wrong_cell_is_named(tmp_path, row, words):
    with pytest.raises(UserError, match=words) as fault:
        listed(tmp_path, [nih_row(1, 0), row])
    assert "\n" not in str(fault.value)


@pytest.mark.parametrize(
    "header, words",
    [
        (NIH_HEADER.replace("Patient ID", "Patient"), "no column 'Patient ID' .found: Image Index"),
        ("", "no column 'Image Index'"),
    ],
)
def test_a_missing_column_is_named_with_its_file(tmp_path, header, words):
    with pytest.raises(UserError, match="Data_Entry_2017_v2020.csv has " + words):
        listed(tmp_path, [nih_row(1, 0)], header)


def test_the_published_table_is_read_as_it_is(tmp_path):
    with gzip.open(chest_atlas.package_file("Data_Entry_2017_v2020.csv.gz"), "rt") as file:
        lines = [next(file).rstrip("\n") for _ in range(500)]
    scans, excluded = listed(tmp_path, lines[1:], lines[0], single=False, findings=None)
    assert len(scans) == 499 and excluded.empty and scans["age"].between(1, 95).all()
    assert list(scans["findings"][:3]) == ["Cardiomegaly", "Cardiomegaly|Emphysema", "Cardiomegaly|Pleural Effusion"]


def test_a_png_with_four_channels(tmp_path):
    from PIL import Image

    options = nih(tmp_path / "download", 8)
    path = next((tmp_path / "download").glob("images_001/images/*.png"))
    prepare("nih", options, 0, tmp_path / "gray")
    Image.open(path).convert("RGBA").save(path)
    prepare("nih", options, 0, tmp_path / "alpha")
    assert np.array_equal(load(tmp_path / "gray")[1], load(tmp_path / "alpha")[1])


def test_ids_as_floats_are_the_same_patient(tmp_path):
    rows = [nih_row(7, 0), nih_row(7, 1).replace(",1,7,58", ",1,7.0,58"), nih_row(8, 0).replace(",0,8,58", ",0,008,58")]
    scans, _ = listed(tmp_path, rows)
    assert list(scans["subject_id"]) == ["00000007", "00000007", "00000008"]
