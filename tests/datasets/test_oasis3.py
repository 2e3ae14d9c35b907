"""OASIS-3: both folder layouts, age by days since entry, the nearest rating within reach, first run of a session."""

import numpy as np
import pandas as pd
import pytest
from heads import PLAIN, head, save_nifti
from preparing import prepared

from ldcore.runtime.errors import UserError

PEOPLE = """OASISID,Subject_accession,AgeatEntry,AgeatDeath,GENDER,EDUC,SES,race
OAS30001,CENTRAL_S1,65.149895,,2,12,2,White
OAS30002,CENTRAL_S2,67.252107,83.3,1,18,1,White
OAS30003,CENTRAL_S3,70.5,,1,18,1,White
OAS30004,CENTRAL_S4,,,2,16,1,White
"""
VISITS = """OASISID,OASIS_session_label,days_to_visit,age at visit,MMSE,memory,CDRSUM,CDRTOT,dx1,dx2
OAS30001,OAS30001_UDSb4_d0000,0,65.15,28,0,0,0,Cognitively normal,.
OAS30001,OAS30001_UDSb4_d0700,700,67.07,27,0.5,0.5,0.5,uncertain dementia,.
OAS30001,OAS30001_UDSb4_d0800,800,67.34,27,0.5,0.5,,,.
OAS30001,OAS30001_UDSb4_d2400,2400,71.72,20,1,6,1,AD Dementia,.
OAS30002,OAS30002_UDSb4_d0100,100,67.52,29,0,0,0.0,Cognitively normal,.
OAS30004,OAS30004_UDSb4_d0100,100,67.52,29,0,0,0.0,Cognitively normal,.
"""
IMAGES = (
    "OAS30001_MR_d0129/anat1/NIFTI/sub-OAS30001_ses-d0129_T1w",
    "OAS30001_MR_d0757/anat2/NIFTI/sub-OAS30001_ses-d0757_run-01_T1w",
    "OAS30001_MR_d0757/anat3/NIFTI/sub-OAS30001_ses-d0757_run-02_T1w",
    "OAS30001_MR_d0757/anat1/NIFTI/sub-OAS30001_ses-d0757_acq-TSE_T2w",
    "OAS30001_MR_d2430/anat1/sub-OAS30001_sess-d2430_T1w",
    "OAS30002_MR_d0653/anat1/sub-OAS30002_ses-d0653_T1w",
    "OAS30002_MR_d0371/anat1/sub-OAS30002_ses-d0371_T1w",
    "OAS30003_MR_d0001/anat1/sub-OAS30003_ses-d0001_T1w",
    "OAS30004_MR_d0101/anat1/sub-OAS30004_ses-d0101_T1w",
    "OAS30009_MR_d0001/anat1/sub-OAS30009_ses-d0001_T1w",
)


@pytest.fixture
def source(tmp_path):
    return download(tmp_path / "in")


def download(source):
    """A folder of sessions in both layouts, with both tables."""
    for name in IMAGES:
        save_nifti(source / f"{name}.nii.gz", head(0.8) if "run-02" in name else None, axes="PSR")
    (source / "OASIS3_demographics.csv").write_text(PEOPLE)
    (source / "OASIS3_UDSb4_cdr.csv").write_text(VISITS)
    return source


def run(source, **options):
    return prepared("oasis3", {**PLAIN, "source": str(source), **options}, source.parent / "out")


def test_ages_ratings_and_what_is_left_out(source):
    records, images, excluded = run(source)
    assert list(zip(records["subject_id"], records["session"], records["diagnosis"], records["sex"])) == [
        ("OAS30001", 0, "CN", "F"),
        ("OAS30001", 1, "MCI", "F"),
        ("OAS30001", 2, "AD", "F"),
        ("OAS30002", 0, "CN", "M"),
    ]
    assert np.allclose(
        records["age"],
        [65.149895 + 129 / 365.25, 65.149895 + 757 / 365.25, 65.149895 + 2430 / 365.25, 67.252107 + 371 / 365.25],
    )
    assert sorted(zip(excluded["subject_id"], excluded["reason"])) == [
        ("OAS30001", "another image of the same session"),
        ("OAS30002", "no clinical visit within 365 days"),
        ("OAS30003", "no clinical visit within 365 days"),
        ("OAS30004", "no age in the table"),
        ("OAS30009", "not in the demographics"),
    ]
    assert all(np.array_equal(images[0], image) for image in images)  # run-02 holds a smaller head


