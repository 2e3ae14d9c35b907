"""Every adapter's smallest download with one fault planted: what each fault comes to.

error     the command stops with one sentence that names file and row
out       the scan is left out with a reason, and all else is as before
same      nothing changes
gone      no table lists scans, so it was never there
missing   the scan stays, with an empty cell
inverted  the image comes out inverted
-         cannot be in such a download

            missing  repeated  blank    unknown  other   truncated  MONOCHROME1  subject in
            file     row       age      sex      column  volume     DICOM        two splits
adni        out      same      out      error    error   out        -            error
oasis1      out      same      out      error    error   out        -            error
oasis2      out      same      out      error    error   out        -            error
oasis3      gone     same      out      error    error   out        -            error
ixi         out      same      out      error    error   out        -            error
chexpert    out      out       missing  error    error   -          -            error
nih         out      out       missing  error    error   -          -            error
mimic       out      out       error    error    error   -          inverted     error
medmnist    error    -         -        -        error   -          -            error
folder      error    error     missing  error    error   error      inverted     error
"""

import csv
import re
from collections import Counter

import chest_trees
import numpy as np
import pandas as pd
import pytest
import test_adni
import test_oasis3
from heads import PLAIN, save_analyze, save_nifti
from preparing import prepared
from test_chest_scan import RAMP, dicom

from ldcore.prepare import prepare
from ldcore.runtime.errors import UserError

FAULTS = (
    "missing file",
    "repeated row",
    "blank age",
    "unknown sex",
    "other column",
    "truncated volume",
    "monochrome1",
    "two splits",
)
OUTCOMES = {line.split()[0]: dict(zip(FAULTS, line.split()[1:])) for line in __doc__.splitlines()[-10:]}
REASONS = {
    "missing file": "no image in the folder|no such file",
    "repeated row": "row repeated",
    "blank age": "no age in the table",
    "truncated volume": "is damaged, or not the image its name says",
}
# adapter: table of the scans, table of the people, its columns of age and sex, one that it needs
TABLES = {
    "adni": ("collection.csv", "collection.csv", "Age", "Sex", "Acq Date"),
    "oasis1": ("oasis.csv", "oasis.csv", "Age", "M/F", "CDR"),
    "oasis2": ("oasis.csv", "oasis.csv", "Age", "M/F", "MR Delay"),
    "oasis3": ("visits.csv", "people.csv", "AgeatEntry", "GENDER", "AgeatEntry"),
    "ixi": ("IXI.csv", "IXI.csv", "AGE", "SEX_ID (1=m, 2=f)", "AGE"),
    "chexpert": ("train.csv", "train.csv", "Age", "Sex", "AP/PA"),
    "nih": (*["Data_Entry_2017_v2020.csv"] * 2, "Patient Age", "Patient Gender", "View Position"),
    "mimic": ("mimic-cxr-2.0.0-metadata.csv", "patients.csv", "anchor_age", "gender", "anchor_year"),
    "folder": ("own.csv", "own.csv", "age", "sex", "subject"),
}


def adni(folder):
    rows = [row for row in test_adni.ROWS if row[0] in ("I33046", "I40006")]
    for image, subject, *_, description, date in rows:
        place, name = test_adni.place(folder, image, subject, description, date)
        save_nifti(place / f"{name}.nii")
    chest_trees.write(folder / "collection.csv", test_adni.HEADER.split(",")[:8] + ["Acq Date"], rows)


def oasis1(folder):
    names = ("OAS1_0001_MR1", "OAS1_0002_MR1")
    for name in names:
        save_analyze(folder / "disc1" / name / "PROCESSED/MPRAGE/SUBJ_111" / f"{name}_mpr_n4_anon_sbj_111.img")
    chest_trees.write(
        folder / "oasis.csv",
        ["ID", "M/F", "Age", "CDR", "Delay"],
        [[names[0], "F", 74, 0, "N/A"], [names[1], "M", 55, 0.5, "N/A"]],
    )


