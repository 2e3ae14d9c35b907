"""A user's folder: PNG, NIfTI and DICOM reading, and every fault named with its file and row."""

import nibabel
import numpy as np
import pytest
from heads import save_nifti
from PIL import Image
from preparing import complete
from test_chest_scan import dicom

from ldcore import datasets
from ldcore.datasets.adapters import folder
from ldcore.datasets.scans.images import to_uint8
from ldcore.runtime.errors import UserError

PICTURE = np.zeros((40, 30), np.uint8)
PICTURE[5:20, 5:15], PICTURE[20:35, 15:25] = 100, 200


def write(tmp_path, text, names=("a.png", "b.png", "c.png")):
    for name in names:
        Image.fromarray(PICTURE).save(tmp_path / name)
    (tmp_path / "table.csv").write_text(text)
    return {"root": str(tmp_path), "csv": str(tmp_path / "table.csv"), "image_size": 16}


def test_reads_table_and_pictures(tmp_path):
    options = write(
        tmp_path,
        'path,subject,age,sex,split,findings,colour\na.png,007,61.5,f,train,"node, left",x\n'
        "b.png,007,,Female,train,,x\nc.png,N7,70,M,TEST,NAD,x\n",
    )
    table, images = datasets.build("folder", options, 0)
    assert list(table["subject_id"]) == ["007", "007", "N7"] and list(table["session"]) == [0, 1, 0]
    assert list(table["sex"]) == ["F", "F", "M"] and np.isnan(table["age"][1]) and table["findings"][2] == "NAD"
    assert list(table["split"]) == ["train", "train", "test"] and "colour" not in table
    assert images.shape == (3, 16, 16) and images.dtype == np.uint8 and np.array_equal(images[0], images[1])


def test_padding_window_and_resize():
    image = to_uint8(PICTURE.astype(float), 40, [0, 100])
    assert (image[:, :5] == 0).all() and (image[:, -5:] == 0).all()
    assert image[10, 15] == 128 and image[30, 25] == 255
    small = to_uint8(PICTURE.astype(float), 10, [0, 100])
    assert abs(small.mean() - image.mean()) < 4  # antialiased: area is kept


def test_missing_split_is_assigned_by_patient(tmp_path):
    names = [f"{number}.png" for number in range(40)]
    text = "path,subject\n" + "".join(f"{name},s{number // 2}\n" for number, name in enumerate(names))
    options = write(tmp_path, text, names)
    table, _ = datasets.build("folder", options, 3)
    assert (table.groupby("subject_id")["split"].nunique() == 1).all() and table["split"].nunique() > 1
    assert table.equals(datasets.build("folder", options, 3)[0])
    (tmp_path / "table.csv").write_text("\n".join(text.splitlines()[:11]) + "\n")
    assert table["split"][:10].equals(datasets.build("folder", options, 3)[0]["split"])


def test_nifti_slice_is_axial_and_upright(tmp_path):
    volume = np.zeros((20, 24, 10), np.float32)
    volume[2:6, 18:22, 5], volume[:, :4, 2] = 1.0, 1.0  # left, anterior in the middle slice; posterior in slice 2
    nibabel.save(nibabel.Nifti1Image(volume, np.eye(4)), tmp_path / "ras.nii.gz")
    nibabel.save(nibabel.Nifti1Image(volume[::-1], np.diag([-1.0, 1, 1, 1])), tmp_path / "las.nii")
    options = write(tmp_path, "path,subject,slice\nras.nii.gz,a,\nlas.nii,b,\nras.nii.gz,c,2\n", ())
    _, images = datasets.build("folder", {**options, "image_size": 24, "window": [0, 100]}, 0)
    assert images[0][2:6, 4:8].min() == 255 and images[0].astype(int).sum() == 16 * 255
    assert np.array_equal(images[0], images[1])
    assert (images[2][20:, 2:22] == 255).all() and images[2][:20].max() == 0


def test_dicom_inverts_monochrome1(tmp_path):
    dicom(tmp_path / "plain.dcm", PICTURE, "MONOCHROME2")
    dicom(tmp_path / "inverse.dcm", 4000 - PICTURE.astype(int), "MONOCHROME1")
    options = write(tmp_path, "path,subject\nplain.dcm,a\ninverse.dcm,b\na.png,c\n")
    _, images = datasets.build("folder", options, 0)
    assert np.array_equal(images[0], images[1]) and np.array_equal(images[0], images[2]) and images[0].max() > 200


