"""ADNI: the archive's folders, NIfTI or DICOM, the collection's rows, one scan a visit, what ADNIMERGE says."""

import json
import re
import subprocess
import sys

import numpy as np
import pytest
from heads import PLAIN, head, save_dicom, save_nifti
from preparing import prepared

from ldcore.datasets.adapters import adni
from ldcore.runtime.errors import UserError

STEPS = "MPR; GradWarp; B1 Correction; N3; Scaled"
HEADER = "Image Data ID,Subject,Group,Sex,Age,Visit,Modality,Description,Type,Acq Date,Format,Downloaded"
ROWS = [
    ("I33046", "011_S_0021", "CN", "F", "72", "sc", "MRI", STEPS, "9/01/2005"),
    ("I7979", "011_S_0021", "CN", "F", "72", "sc", "MRI", "MP-RAGE", "9/01/2005"),  # less processed
    (
        "I33045",
        "011_S_0021",
        "CN",
        "F",
        "72",
        "sc",
        "MRI",
        "MPR-R; GradWarp; B1 Correction; N3; Scaled",
        "9/15/2005",
    ),  # the visit's repeat
    ("81234", "011_S_0021", "CN", "F", "73.5", "m12", "MRI", STEPS, "9/11/2006"),
    ("I40000", "023_S_0030", "EMCI", "M", "79.9", "bl", "MRI", "MP-RAGE", "10/24/2010"),
    ("I40001", "023_S_0031", "Patient", "M", "70", "bl", "MRI", STEPS, "1/02/2006"),
    ("I40002", "023_S_0032", "AD", "M", "70", "bl", "PET", "FDG", "1/02/2006"),
    ("I40003", "023_S_0033", "AD", "M", "81", "bl", "MRI", "Axial FLAIR", "1/02/2006"),
    ("I40004", "023_S_0034", "AD", "F", "81", "bl", "MRI", STEPS, "1/02/2006"),  # no image
    ("I40005", "023_S_0035", "SMC", "F", "", "nv", "MRI", STEPS, "1/02/2013"),
    ("I40006", "023_S_0036", "AD", "M", "66", "nv", "MRI", STEPS, "1/02/2006"),
    ("I40007", "023_S_0036", "AD", "M", "68", "nv", "MRI", STEPS, "1/09/2008"),
]
MERGE = """RID,COLPROT,PTID,VISCODE,EXAMDATE,DX_bl,AGE,PTGENDER,DX
21,ADNI1,011_S_0021,bl,2005-09-13,CN,72.6,Female,CN
21,ADNI1,011_S_0021,m06,2006-03-13,CN,72.6,Female,
21,ADNI1,011_S_0021,m12,2006-09-12,CN,72.6,Female,MCI
30,ADNI1,023_S_0030,m12,2011-10-24,EMCI,79.5,Male,MCI to Dementia
30,ADNI1,023_S_0030,bl,2010-10-20,EMCI,79.5,Male,MCI
36,ADNI1,023_S_0036,bl,2006-01-10,AD,65.9,Male,Dementia
"""


def place(root, image, subject, description, date):
    """The folder into which the archive puts an image, and the file's name."""
    month, day, year = date.split("/")
    sequence = description.replace("; ", "__").replace(" ", "_")
    folder = root / "ADNI" / subject / sequence / f"{year}-{int(month):02d}-{int(day):02d}_15_40_30.0" / image
    return folder, f"ADNI_{subject}_MR_{sequence}_Br_2006_S8800_{image}"


@pytest.fixture
def source(tmp_path):
    return download(tmp_path / "in")


def download(source):
    """A folder as the archive gives it, with the collection's CSV."""
    rows = [(*row[:8], "Processed", row[8], "NiFTI", "11/20/2007") for row in ROWS]
    source.mkdir()
    (source / "collection_11_20_2007.csv").write_text(
        "\n".join([HEADER] + [",".join(f'"{cell}"' for cell in row) for row in rows]) + "\n"
    )
    for image, subject, *_, description, date in [*ROWS, ("I50000", "023_S_0040", STEPS, "1/02/2006")]:
        folder, name = place(source, f"I{image.lstrip('I')}", subject, description, date)
        if description == "MP-RAGE":
            save_dicom(folder, stem=name)
        elif subject != "023_S_0034":
            save_nifti(folder / f"{name}.nii", head(0.8) if "MPR-R" in description else None, axes="PSR")
    return source