def oasis2(folder):
    names = ("OAS2_0001_MR1", "OAS2_0002_MR1")
    for name in names:
        save_nifti(folder / name / "RAW" / "mpr-1.nifti.img", axes="ASL")
    chest_trees.write(
        folder / "oasis.csv",
        ["MRI ID", "MR Delay", "M/F", "Age", "CDR"],
        [[names[0], 0, "M", 87, 0], [names[1], 0, "F", 75, 0.5]],
    )


def oasis3(folder):
    for name in (test_oasis3.IMAGES[0], test_oasis3.IMAGES[6]):
        save_nifti(folder / f"{name}.nii.gz")
    (folder / "people.csv").write_text("\n".join(test_oasis3.PEOPLE.splitlines()[:3]) + "\n")
    (folder / "visits.csv").write_text("\n".join(test_oasis3.VISITS.splitlines()[i] for i in (0, 1, 5)) + "\n")


def ixi(folder):
    for name in ("IXI002-Guys-0828", "IXI012-HH-1211"):
        save_nifti(folder / "IXI-T1" / f"{name}-T1.nii.gz")
    chest_trees.write(folder / "IXI.csv", ["IXI_ID", "SEX_ID (1=m, 2=f)", "AGE"], [[2, 2, 35.8], [12, 1, 38.7]])


def mimic(folder):
    chest_trees.mimic(folder, 2, "")
    pd.read_csv(folder / "patients.csv.gz").to_csv(folder / "patients.csv", index=False)
    return {"patients": "patients.csv"}


def own(folder):
    for number in range(3):
        chest_trees.picture(folder / f"{number}.png", number)
    save_nifti(folder / "brain.nii.gz")
    rows = [
        ["0.png", "a", 60, "F", "train"],
        ["1.png", "a", 61, "F", "train"],
        ["2.png", "b", 50, "M", "test"],
        ["brain.nii.gz", "c", 40, "M", "val"],
    ]
    chest_trees.write(folder / "own.csv", ["path", "subject", "age", "sex", "split"], rows)
    return {"root": str(folder), "csv": "own.csv", "image_size": 32}


TREES = {
    "adni": adni,
    "oasis1": oasis1,
    "oasis2": oasis2,
    "oasis3": oasis3,
    "ixi": ixi,
    "chexpert": lambda folder: chest_trees.chexpert(folder, 2),
    "nih": lambda folder: chest_trees.nih(folder, 2),
    "mimic": mimic,
    "medmnist": lambda folder: chest_trees.medmnist(folder, (2, 2, 2)),
    "folder": own,
}
IMAGES = {
    "adni": "*.nii",
    "oasis1": "*.img",
    "oasis2": "*.img",
    "oasis3": "*.nii.gz",
    "ixi": "*.nii.gz",
    "chexpert": "*frontal.jpg",
    "nih": "*.png",
    "mimic": "*.jpg",
    "medmnist": "*.npz",
    "folder": "0.png",
}
BRAINS = ("adni", "oasis1", "oasis2", "oasis3", "ixi")


def tree(adapter, folder):
    """The options of an adapter's smallest download, made in the folder; images keep all their gray levels."""
    folder.mkdir()
    given = TREES[adapter](folder) or {}
    common = (
        PLAIN if adapter in BRAINS else {"image_size": 32, **({} if adapter == "medmnist" else {"window": [0, 100]})}
    )
    return {**({} if adapter == "folder" else {"source": str(folder)}), **given, **common}


def built(adapter, options, out):
    """(ages by (subject, image), reasons in excluded.csv); sessions count anew where one is left out."""
    records, images, excluded = prepared(adapter, options, out)
    ages = {(row.subject_id, images[row.image_index].tobytes()): row.age for row in records.itertuples()}
    assert len(ages) == len(records)
    return ages, Counter(excluded["reason"])


def edited(path, change):
    """Rewrite a CSV by what `change` does to its rows."""
    rows = list(csv.reader(path.read_text().splitlines()))
    change(rows)
    chest_trees.write(path, rows[0], rows[1:])