def test_jpeg_and_sixteen_bit_png(tmp_path):
    Image.fromarray(np.stack([PICTURE] * 3, axis=-1)).save(tmp_path / "rgb.jpg", quality=98)
    Image.fromarray(PICTURE.astype(np.uint16) * 200).save(tmp_path / "deep.png")
    options = write(tmp_path, "path,subject\nrgb.jpg,a\ndeep.png,b\na.png,c\n")
    _, images = datasets.build("folder", options, 0)
    assert np.abs(images[0].astype(int) - images[2]).max() < 8 and np.array_equal(images[1], images[2])


@pytest.mark.parametrize(
    "text, words",
    [
        ("file,subject\na.png,s\n", ["no column 'path'", "file, subject", "table.csv"]),
        ("path,patient\na.png,s\n", ["no column 'subject'", "path, patient"]),
        ("path,subject\n", ["no rows"]),
        ("", ["table.csv", "is empty"]),
        ("path,subject\na.png,s\nb.png,\n", ["Row 3", "subject"]),
        ("path,subject\na.png,s\ngone.png,t\n", ["Row 3", "gone.png", "does not exist"]),
        ("path,subject\nb.png,s\nbad.png,t\n", ["Row 3", "bad.png", "cannot be read"]),
        ("path,subject\nbad.dcm,t\n", ["Row 2", "bad.dcm", "cannot be read"]),
        ("path,subject\nbad.nii.gz,t\n", ["Row 2", "bad.nii.gz", "cannot be read"]),
        ("path,subject\na.xyz,t\n", ["Row 2", "a.xyz", ".png"]),
        ("path,subject,age\na.png,s,60\nb.png,t,old\n", ["Row 3", "table.csv", "'old'", "age"]),
        ("path,subject,age\na.png,s,nan\n", ["Row 2", "'nan'", "age"]),
        ("path,subject,sex\na.png,s,F\nb.png,t,Q\n", ["Row 3", "table.csv", "'Q'", "sex"]),
        (
            "path,subject,split\na.png,s,train\n\nb.png,s,test\n",
            ["'s'", "test and train (rows 4 and 2 of ", "table.csv"],
        ),
        ("path,subject,split\na.png,s,train\nb.png,t,\n", ["Row 3", "split"]),
        ("path,subject,session\n\na.png,s,0\nb.png,s,0\n", ["Rows 3 and 4 of ", "table.csv", "'s'", "session 0"]),
        ("path,subject,session\na.png,s,first\n", ["Row 2", "'first'"]),
        ("path,subject,slice\na.png,s,-1\n", ["Row 2", "'-1'", "slice"]),
        ("path,subject\na.png,s\nb.png,s\n./a.png,t\n", ["Rows 2 and 4", "a.png"]),
        ("path,subject,slice\na.png,s,1\na.png,s,2\na.png,s,01\n", ["Rows 2 and 4", "a.png"]),
        ("path,subject,Split\na.png,s,test\n", ["table.csv", "column 'Split'", "'split'"]),
        ("path,subject,age,age\na.png,s,50,60\n", ["table.csv", "'age' and 'age'", "keep one"]),
        ("path,subject,age,Age\na.png,s,,60\n", ["table.csv", "'age' and 'Age'", "keep one"]),
    ],
)
def test_planted_fault_is_named_in_one_sentence(tmp_path, text, words):
    for name in ("bad.png", "bad.dcm", "bad.nii.gz"):
        (tmp_path / name).write_bytes(b"not an image at all" * 20)
    options = write(tmp_path, text)
    with pytest.raises(UserError) as fault:
        datasets.build("folder", options, 0)
    message = str(fault.value)
    assert all(word in message for word in words) and "\n" not in message and message.endswith("."), message


def test_truncated_png_and_missing_table(tmp_path):
    options = write(tmp_path, "path,subject\na.png,s\n")
    (tmp_path / "a.png").write_bytes((tmp_path / "a.png").read_bytes()[:60])
    with pytest.raises(UserError, match="Row 2 .*a.png.*cannot be read"):
        datasets.build("folder", options, 0)
    with pytest.raises(UserError, match="missing.csv was not found"):
        datasets.build("folder", {**options, "csv": "missing.csv"}, 0)