def run(source, **options):
    return prepared("adni", {**PLAIN, "source": str(source), **options}, source.parent / "out")


def test_collection_alone(source):
    records, images, excluded = run(source)
    assert list(
        zip(records["subject_id"], records["session"], records["diagnosis"], records["age"], records["sex"])
    ) == [
        ("011_S_0021", 0, "CN", 72, "F"),
        ("011_S_0021", 1, "CN", 73.5, "F"),
        ("023_S_0030", 0, "MCI", 79.9, "M"),
        ("023_S_0036", 0, "AD", 66, "M"),
        ("023_S_0036", 1, "AD", 68, "M"),
    ]
    assert all(
        np.array_equal(images[0], image) for image in images
    )  # the third from DICOM; the repeat holds a smaller head
    assert sorted(zip(excluded["subject_id"], excluded["reason"])) == [
        ("011_S_0021", "another T1 image of the same visit is used"),
        ("011_S_0021", "another T1 image of the same visit is used"),
        ("023_S_0031", "group Patient is no diagnosis"),
        ("023_S_0032", "another modality"),
        ("023_S_0033", "not a T1 image by its description"),
        ("023_S_0034", "no image in the folder"),
        ("023_S_0035", "no age in the table"),
        ("023_S_0040", "not in the table"),
    ]
    assert excluded.set_index("subject_id")["path"]["023_S_0034"] == "023_S_0034 I40004"


def test_ages_and_diagnoses_of_adnimerge(source):
    (source / "ADNIMERGE.csv").write_text(MERGE)
    records, _, excluded = run(source)
    assert list(zip(records["subject_id"], records["diagnosis"])) == [
        ("011_S_0021", "CN"),
        ("011_S_0021", "MCI"),
        ("023_S_0030", "MCI"),
        ("023_S_0036", "AD"),
    ]
    assert np.allclose(records["age"], [72.6 - 12 / 365.25, 72.6 + 363 / 365.25, 79.5 + 4 / 365.25, 65.9 - 8 / 365.25])
    reasons = dict(zip(excluded["subject_id"] + excluded["path"].str[-10:-4], excluded["reason"]))
    assert reasons["023_S_0036I40007"] == "no visit in ADNIMERGE within 183 days"
    assert reasons["023_S_0031I40001"] == "no diagnosis in ADNIMERGE"
    records, _, _ = run(source, max_days=1000)
    assert list(records["diagnosis"][records["subject_id"] == "023_S_0036"]) == ["AD", "AD"]


def test_adnimerge_without_dates_goes_by_visit_codes(source):
    rows = [line.split(",") for line in MERGE.splitlines()]
    (source / "merge.csv").write_text("\n".join(",".join(row[:4] + row[5:]) for row in rows) + "\n")
    records, _, _ = run(source, visits="merge.csv")
    assert list(zip(records["subject_id"], records["diagnosis"])) == [
        ("011_S_0021", "CN"),
        ("011_S_0021", "MCI"),
        ("023_S_0030", "MCI"),
    ]
    assert np.allclose(records["age"], [72.6, 73.6, 79.5], atol=0.01)


def test_adnimerge_that_contradicts_itself(source):
    again = MERGE.splitlines()[3] + "\n"
    (source / "ADNIMERGE.csv").write_text(MERGE + again)
    assert len(run(source)[0]) == 4
    (source / "ADNIMERGE.csv").write_text(MERGE + again.replace("MCI", "CN"))
    with pytest.raises(UserError, match="Rows 4 and 8 of .*ADNIMERGE.csv are for the same visit and differ"):
        run(source)


@pytest.mark.parametrize(
    "code, months",
    [
        ("bl", 0),
        ("sc", 0),
        ("ADNI Screening", 0),
        ("m06", 6),
        ("ADNI1/GO Month 36", 36),
        ("ADNI2 Year 1 Visit", None),
        ("", None),
    ],
)
def test_months_of_visit_codes(code, months):
    assert adni.months(code) == pytest.approx(np.nan if months is None else months, nan_ok=True)


