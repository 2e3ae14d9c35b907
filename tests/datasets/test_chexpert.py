"""CheXpert: Paths, views, ages, uncertain labels, and the published table itself."""

import gzip
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from chest_trees import CHEXPERT_HEADER, chexpert, chexpert_row, picture, write
from preparing import complete

from ldcore.datasets.adapters.chexpert import list_scans
from ldcore.datasets.phantoms import chest_atlas
from ldcore.datasets.records import load
from ldcore.prepare import prepare
from ldcore.runtime.errors import UserError

FRONT = "CheXpert-v1.0/train/patient{:05d}/study{}/view{}_frontal.jpg"
PNEUMONIA = {"Pneumonia": "1.0"}


def listed(folder, rows, table="train.csv", make=True, **options):
    """list_scans of a table; every file that it names is there."""
    write(folder / table, CHEXPERT_HEADER, rows)
    for row in rows if make else ():
        (folder / row[0].split("/", 1)[1]).parent.mkdir(parents=True, exist_ok=True)
        (folder / row[0].split("/", 1)[1]).touch()
    return list_scans(complete("chexpert", source=str(folder), **options))


def test_cells_become_the_table(tmp_path):
    scans, excluded = listed(
        tmp_path,
        [
            chexpert_row(FRONT.format(1, 1, 1), "Female", "68", **PNEUMONIA),
            chexpert_row(FRONT.format(2, 12, 1), "Male", "90", position="PA", **PNEUMONIA),
            chexpert_row(FRONT.format(2, 2, 1), "Unknown", "0", **PNEUMONIA),
        ],
    )
    assert list(scans["subject_id"]) == ["patient00001", "patient00002", "patient00002"] and excluded.empty
    assert list(scans["when"]) == [1, 2, 12]  # by number, not as text
    assert list(scans["sex"]) == ["F", "", "M"] and list(scans["view"]) == ["AP", "AP", "PA"]
    assert scans["age"][0] == 68 and np.isnan(scans["age"][1]) and scans["age"][2] == 90
    assert scans["path"][0] == str(tmp_path / "train/patient00001/study1/view1_frontal.jpg")


def test_what_is_left_out_and_why(tmp_path):
    scans, excluded = listed(
        tmp_path,
        [
            chexpert_row(FRONT.format(1, 1, 2), **PNEUMONIA),
            chexpert_row(FRONT.format(1, 1, 1), **PNEUMONIA),
            chexpert_row(FRONT.format(1, 1, 3).replace("frontal", "lateral"), view="Lateral", position="", **PNEUMONIA),
            chexpert_row(FRONT.format(2, 1, 1), Pneumonia="-1.0"),
            chexpert_row(FRONT.format(3, 1, 1), Edema="1.0"),
            chexpert_row(FRONT.format(4, 1, 1), Pneumonia="1.0", Pleural_Effusion="1.0"),
            chexpert_row(FRONT.format(5, 1, 1), Pneumonia="1", Edema="-1.0"),
        ],
    )
    assert [path[-38:] for path in scans["path"]] == [
        "train/patient00001/study1/view1_frontal.jpg"[-38:],
        "train/patient00005/study1/view1_frontal.jpg"[-38:],
    ]
    reasons = {path.split("train/")[1]: reason for path, reason in zip(excluded["path"], excluded["reason"])}
    assert reasons == {
        "patient00001/study1/view2_frontal.jpg": "another frontal view of the study",
        "patient00001/study1/view3_lateral.jpg": "lateral view",
        "patient00002/study1/view1_frontal.jpg": "uncertain finding",
        "patient00003/study1/view1_frontal.jpg": "none of the findings wanted",
        "patient00004/study1/view1_frontal.jpg": "several of the findings wanted",
    }


def test_a_repeated_row_is_no_further_view(tmp_path):
    scans, excluded = listed(
        tmp_path,
        [
            chexpert_row(FRONT.format(2, 1, 1), **PNEUMONIA),
            chexpert_row(FRONT.format(1, 1, 1), Cardiomegaly="1.0"),
            chexpert_row(FRONT.format(2, 1, 1), Cardiomegaly="1.0"),
            chexpert_row(FRONT.format(2, 1, 2), **PNEUMONIA),
        ],
    )
    assert dict(zip(scans["subject_id"], scans["findings"])) == {
        "patient00001": "Cardiomegaly",
        "patient00002": "Pneumonia",
    }
    assert sorted(zip([path[-16:] for path in excluded["path"]], excluded["reason"])) == [
        ("iew1_frontal.jpg", "row repeated"),
        ("iew2_frontal.jpg", "another frontal view of the study"),
    ]