def planted(adapter, fault, options, folder, out):
    """Plant a fault; what an error must say."""
    scans, people, age, sex, needed = TABLES.get(adapter, [""] * 5)
    image = sorted(folder.rglob(IMAGES[adapter]))[0]
    if fault == "missing file":
        image.unlink()
        return "has 0 .npz archives" if adapter == "medmnist" else f"Row 2 names .*{image.name}, which does not exist"
    if fault == "repeated row":
        edited(folder / scans, lambda rows: rows.append(rows[1]))
        return "Rows 2 and 6 of .*own.csv name the same image"
    if fault in ("blank age", "unknown sex"):
        column, cell = (age, "") if fault == "blank age" else (sex, "Q")
        edited(folder / people, lambda rows: rows[1].__setitem__(rows[0].index(column), cell))
        return f"Row 2 of .*{people} has {re.escape(column)} '{cell}'"
    if fault == "other column" and adapter == "medmnist":
        np.savez(image, **{name.replace("val_labels", "valid_labels"): array for name, array in np.load(image).items()})
        return "pneumoniamnist.npz has no val_labels"
    if fault == "other column":
        edited(folder / people, lambda rows: rows[0].__setitem__(rows[0].index(needed), "something else"))
        return f"{people} has no column '{needed}'"
    if fault == "truncated volume":
        image = folder / "brain.nii.gz" if adapter == "folder" else image
        image.write_bytes(image.read_bytes()[: image.stat().st_size // 2])
        return "Row 5 names .*brain.nii.gz, which cannot be read"
    if adapter == "folder":
        edited(folder / "own.csv", lambda rows: rows[1].__setitem__(4, "test"))
        return "Subject 'a' is in splits test and train"
    hashed, split = (out / "splits.csv").read_text().splitlines()[1].split(",")
    (folder.parent / "list.csv").write_text(
        (out / "splits.csv").read_text() + f"{hashed},{'val' if split == 'train' else 'train'}\n"
    )
    options["splits"] = str(folder.parent / "list.csv")
    return f"Subject {hashed} .hashed. has more than one split in .*list.csv"


@pytest.mark.parametrize(
    "adapter, fault",
    [(adapter, fault) for adapter, row in OUTCOMES.items() for fault, outcome in row.items() if outcome != "-"],
)
def test_planted(tmp_path, adapter, fault):
    folder, outcome = tmp_path / "in", OUTCOMES[adapter][fault]
    options = tree(adapter, folder)
    if outcome == "inverted":
        return inverted(adapter, options, tmp_path)
    before, reasons = built(adapter, options, tmp_path / "before")
    says = planted(adapter, fault, options, folder, tmp_path / "before")
    if outcome == "error":
        with pytest.raises(UserError, match=says) as caught:
            prepare(adapter, options, 0, tmp_path / "after")
        assert "\n" not in str(caught.value)
        assert str(caught.value).endswith(".")
        assert not (tmp_path / "after" / "records.csv").exists()
        return
    after, left_out = built(adapter, options, tmp_path / "after")
    lost, new = before.keys() - after.keys(), list((left_out - reasons).elements())
    assert len(lost) == (outcome in ("out", "gone") and fault != "repeated row") and not after.keys() - before.keys()
    assert len(new) == (outcome == "out")
    assert all(re.fullmatch(REASONS[fault], reason) for reason in new)
    assert not reasons - left_out
    assert adapter == "medmnist" or sum(np.isnan(age) for age in after.values()) == (outcome == "missing")


def inverted(adapter, options, folder):
    """The same pixels as MONOCHROME2 and MONOCHROME1, in the place of the first image."""
    image, contents = sorted((folder / "in").rglob(IMAGES[adapter]))[0], []
    if adapter == "folder":
        edited(folder / "in" / "own.csv", lambda rows: rows[1].__setitem__(0, "0.dcm"))
    image.unlink()
    for photometric in ("MONOCHROME2", "MONOCHROME1"):
        dicom(image.with_suffix(".dcm"), RAMP, photometric)
        contents.append(built(adapter, options, folder / photometric)[0].keys())
    (plain,), (inverse,) = contents[0] - contents[1], contents[1] - contents[0]
    gray = [np.frombuffer(image, np.uint8).astype(int) for _, image in (plain, inverse)]
    assert plain[0] == inverse[0] and np.ptp(gray[0]) == 255 and np.abs(255 - gray[0] - gray[1]).max() <= 1