def test_damaged_files_are_left_out_and_the_rest_goes_on(source):
    files = sorted(source.rglob("*I33046.nii")) + sorted(source.rglob("*I40000*.dcm"))
    files[0].write_bytes(files[0].read_bytes()[:5000])
    files[5].unlink()
    records, _, excluded = run(source)
    assert list(records["subject_id"]) == ["011_S_0021", "023_S_0036", "023_S_0036"]
    reasons = dict(zip(excluded["path"], excluded["reason"]))
    assert reasons[str(files[0])] == "is damaged, or not the image its name says"
    assert "lacks slices" in reasons[str(files[5].parent)]


def test_copies_and_images_without_an_id(source):
    folder = next(source.rglob("I33046"))
    save_nifti(source / "ADNI2" / folder.relative_to(source / "ADNI") / next(folder.iterdir()).name)
    save_nifti(source / "ADNI" / "011_S_0021" / "other" / "brain.nii")
    assert {"another copy of the same image", "no image id in its name"} <= set(run(source)[2]["reason"])


@pytest.mark.parametrize(
    "old, new, words",
    [
        ('"9/01/2005"', '"last week"', ["Row 2", "date 'last week'"]),
        ("Acq Date", "When", ["no column 'Acq Date'", "collection_11_20_2007.csv"]),
        ('"72"', '"72 years"', ["Row 2", "age '72 years'"]),
        ('"I7979"', '"I33046"', ["Rows 2 and 3", "image", "differ"]),
    ],
)
def test_fault_in_the_collection_is_named(source, old, new, words):
    path = source / "collection_11_20_2007.csv"
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(UserError) as fault:
        run(source)
    assert all(word in str(fault.value) for word in words) and "_S_" not in str(fault.value), fault.value


def test_command_line_names_no_person(source):
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "ldcore.prepare",
            "--adapter",
            "adni",
            "--source",
            source,
            "--out",
            source.parent / "out",
            "--options",
            json.dumps(PLAIN),
        ],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "5 images of 3 subjects; left out: 2 another T1 image of the same visit is used" in done.stdout
    assert "_S_" not in done.stdout + done.stderr
    assert (source.parent / "out" / "images.npy").is_file()
    assert "_S_" not in (source.parent / "out" / "splits.csv").read_text()


def rewritten(source, change, name="collection_11_20_2007.csv"):
    """The collection's CSV with its text changed."""
    path = source / name
    path.write_text(change(path.read_text()))


def day_first(text):
    return re.sub(r'"(\d+)/(\d+)/(2\d{3})"', r'"\2/\1/\3"', text)


def written_months(text):
    months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    return re.sub(r'"(\d+)/(\d+)/(2\d{3})"', lambda day: f'"{day[2]}-{months[int(day[1]) - 1]}-{day[3]}"', text)


@pytest.mark.parametrize("change", [day_first, written_months])
def test_dates_in_another_order_say_the_same(source, change):
    (source / "ADNIMERGE.csv").write_text(MERGE)
    before = run(source)
    rewritten(source, change)
    after = run(source)
    assert before[0].equals(after[0]) and np.array_equal(before[1], after[1])


def test_a_day_that_the_folders_take_for_a_month(source):
    keep = ("I33046", "81234", "I40007")  # all their days could be months
    rewritten(
        source, lambda text: "\n".join([HEADER, *(row for row in text.splitlines() if any(i in row for i in keep))])
    )
    rewritten(source, day_first)
    with pytest.raises(
        UserError, match="Row 2 of .* has date '01/9/2005'; the folder of its image says that the day com"
    ):
        run(source)


def test_the_archives_columns_since_october_2024(source):
    before = run(source)
    new = "image_id,subject_id,research_group,sex,age,image_visit,modality,image_description,image_type,image_date,a,b"
    rewritten(source, lambda text: text.replace(HEADER, new))
    after = run(source)
    assert before[0].equals(after[0]) and np.array_equal(before[1], after[1])


def test_several_collections_in_one_folder(source):
    before = run(source)
    lines = (source / "collection_11_20_2007.csv").read_text().splitlines()
    (source / "collection_11_20_2007.csv").write_text("\n".join(lines[:7]) + "\n")
    (source / "second.csv").write_text(
        "\n".join([lines[0], lines[5].replace("11/20/2007", "1/02/2024"), *lines[7:]]) + "\n"
    )
    after = run(source)
    assert before[0].equals(after[0]) and np.array_equal(before[1], after[1])
    rewritten(source, lambda text: text.replace('"79.9"', '"71.9"'), "second.csv")
    with pytest.raises(UserError, match="Image I40000 is described differently in .*2007.csv and .*second.csv"):
        run(source)