@pytest.mark.parametrize(
    "options, word",
    [
        ({"root": None}, "option root is None.*not of type 'string'"),
        ({"window": [90, 10]}, "window"),
        ({"window": 5}, "window is 5"),
        ({"fractions": None}, "fractions is None"),
        ({"fractions": {"train": 0.5}}, "fractions is .*adds up to 0.5, not to 1"),
        ({"image_size": 2}, "image_size"),
        ({"size": 3}, "'size'"),
    ],
)
def test_bad_option_is_named(tmp_path, options, word):
    with pytest.raises(UserError, match="option 'csv' is not set"):
        datasets.build("folder", {"root": str(tmp_path)})
    with pytest.raises(UserError, match=word):
        datasets.build("folder", {**write(tmp_path, "path,subject\na.png,s\n"), **options}, 0)


@pytest.mark.parametrize(
    "one, other", [("012", "12"), ("Q3", "q3"), ("5.0", "5"), ("site 2-04", "site_2-4"), ("Ａ1", "a1")]
)
def test_subjects_that_may_be_one_are_named(tmp_path, one, other):
    options = write(tmp_path, f"path,subject\na.png,{one}\nb.png,x\nc.png,{other}\n")
    with pytest.raises(UserError) as fault:
        datasets.build("folder", options, 0)
    message = str(fault.value)
    assert all(word in message for word in (repr(one), repr(other), "rows 2 and 4", "table.csv")), message


def test_subjects_that_only_look_similar_are_several(tmp_path):
    options = write(tmp_path, "path,subject\na.png,1.1\nb.png,1.10\nc.png,11\n")
    assert list(datasets.build("folder", options, 0)[0]["subject_id"]) == ["1.1", "1.10", "11"]


def test_one_image_under_two_subjects_is_named(tmp_path, capsys):
    Image.fromarray(255 - PICTURE).save(tmp_path / "other.png")
    text = "path,subject,split\na.png,s,train\nother.png,t,train\nb.png,u,test\nc.png,s,train\n"
    options = write(tmp_path, text)
    datasets.build("folder", options, 0)
    said = capsys.readouterr().out
    assert "warning: " in said and "row 2 (a.png) and row 4 (b.png)" in said and "1, of which 1 in two splits" in said
    datasets.build("folder", write(tmp_path, "path,subject\na.png,s\nother.png,t\nb.png,s\n"), 0)
    assert "warning" not in capsys.readouterr().out  # one person's own


def test_a_killed_run_goes_on_and_workers_do_not_matter(tmp_path, monkeypatch):
    names = [f"{number}.png" for number in range(6)]
    options = write(tmp_path, "path,subject\n" + "".join(f"{name},{name}\n" for name in names), names)
    for number, name in enumerate(names):
        Image.fromarray(np.roll(PICTURE, number, 0)).save(tmp_path / name)
    read, seen = folder.images.read, []

    def counted(path, *arguments, **options):
        seen.append(str(path)[-5])
        if len(seen) == 4:
            raise KeyboardInterrupt
        return read(path, *arguments, **options)

    monkeypatch.setattr(folder.images, "read", counted)
    options = complete("folder", options)
    with pytest.raises(KeyboardInterrupt):
        folder.build(options, 0, tmp_path / "cache")
    records, stack = folder.build(options, 0, tmp_path / "cache")
    assert seen == list("0123") + list("345")
    by_two = folder.build(options, 0, tmp_path / "cache of two", workers=2)
    assert records.equals(by_two[0]) and np.array_equal(stack, by_two[1])
    before = np.array(stack)  # the file below is written anew
    Image.fromarray(np.roll(PICTURE, 3, 1)).save(tmp_path / "2.png")
    again = folder.build(options, 0, tmp_path / "cache")[1]
    assert seen[7:] == ["2"] and not np.array_equal(again[2], before[2])
    assert np.array_equal(np.delete(again, 2, 0), np.delete(before, 2, 0))


def test_images_stay_on_disk(tmp_path):
    options = complete("folder", write(tmp_path, "path,subject\na.png,s\nb.png,t\n"))
    assert isinstance(folder.build(options, 0, tmp_path / "cache")[1], np.memmap)
    assert not isinstance(datasets.build("folder", options, 0)[1], np.memmap)


def test_volumes_that_do_not_say_how_they_lie(tmp_path):
    save_nifti(tmp_path / "silent.nii.gz", axes="ASL", coded=False)
    save_nifti(tmp_path / "plain.nii.gz")
    options = write(tmp_path, "path,subject\nsilent.nii.gz,a\nplain.nii.gz,b\n", ())
    with pytest.raises(UserError, match="Row 2 names .*silent.nii.gz, which says nothing about its orientation.*axes"):
        datasets.build("folder", options, 0)
    _, images = datasets.build("folder", {**options, "axes": "ASL"}, 0)
    assert np.array_equal(images[0], images[1])
    with pytest.raises(UserError, match="axes is 'LLS'; give three letters"):
        datasets.build("folder", {**options, "axes": "LLS"}, 0)