def test_distance_of_visits_and_ratings_by_option(source):
    records, _, _ = run(source, max_days=60)
    assert list(zip(records["subject_id"], records["diagnosis"])) == [("OAS30001", "MCI"), ("OAS30001", "AD")]
    records, _, _ = run(source, cdr={"0": "CN", "0.5": "", "1": "AD"}, max_days=3000)
    assert list(records["diagnosis"]) == ["CN", "CN", "AD", "CN", "CN"]  # the nearest rating that the mapping keeps


def test_older_clinical_table(source):
    first = run(source)[0]
    rows = pd.read_csv(source / "OASIS3_UDSb4_cdr.csv")
    older = pd.DataFrame(
        {
            "ADRC_ADRCCLINICALDATA ID": rows["OASIS_session_label"].str.replace("UDSb4", "ClinicalData"),
            "Subject": rows["OASISID"],
            "mmse": rows["MMSE"],
            "ageAtEntry": 65.1,
            "cdr": rows["CDRTOT"],
            "dx1": rows["dx1"],
        }
    )
    (source / "OASIS3_UDSb4_cdr.csv").unlink()
    older.to_csv(source / "ADRC Clinical Data.csv", index=False)
    assert run(source)[0].equals(first)


def test_other_tables_in_the_folder_do_not_matter(source):
    first = run(source)[0]
    (source / "notes.csv").write_bytes("Größe,Subject\n1,2\n".encode("latin-1"))
    (source / "~$OASIS3.xlsx").write_bytes(b"lock")
    (source / "OASIS3_MR_json.csv").write_text("subject_id,label\nOAS30001,OAS30001_MR_d0129\n")
    assert run(source)[0].equals(first)


@pytest.mark.parametrize(
    "file, old, new, words",
    [
        ("OASIS3_demographics.csv", "AgeatEntry", "Years", ["OASIS3_demographics.csv", "no column 'AgeatEntry'"]),
        ("OASIS3_UDSb4_cdr.csv", "CDRTOT", "Total", ["OASIS3_UDSb4_cdr.csv", "no column 'CDRTOT'"]),
        ("OASIS3_UDSb4_cdr.csv", ",700,", ",soon,", ["Row 3", "days_to_visit 'soon'"]),
        ("OASIS3_demographics.csv", "67.252107", "6725", ["Row 3", "AgeatEntry '6725'", "120"]),
        ("OASIS3_demographics.csv", "OAS30003", "OAS30002", ["Rows 3 and 4"]),
        ("OASIS3_UDSb4_cdr.csv", ",700,", ",2400,", ["Rows 3 and 5", "same visit and differ"]),
    ],
)
def test_fault_in_a_table_is_named(source, file, old, new, words):
    (source / file).write_text((source / file).read_text().replace(old, new, 1))
    with pytest.raises(UserError) as fault:
        run(source)
    assert all(word in str(fault.value) for word in words) and "OAS300" not in str(fault.value), fault.value


def test_sessions_that_are_links_are_not_lost(source):
    before = run(source)
    elsewhere = source.parent / "elsewhere"
    elsewhere.mkdir()
    for name in ("OAS30001_MR_d2430", "OAS30002_MR_d0653"):
        (source / name).rename(elsewhere / name)
        (source / name).symlink_to(elsewhere / name, target_is_directory=True)
    after = run(source)
    assert before[0].equals(after[0]) and np.array_equal(before[1], after[1])


def test_ids_in_another_case(source):
    before = run(source)
    (source / "OASIS3_demographics.csv").write_text(PEOPLE.replace("OAS30001", "oas30001"))
    (source / "OASIS3_UDSb4_cdr.csv").write_text(VISITS.replace("OAS30002,", "Oas30002,"))
    assert before[0].equals(run(source)[0])
