"""OASIS-2: visits of one person, the visit's CDR before the person's group, NIfTI pairs without orientation."""

import numpy as np
import pandas as pd
import pytest
from heads import PLAIN, save_nifti
from preparing import complete, prepared

from ldcore.datasets.adapters import _cdr
from ldcore.runtime.errors import UserError

TABLE = """Subject ID,MRI ID,Group,Visit,MR Delay,M/F,Hand,Age,EDUC,SES,MMSE,CDR,eTIV,nWBV,ASF
OAS2_0001,OAS2_0001_MR1,Nondemented,1,0,M,R,87,14,2,27,0,1987,0.696,0.883
OAS2_0001,OAS2_0001_MR2,Nondemented,2,457,M,R,88,14,2,30,0,2004,0.681,0.876
OAS2_0002,OAS2_0002_MR1,Demented,1,0,M,R,75,12,,23,0.5,1678,0.736,1.046
OAS2_0018,OAS2_0018_MR1,Converted,1,0,F,R,87,14,1,30,0,1406,0.715,1.248
OAS2_0018,OAS2_0018_MR3,Converted,3,489,F,R,88,14,1,29,1,1398,0.713,1.255
OAS2_0020,OAS2_0020_MR1,Nondemented,1,0,F,R,,14,1,30,0,1406,0.715,1.248
OAS2_0021,OAS2_0021_MR1,Converted,1,0,F,R,80,14,1,30,,1406,0.715,1.248
"""


@pytest.fixture
def source(tmp_path):
    """Raw pairs in two parts, one session with a second run, one oriented by its own header."""
    for name in ("0001_MR1", "0001_MR2", "0002_MR1", "0018_MR1", "0018_MR3", "0020_MR1", "0021_MR1"):
        save_nifti(
            tmp_path / "in" / "OAS2_RAW_PART1" / f"OAS2_{name}" / "RAW" / "mpr-1.nifti.img", axes="ASL", coded=False
        )
    save_nifti(tmp_path / "in/OAS2_RAW_PART1/OAS2_0001_MR1/RAW/mpr-2.nifti.img", axes="ASL", coded=False)
    save_nifti(tmp_path / "in/OAS2_RAW_PART1/OAS2_0002_MR1/RAW/mpr-1.nifti.img", axes="PSR")
    (tmp_path / "in" / "oasis_longitudinal.csv").write_text(TABLE)
    return tmp_path / "in"


def run(source, **options):
    return prepared("oasis2", {**PLAIN, "source": str(source), **options}, source.parent / "out")


def test_visits_and_the_rating_then(source):
    records, images, excluded = run(source)
    assert list(zip(records["subject_id"], records["session"], records["diagnosis"], records["age"])) == [
        ("OAS2_0001", 0, "CN", 87),
        ("OAS2_0001", 1, "CN", 88),
        ("OAS2_0002", 0, "MCI", 75),
        ("OAS2_0018", 0, "CN", 87),
        ("OAS2_0018", 1, "AD", 88),
    ]
    assert sorted(zip(excluded["subject_id"], excluded["reason"])) == [
        ("OAS2_0001", "another image of the same session"),
        ("OAS2_0020", "no age in the table"),
        ("OAS2_0021", "no diagnosis in the table"),
    ]
    assert all(
        np.array_equal(images[0], image) for image in images
    )  # the same head, whether or not the header says how it lies


def test_damaged_pair_is_left_out_with_its_name(source):
    folder = source / "OAS2_RAW_PART1/OAS2_0001_MR2/RAW"
    (folder / "mpr-1.nifti.img").write_bytes((folder / "mpr-1.nifti.img").read_bytes()[:1000])
    (source / "OAS2_RAW_PART1/OAS2_0018_MR3/RAW/mpr-1.nifti.hdr").unlink()
    records, _, excluded = run(source)
    damaged = excluded[excluded["reason"].str.contains("damaged")]
    assert len(records) == 3
    assert list(damaged["subject_id"]) == ["OAS2_0001", "OAS2_0018"]
    assert "OAS2_0001_MR2" in damaged["path"].iloc[0]


def test_missing_column_is_named(source):
    (source / "oasis_longitudinal.csv").write_text(TABLE.replace("MR Delay", "Delay to MR"))
    with pytest.raises(UserError, match="oasis_longitudinal.csv has no column 'MR Delay'"):
        run(source)


@pytest.mark.parametrize("adapter", ["oasis1", "oasis2", "oasis3"])
def test_ratings_that_are_none(adapter):
    for rating in ("mild", "nan", "0.7", "-1"):
        with pytest.raises(UserError, match=f"option cdr is .*'{rating}' is not one of"):
            complete(adapter, cdr={"0": "CN", rating: "AD"})
    assert complete(adapter, cdr={0.5: "MCI", "": ""})["cdr"] == {0.5: "MCI", "": ""}


def test_a_rating_with_two_diagnoses():
    table = pd.DataFrame({"cdr": ["0", ""]})
    assert list(_cdr.diagnoses(table, {"0": "CN", "0.0": "CN", "": "MCI"})) == ["CN", "MCI"]
    with pytest.raises(UserError, match="Option cdr gives rating 1 two diagnoses; write it once"):
        _cdr.diagnoses(table, {"1": "MCI", "1.0": "AD"})