def test_paths_from_windows_and_names_without_an_ending(tmp_path):
    (tmp_path / "site").mkdir()
    dicom(tmp_path / "site" / "IM01", PICTURE)
    Image.fromarray(PICTURE).save(tmp_path / "odd\\name.png")
    options = write(tmp_path, "path;subject\nsite\\IM01;a\nodd\\name.png;b\na.png;c\n")
    _, images = datasets.build("folder", options, 0)
    assert np.array_equal(images[0], images[2]) and np.array_equal(images[1], images[2])


def test_advice_fits_the_fault(tmp_path, monkeypatch):
    save_nifti(tmp_path / "head.nii")
    options = write(tmp_path, "path,subject,slice\nhead.nii,a,99\n")
    with pytest.raises(UserError, match="Row 2 names .*head.nii, which has 40 slices.*not 99.$"):
        datasets.build("folder", options, 0)
    options = write(tmp_path, "path,subject\nIM09,a\n")
    with pytest.raises(UserError, match="IM09, which does not exist"):
        datasets.build("folder", options, 0)
    (tmp_path / "IM09").mkdir()
    with pytest.raises(UserError, match="IM09, which is a folder; name one file in it"):
        datasets.build("folder", options, 0)

    def refuse(*arguments, **options):
        raise PermissionError(13, "Permission denied", "a.png")

    monkeypatch.setattr(folder.images, "read", refuse)
    with pytest.raises(UserError, match="Row 2 names .*a.png, which may not be read by you.*share it.$"):
        datasets.build("folder", write(tmp_path, "path,subject\na.png,s\n"), 0)


def test_a_picture_with_nothing_to_see_is_named(tmp_path):
    sparse = np.zeros((40, 40), np.uint8)
    sparse[3, 4:8] = 200  # 0.25 %
    for name, pixels in {"gray.png": np.full((9, 5), 7, np.uint8), "sparse.png": sparse}.items():
        Image.fromarray(pixels).save(tmp_path / name)
    options = write(tmp_path, "path,subject\na.png,s\ngray.png,t\n")
    with pytest.raises(UserError, match="Row 3 names .*gray.png, which is a blank image, of one gray level everywhere"):
        datasets.build("folder", options, 0)
    options = write(tmp_path, "path,subject\na.png,s\nsparse.png,t\n")
    with pytest.raises(UserError, match="Row 3 .*is a blank image between its percentiles 0.5 and 99.5; widen option"):
        datasets.build("folder", options, 0)
    assert datasets.build("folder", {**options, "window": [0, 100]}, 0)[1][1].max() > 50
    volume = np.zeros((9, 9, 5), np.int16)
    volume[2:5, 2:5, 2] = 9
    nibabel.save(nibabel.Nifti1Image(volume, np.eye(4)), tmp_path / "volume.nii")
    options = write(tmp_path, "path,subject,slice\nvolume.nii,s,2\nvolume.nii,t,4\n")
    with pytest.raises(UserError, match="Row 3 names .*volume.nii, which is a blank image"):
        datasets.build("folder", options, 0)


def test_labels_stay_as_written_and_one_written_in_two_ways_is_named(tmp_path):
    def findings(*cells):
        names = [f"{number}.png" for number in range(len(cells))]
        text = "path,subject,findings\n" + "".join(f"{name},{name},{cell}\n" for name, cell in zip(names, cells))
        return list(datasets.build("folder", write(tmp_path, text, names), 0)[0]["findings"])

    assert findings("Edema | Mass", "Edema\u200b | Mass", "Lung  mass") == ["Edema | Mass"] * 2 + ["Lung  mass"]
    for first, second in (("Edema|Mass", "Mass|Edema"), ("Edema|Mass", "Edema | Mass"), ("Lung mass", "Lung  mass")):
        with pytest.raises(UserError, match="are one .first in rows 2 and 3 of .*table.csv, column findings"):
            findings(first, second)