def test_the_papers_compound_finding(tmp_path):
    scans, _ = listed(
        tmp_path,
        [chexpert_row(FRONT.format(1, 1, 1), Consolidation="1.0", Cardiomegaly="1.0")],
        findings=["Consolidation", "Cardiomegaly"],
        single=False,
    )
    assert list(scans["findings"]) == ["Cardiomegaly|Consolidation"]  # the table's order, whatever the option's


def test_both_tables_and_missing_files(tmp_path):
    listed(tmp_path, [chexpert_row(FRONT.format(64541, 1, 1).replace("train", "valid"), **PNEUMONIA)], "valid.csv")
    scans, excluded = listed(tmp_path, [chexpert_row(FRONT.format(1, 1, 1), **PNEUMONIA)], make=False)
    assert list(scans["subject_id"]) == ["patient64541"] and list(excluded["reason"]) == ["no such file"]


@pytest.mark.parametrize(
    "row, words",
    [
        (chexpert_row("patient1.jpg"), "Row 3 of .*train.csv has Path 'patient1.jpg'"),
        (chexpert_row(FRONT.format(2, 1, 1), age="old"), "Row 3 of .*train.csv has Age 'old'.*years"),
        (chexpert_row(FRONT.format(2, 1, 1), age="-4"), "Row 3 .*Age '-4'"),
        (chexpert_row(FRONT.format(2, 1, 1), age="inf"), "Row 3 .*Age 'inf'"),
        (chexpert_row(FRONT.format(2, 1, 1), age="nan"), "Row 3 .*Age 'nan'; an age is a number of years, or empty"),
        (chexpert_row(FRONT.format(2, 1, 1), sex="f"), "Row 3 .*Sex 'f'.*use one of female, male, unknown"),
        (chexpert_row(FRONT.format(2, 1, 1), view="Oblique"), "Row 3 .*Frontal/Lateral 'Oblique'"),
        (chexpert_row(FRONT.format(2, 1, 1), Pneumonia="2.0"), "Row 3 .*Pneumonia '2.0'.*1, 0, -1 or empty"),
    ],
)
def test_a_wrong_cell_is_named(tmp_path, row, words):
    with pytest.raises(UserError, match=words) as fault:
        listed(tmp_path, [chexpert_row(FRONT.format(1, 1, 1)), row], make=False)
    assert "\n" not in str(fault.value)


@pytest.mark.parametrize("column", ["Path", "Age", "Pleural Effusion"])
def test_a_missing_column_is_named_with_its_file(tmp_path, column):
    header = [name for name in CHEXPERT_HEADER if name != column]
    write(tmp_path / "train.csv", header, [["x"] * len(header)])
    with pytest.raises(UserError, match=f"train.csv has no column '{column}'.*Frontal/Lateral"):
        list_scans(complete("chexpert", source=str(tmp_path)))


def test_the_published_table_is_read_as_it_is(tmp_path):
    with gzip.open(chest_atlas.package_file("chexpert_train.csv.gz"), "rt") as file:
        lines = [next(file) for _ in range(401)]
    (tmp_path / "train.csv").write_text("".join(lines))
    table = pd.read_csv(tmp_path / "train.csv")
    for path in table["Path"]:
        place = tmp_path / path.split("/", 1)[1]
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch()
    scans, excluded = list_scans(complete("chexpert", source=str(tmp_path)))
    assert len(scans) + len(excluded) == 400 and len(scans) > 100
    expected = table.set_index("Path").loc["CheXpert-v1.0-small/" + scans["path"].str.removeprefix(f"{tmp_path}/")]
    for finding in set(scans["findings"]):
        assert (expected[finding].to_numpy() == 1)[scans["findings"] == finding].all()
    assert (excluded["reason"] == "lateral view").sum() == (table["Frontal/Lateral"] == "Lateral").sum()


