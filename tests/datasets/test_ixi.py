"""IXI: site from the name, people without an age or twice in the table, and the table in each of its formats."""

import shutil
from pathlib import Path

import pytest
from heads import PLAIN, save_nifti
from preparing import prepared

from ldcore.datasets.adapters import ixi
from ldcore.runtime.errors import UserError

TABLE = """IXI_ID,"SEX_ID (1=m, 2=f)",HEIGHT,WEIGHT,ETHNIC_ID,MARITAL_ID,OCCUPATION_ID,QUALIFICATION_ID,\
DOB,DATE_AVAILABLE,STUDY_DATE,AGE
1,2,,,,,,,,0,,
2,2,164,58,1,4,1,5,1970-01-30,1,2005-11-18,35.80013689
12,1,175,70,1,2,1,5,1966-08-20,1,2005-06-01,38.78165640
13,1,182,70,1,2,1,5,1958-09-15,1,2005-06-01,46.71047228
13,1,182,70,1,2,1,5,1958-09-15,1,2005-06-01,46.71047228
14,2,163,65,1,4,1,5,1971-03-15,1,2005-06-09,34.23682409
14,2,163,65,1,4,1,5,1971-03-15,1,2005-06-09,44.23682409
15,1,181,90,1,2,1,5,0,1,2005-06-23,0
16,1,181,90,1,2,1,5,1950-01-01,1,2005-06-23,55.16769336
"""
IMAGES = (
    "IXI001-Guys-0000",
    "IXI002-Guys-0828",
    "IXI012-HH-1211",
    "IXI013-IOP-1212",
    "IXI014-HH-1236",
    "IXI015-HH-1258",
    "IXI999-HH-2000",
)


@pytest.fixture
def source(tmp_path):
    for name in IMAGES:
        save_nifti(tmp_path / "in" / "IXI-T1" / f"{name}-T1.nii.gz", axes="PSR")
    (tmp_path / "in" / "IXI.csv").write_text(TABLE)
    return tmp_path / "in"


def run(source, workers=1, **options):
    return prepared("ixi", {**PLAIN, "source": str(source), **options}, source.parent / "out", workers=workers)


def test_people_sites_and_what_is_left_out(source):
    records, images, excluded = run(source)
    assert list(zip(records["subject_id"], records["sex"], records["site"])) == [
        ("IXI002", "F", "Guys"),
        ("IXI012", "M", "HH"),
        ("IXI013", "M", "IOP"),
    ]
    assert records["age"].tolist() == [35.80013689, 38.7816564, 46.71047228] and set(records["diagnosis"]) == {"CN"}
    assert sorted(zip(excluded["subject_id"], excluded["reason"])) == [
        ("IXI001", "no age in the table"),
        ("IXI014", "several rows of the table that differ"),
        ("IXI015", "no age in the table"),
        ("IXI016", "no image in the folder"),
        ("IXI999", "not in the table"),
    ]
    assert images.std() > 40


def test_one_hospital_and_two_workers(source):
    records, images, excluded = run(source, sites=["HH", "IOP"])
    assert list(records["site"]) == ["HH", "IOP"] and "another site" in set(excluded["reason"])
    again = run(source, workers=2, sites=["HH", "IOP"])
    assert again[0].equals(records) and again[1].tobytes() == images.tobytes() and again[2].equals(excluded)


def test_killed_run_goes_on(source, monkeypatch):
    calls, real = [], ixi.read_scan

    def killed(scan, options):
        calls.append(scan["subject_id"])
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(scan, options)

    monkeypatch.setattr(ixi, "read_scan", killed)
    with pytest.raises(KeyboardInterrupt):
        run(source)
    records, images, _ = run(source)
    assert calls == ["IXI002", "IXI012", "IXI012", "IXI013"] and len(images) == 3  # the first was kept
    monkeypatch.undo()
    assert run(source)[1].tobytes() == images.tobytes()


def test_excel_table_as_it_comes(source):
    first = run(source)[0]
    (source / "IXI.csv").unlink()
    shutil.copy(
        Path(__file__).parent / "ixi.xls", source / "IXI.xls"
    )  # TABLE, numbers as numbers and days as dates, written by xlwt
    assert run(source)[0].equals(first)
    (source / "IXI.xls").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
    with pytest.raises(UserError, match="IXI.xls cannot be read .*save it as UTF-8 CSV"):
        run(source)


def test_age_that_is_none(source):
    (source / "IXI.csv").write_text(TABLE.replace("38.78165640", "thirty"))
    with pytest.raises(UserError, match="Row 4 of .*IXI.csv has AGE 'thirty'"):
        run(source)


def test_ids_that_a_spreadsheet_changed(source):
    before = run(source)
    (source / "IXI.csv").write_text(TABLE.replace("\n2,2,", "\nIXI002,2,").replace("\n12,1,", "\n12.0,1,"))
    assert before[0].equals(run(source)[0])
    (source / "IXI.csv").write_text(TABLE.replace("\n2,2,", "\n2.5,2,"))
    with pytest.raises(UserError, match="Row 3 of .*IXI.csv has IXI_ID '2.5'; give a whole number"):
        run(source)


def test_a_table_of_a_european_spreadsheet(source):
    before = run(source)
    lines = [line.split(",") for line in TABLE.splitlines()[1:]]
    header = TABLE.splitlines()[0].replace(",", ";").replace("1=m; 2=f", "1=m, 2=f")
    rows = [";".join([*cells[:-1], cells[-1].replace(".", ",")]) for cells in lines]
    (source / "IXI.csv").write_text("\n".join([header, *rows]) + "\n")
    assert before[0].equals(run(source)[0])