@pytest.mark.parametrize(
    "text, words",
    [
        (
            "path,subject,diagnosis\na.png,s,AD\nb.png,t,nan\n",
            "Row 3 of .*table.csv has diagnosis 'nan'; leave the cell",
        ),
        ("path,subject,diagnosis\na.png,s,None\n", "Row 2 of .* has diagnosis 'None'; leave the cell empty"),
        ("path,subject,findings\na.png,s,N/A\n", "Row 2 of .* has findings 'N/A'; leave the cell empty"),
        ("path,subject\na.png,s\nb.png,nan\n", "Row 3 of .* has subject 'nan'; fill it in"),
        ("path,subject,findings\na.png,s,Edema|\n", "Row 2 of .* has findings 'Edema|'; name a label on either"),
        (
            "path,subject,diagnosis\na.png,s,flood\nb.png,t,dry\nc.png,u,Flood\n",
            "'flood' and 'Flood' may be one label .first in rows 2 and 4 of .*table.csv, column diagnosis",
        ),
        (
            "path,subject,findings\na.png,s,Edema|Lung mass\nb.png,t,lung-mass\n",
            "'Lung mass' and 'lung-mass' may be one label .first in rows 2 and 3",
        ),
    ],
)
def test_labels_that_would_make_a_class_of_their_own_are_named(tmp_path, text, words):
    with pytest.raises(UserError, match=words.replace("|", "[|]")):
        datasets.build("folder", write(tmp_path, text), 0)


def test_names_on_the_disk_with_what_nobody_sees(tmp_path):
    names = ["two\u202fPM.png", "cafe\u0301.png", "no\u200bwidth.png"]
    text = "path,subject\ntwo\u202fPM.png,s\ncaf\u00e9.png,t\nnowidth.png,\u200eu\n"
    records, images = datasets.build("folder", write(tmp_path, text, names), 0)
    assert list(records["subject_id"]) == ["s", "t", "u"] and images.max() == 255


def test_a_name_that_no_file_can_have(tmp_path):
    options = write(tmp_path, f"path,subject\na.png,s\n{'long' * 70}.png,t\n")
    with pytest.raises(UserError, match="Row 3 names .*longlong.*png, which does not exist; correct the path"):
        datasets.build("folder", options, 0)
    with pytest.raises(UserError, match="The table n*.csv was not found, nor in .*; correct option 'csv'"):
        datasets.build("folder", {**options, "csv": "n" * 300 + ".csv"}, 0)
    with pytest.raises(UserError, match="table.csv cannot be read .row 3 holds the character NUL"):
        datasets.build("folder", write(tmp_path, "path,subject\na.png,s\nb\0.png,t\n"), 0)


@pytest.mark.parametrize(
    "rows, words",
    [
        (
            ["0,60,F", "1,61,M"],
            "Subject 's' has sex F in row 2 and sex M in row 3 of .*table.csv; correct one, or give",
        ),
        (["0,,", "1,,f", "2,,male"], "Subject 's' has sex F in row 3 and sex M in row 4"),
        (["0,60,", "1,59,"], "Subject 's' has age 60.0 in row 2 and age 59.0 at a later session in row 3 of .*table"),
        (["2,60,", "1,,", "0,71,"], "Subject 's' has age 71.0 in row 4 and age 60.0 at a later session in row 2"),
        (["0,70,", "1,71.5,", "2,70.2,"], "age 71.5 in row 3 and age 70.2 at a later session in row 4"),
        ([",70,", ",71.5,", ",70.2,"], None),  # rows as they come, in no order of time
        (["0,60.4,F", "1,60,F", "2,,"], None),  # rounded
    ],
)
def test_a_subject_that_contradicts_itself_is_named(tmp_path, rows, words):
    lines = [f"{name},s,{row}" for name, row in zip(("a.png", "b.png", "c.png"), rows)]
    Image.fromarray(PICTURE[::-1]).save(tmp_path / "d.png")
    text = "\n".join(["path,subject,session,age,sex", *lines, f"d.png,t,{'' if rows[0][0] == ',' else 0},20,M"]) + "\n"
    options = write(tmp_path, text)
    if words is None:
        assert len(datasets.build("folder", options, 0)[0]) == 4
        return
    with pytest.raises(UserError, match=words):
        datasets.build("folder", options, 0)


def test_a_slice_of_what_has_none_is_named(tmp_path):
    nibabel.save(nibabel.Nifti1Image(PICTURE.astype(np.int16), np.eye(4)), tmp_path / "flat.nii")
    dicom(tmp_path / "one.dcm", PICTURE)
    for name, words in [("b.png", "has no slices"), ("flat.nii", "has no slices"), ("one.dcm", "has 1 frames")]:
        options = write(tmp_path, f"path,subject,slice\na.png,s,\n{name},t,3\n")
        with pytest.raises(UserError, match=f"Row 3 names .*{name}, which .*{words}"):
            datasets.build("folder", options, 0)
    datasets.build("folder", write(tmp_path, "path,subject,slice\na.png,s,\nflat.nii,t,\none.dcm,u,0\n"), 0)
