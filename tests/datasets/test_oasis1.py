"""OASIS-1: discs of Analyze files without orientation, CDR above 0 is AD, rescans of the same person."""

import numpy as np
import pytest
from heads import PLAIN, save_analyze, save_xlsx
from preparing import prepared

from ldcore.datasets.adapters import oasis1
from ldcore.runtime.errors import UserError

TABLE = """ID,M/F,Hand,Age,Educ,SES,MMSE,CDR,eTIV,nWBV,ASF,Delay
OAS1_0001_MR1,F,R,74,2,3,29,0,1344,0.743,1.306,N/A
OAS1_0002_MR1,F,R,55,4,1,29,0.5,1147,0.810,1.531,N/A
OAS1_0003_MR1,M,R,73,4,3,27,1,1454,0.708,1.207,N/A
OAS1_0061_MR1,F,R,20,,,,,1313,0.860,1.337,N/A
OAS1_0061_MR2,F,R,20,,,,,1313,0.860,1.337,26
OAS1_0005_MR1,M,R,18,,,,,1737,0.848,1.010,N/A
"""
IMAGES = (
    "disc1/OAS1_0001_MR1",
    "disc1/OAS1_0002_MR1",
    "disc1/OAS1_0003_MR1",
    "disc2/OAS1_0061_MR1",
    "disc2/OAS1_0061_MR2",
    "disc2/OAS1_0099_MR1",
)


@pytest.fixture
def source(tmp_path):
    """Two discs: sessions raw (two runs), averaged and in the atlas; a person without images, one without a row."""
    for place in IMAGES:
        folder, name = tmp_path / "download" / place, place.split("/")[1]
        for run in (1, 2):
            save_analyze(folder / "RAW" / f"{name}_mpr-{run}_anon.img")
        save_analyze(folder / "PROCESSED/MPRAGE/SUBJ_111" / f"{name}_mpr_n4_anon_sbj_111.img")
        for kind in ("gfc", "masked_gfc"):
            save_analyze(folder / "PROCESSED/MPRAGE/T88_111" / f"{name}_mpr_n4_anon_111_t88_{kind}.img", axes="LAS")
    (tmp_path / "download" / "oasis_cross-sectional.csv").write_text(TABLE)
    return tmp_path / "download"


def run(source, **options):
    return prepared("oasis1", {**PLAIN, "source": str(source), **options}, source.parent / "out")


def test_ratings_rescans_and_what_is_left_out(source):
    records, images, excluded = run(source)
    assert list(records["subject_id"]) == ["OAS1_0001", "OAS1_0002", "OAS1_0003", "OAS1_0061"]
    assert list(records["diagnosis"]) == ["CN", "AD", "AD", "CN"] and list(records["age"]) == [74, 55, 73, 20]
    assert list(records["sex"]) == ["F", "F", "M", "F"] and images.shape == (4, 48, 48)
    assert sorted(zip(excluded["subject_id"], excluded["reason"])) == [
        ("OAS1_0005", "no image in the folder"),
        ("OAS1_0061", "rescan"),
        ("OAS1_0099", "not in the table"),
    ]


def test_rescan_is_a_second_session_of_the_same_person(source):
    records, _, _ = run(source, rescans=True, fractions={"train": 0.5, "test": 0.5})
    own = records[records["subject_id"] == "OAS1_0061"]
    assert list(own["session"]) == [0, 1] and own["split"].nunique() == 1


def test_every_volume_is_turned_the_same_way(source):
    images = [run(source, volume=volume)[1] for volume in oasis1.PLACES]
    assert np.array_equal(images[0], images[1]) and np.array_equal(images[0], images[2])
    bright = np.argwhere(images[0][0] == 255).mean(0)
    assert bright[0] < 18 and bright[1] < 20  # in front, on the left
    assert "another image of the same session" in set(run(source, volume="RAW")[2]["reason"])
    flipped = run(source, volume="T88_111", axes="RAS")[1]
    assert np.abs(flipped[0][:, ::-1].astype(int) - images[0][0]).mean() < 2


def test_ratings_and_the_unrated_by_option(source):
    records, _, excluded = run(source, cdr={"0": "CN", "0.5": "MCI", "1": "AD"})
    assert list(records["diagnosis"]) == ["CN", "MCI", "AD"] and "no diagnosis in the table" in set(excluded["reason"])


def test_spreadsheet_as_the_site_gives_it(source):
    save_xlsx(source / "oasis_cross-sectional.xlsx", [line.split(",") for line in TABLE.splitlines()])
    first = run(source, table="oasis_cross-sectional.csv")[0]
    (source / "oasis_cross-sectional.csv").unlink()
    assert run(source)[0].equals(first)


@pytest.mark.parametrize(
    "old, new, words",
    [
        (",74,", ",old,", ["Row 2", "Age 'old'"]),
        ("M/F", "Gender", ["no column 'M/F'", "oasis_cross-sectional.csv"]),
        ("_0002_MR1,F", "_0001_MR1,F", ["Rows 2 and 3", "differ"]),
        (",0.5,", ",5,", ["Row 3", "CDR '5'"]),
        (",F,R,74", ",X,R,74", ["Row 2", "M/F 'X'"]),
    ],
)
def test_fault_in_the_table_is_named(source, old, new, words):
    (source / "oasis_cross-sectional.csv").write_text(TABLE.replace(old, new, 1))
    with pytest.raises(UserError) as fault:
        run(source)
    assert all(word in str(fault.value) for word in words) and "OAS1_" not in str(fault.value), fault.value


def test_missing_and_ambiguous_tables_and_options(source):
    (source / "copy.csv").write_text(TABLE)
    with pytest.raises(UserError, match="copy.csv and oasis_cross-sectional.csv .*option 'table'"):
        run(source)
    for path in source.glob("*.csv"):
        path.unlink()
    with pytest.raises(UserError, match="No table with the columns ID, M/F, Age, CDR, Delay"):
        run(source)
    with pytest.raises(UserError, match="gone.csv was not found"):
        run(source, table="gone.csv")
    with pytest.raises(UserError, match="option volume is 'MASKED'.*SUBJ_111"):
        run(source, volume="MASKED")


def test_discs_that_are_links_with_dot_files_of_another_system(source):
    before = run(source)
    (source / "disc2").rename(source.parent / "elsewhere")
    (source / "disc2").symlink_to(source.parent / "elsewhere", target_is_directory=True)
    for path in sorted(source.parent.rglob("*.img")):
        path.with_name(f"._{path.name}").write_bytes(b"\0" * 4096)
    after = run(source)
    assert before[0].equals(after[0]) and np.array_equal(before[1], after[1]) and before[2].equals(after[2])


def test_a_disc_that_may_not_be_read(source, monkeypatch):
    scandir = oasis1.files.__globals__["os"].scandir

    def guarded(path):
        if str(path).endswith("disc2"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr("os.scandir", guarded)
    with pytest.raises(UserError, match="disc2 may not be read by you"):
        run(source)


def test_ids_in_another_case_and_without_zeros(source):
    before = run(source)
    (source / "oasis_cross-sectional.csv").write_text(TABLE.replace("OAS1_0001_MR1", "oas1_1_mr1"))
    assert before[0].equals(run(source)[0])