def test_damaged_images_are_left_out_by_name(tmp_path):
    options = chexpert(tmp_path / "download", 8)
    study = tmp_path / "download/train/patient00003/study1/view1_frontal.jpg"
    study.write_bytes(study.read_bytes()[:300])
    (tmp_path / "download/train/patient00004/study2/view1_frontal.jpg").write_text("not an image")
    picture(tmp_path / "download/train/patient00005/study2/view1_frontal.jpg", 1, (1, 1))
    prepare("chexpert", options, 0, tmp_path / "out")
    excluded = pd.read_csv(tmp_path / "out/excluded.csv").set_index("path")["reason"]
    broken = excluded[excluded.str.startswith("cannot be read")]
    assert sorted(path.split("train/")[1][:19] for path in broken.index) == [
        "patient00003/study1",
        "patient00004/study2",
        "patient00005/study2",
    ]
    assert len(load(tmp_path / "out")[0]) == 13


def test_the_command(tmp_path):
    options = chexpert(tmp_path / "download", 8)
    command = [
        sys.executable,
        "-m",
        "ldcore.prepare",
        "--adapter",
        "chexpert",
        "--source",
        options["source"],
        "--out",
        str(tmp_path / "out"),
        "--options",
        '{"image_size": 16, "square": "crop"}',
        "--seed",
        "3",
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0 and "16 images of 8 subjects; left out: 8 lateral view." in done.stdout, done.stderr
    prepare("chexpert", {**options, "square": "crop"}, 3, tmp_path / "here")
    assert (tmp_path / "out/records.csv").read_bytes() == (tmp_path / "here/records.csv").read_bytes()
    failed = subprocess.run([*command[:-4], "--options", '{"uncertain": "maybe"}'], capture_output=True, text=True)
    assert failed.returncode == 1
    assert "option uncertain is 'maybe'" in failed.stderr
    assert "Traceback" not in failed.stderr


def test_batches_as_they_unpack(tmp_path):
    rows = [chexpert_row(FRONT.format(number, 1, 1), **PNEUMONIA) for number in (1, 2)]
    rows.append(chexpert_row(FRONT.format(3, 1, 1).replace("train", "valid"), **PNEUMONIA))
    first, second = (tmp_path / f"CheXpert-v1.0 batch {number}" for number in ("1 (validate & csv)", "2 (train 1)"))
    for place in (second / "patient00001", second / "patient00002", first / "valid" / "patient00003"):
        picture(place / "study1" / "view1_frontal.jpg", 1)
    write(first / "train.csv", CHEXPERT_HEADER, rows[:2])
    write(first / "valid.csv", CHEXPERT_HEADER, rows[2:])
    scans, excluded = list_scans(complete("chexpert", source=str(tmp_path)))
    assert excluded.empty and list(scans["subject_id"]) == ["patient00001", "patient00002", "patient00003"]
    assert scans["path"][0] == str(second / "patient00001/study1/view1_frontal.jpg")
    assert scans["path"][2] == str(first / "valid/patient00003/study1/view1_frontal.jpg")


@pytest.mark.parametrize("change", [lambda path: path.replace("/", "\\"), lambda path: path.split("/", 1)[1]])
def test_paths_written_otherwise(tmp_path, change):
    rows = [chexpert_row(FRONT.format(1, 1, 1), **PNEUMONIA)]
    expected, _ = listed(tmp_path, rows)
    write(tmp_path / "train.csv", CHEXPERT_HEADER, [[change(row[0]), *row[1:]] for row in rows])
    scans, excluded = list_scans(complete("chexpert", source=str(tmp_path)))
    assert scans.equals(expected) and excluded.empty


def test_where_no_image_is_there_one_path_is_shown(tmp_path):
    listed(tmp_path, [chexpert_row(FRONT.format(1, 1, 1), **PNEUMONIA)], make=False)
    words = "can be used: 1 no such file .for example .*/train/patient00001/study1/view1_frontal.jpg"
    with pytest.raises(UserError, match=words):
        prepare("chexpert", {"source": str(tmp_path)}, 0, tmp_path / "out")
    assert list(pd.read_csv(tmp_path / "out" / "excluded.csv")["reason"]) == ["no such file"]
    assert not (tmp_path / "out" / "records.csv").exists()