def test_ids_that_a_spreadsheet_changed(source):
    before = run(source)
    rewritten(source, lambda text: text.replace('"011_S_0021"', '"11_s_21"').replace('"I33046"', '"33046.0"'))
    after = run(source)
    assert before[0].equals(after[0]) and np.array_equal(before[1], after[1])


def test_dicom_files_without_a_suffix_and_dot_files(source):
    before = run(source)
    for path in sorted(source.rglob("*.dcm")):
        path.rename(path.with_suffix(""))
    for path in sorted(source.rglob("*.nii")):
        path.with_name(f"._{path.name}").write_bytes(b"\0" * 4096)
    after = run(source)
    assert before[0].equals(after[0]) and np.array_equal(before[1], after[1])


def merged_dates(form, **instead):
    """MERGE with three visits of one person and two of another, none after a month's 12th day, dates in a form."""
    visits = {("21", "bl"): (2005, 9, 3), ("21", "m06"): (2006, 3, 5), ("21", "m12"): (2006, 9, 2)}
    visits |= {("30", "bl"): (2010, 10, 8), ("30", "m12"): (2011, 10, 11), ("36", "bl"): (2006, 1, 10)}
    lines = MERGE.splitlines()[:1]
    for line in MERGE.splitlines()[1:]:
        cells = line.split(",")
        year, month, day = visits[cells[0], cells[3]]
        cells[4] = instead.get(cells[0] + cells[3], form.format(year=year, month=month, day=day))
        lines.append(",".join(cells))
    return "\n".join(lines) + "\n"


def test_the_order_of_day_and_month_by_the_visits_codes(source):
    (source / "ADNIMERGE.csv").write_text(merged_dates("{year}-{month:02}-{day:02}"))
    before = run(source)
    for form in ("{day}/{month}/{year}", "{month}/{day}/{year}", "{day:02}-{month:02}-{year}"):
        (source / "ADNIMERGE.csv").write_text(merged_dates(form))
        assert before[0].equals(run(source)[0]), form


def test_the_order_of_day_and_month_by_the_first_exam(source):
    def without_baseline(form):
        head, *rows = merged_dates(form).splitlines()
        first = {"21": (2005, 9, 3), "30": (2010, 10, 8), "36": (2006, 1, 10)}
        dates = {person: form.format(year=y, month=m, day=d) for person, (y, m, d) in first.items()}
        rows = [f"{row},{dates[row.split(',')[0]]}" for row in rows if ",bl," not in row or row.startswith("36")]
        (source / "ADNIMERGE.csv").write_text("\n".join([f"{head},EXAMDATE_bl", *rows]) + "\n")
        return run(source, max_days=400)[0]

    assert without_baseline("{year}-{month:02}-{day:02}").equals(without_baseline("{day}/{month}/{year}"))


@pytest.mark.parametrize(
    "instead, words",
    [
        ({"21m06": "1/4/2007", "21m12": "8/5/2006", "30m12": "3/4/2012"}, "Row 5|Row 3"),
        ({"21m12": "2/9/2016"}, "Row 4 of .*ADNIMERGE.csv has .* '2/9/2016'; it is 36.. days from 'm12'"),
    ],
)
def test_exams_that_fit_no_code(source, instead, words):
    (source / "ADNIMERGE.csv").write_text(merged_dates("{day}/{month}/{year}", **instead))
    with pytest.raises(UserError, match=words) as fault:
        run(source)
    assert "days from 'm" in str(fault.value) and "in whatever order day and month stand" in str(fault.value)


@pytest.mark.parametrize("date, told", [("9/03/2005", False), ("9/21/2005", True), ("9/01/2006", True)])
def test_a_date_that_is_not_the_folders(source, date, told):
    rewritten(source, lambda text: text.replace('"9/01/2005"', f'"{date}"', 1))
    if told:
        with pytest.raises(UserError, match=f"Row 2 of .* '{date}'; the folder of its image says 2005-09-01; correct"):
            run(source)
    else:
        run(source)
