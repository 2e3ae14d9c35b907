"""One slice of a volume: upright from every format and orientation, true proportions, faults in words."""

from functools import partial

import nibabel
import numpy as np
import pydicom
import pytest
from heads import PLAIN, STEP, head, save_analyze, save_dicom, save_enhanced, save_nifti
from preparing import complete

from ldcore.datasets.scans import brain_scan
from ldcore.datasets.scans.brain_volume import read_volume
from ldcore.datasets.scans.images import axial_slice, to_uint8
from ldcore.runtime.errors import UserError

OPTIONS = complete("ixi", PLAIN)
FORMATS = {
    "nifti": partial(save_nifti),
    "flipped": partial(save_nifti, axes="LAS"),
    "permuted": partial(save_nifti, axes="PSR"),
    "sagittal": partial(save_nifti, axes="ASL"),
    "pair without orientation": partial(save_nifti, axes="ASL", coded=False),
    "analyze": save_analyze,
    "dicom": save_dicom,
}
ENDS = {"pair without orientation": ".img", "analyze": ".img", "dicom": "", "flipped": ".nii"}


@pytest.mark.parametrize("kind", FORMATS)
def test_same_upright_slice_from_every_format(tmp_path, kind):
    path = tmp_path / f"scan{ENDS.get(kind, '.nii.gz')}"
    FORMATS[kind](path)
    image = brain_scan.read_scan({"path": path}, {**OPTIONS, "axes": "ASL"})
    assert image.shape == (48, 48) and image.dtype == np.uint8
    bright, dark = np.argwhere(image == 255).mean(0), np.argwhere((image > 0) & (image < 100))
    inner = dark[(dark[:, 0] > 12) & (dark[:, 0] < 36) & (dark[:, 1] > 12) & (dark[:, 1] < 36)].mean(0)
    assert bright[0] < 18 and bright[1] < 20, bright  # in front and on the left: at the top, on the left
    assert inner[0] > 24 and inner[1] > 28, inner  # the dark spot: behind and on the right
    save_nifti(tmp_path / "plain.nii")
    assert np.array_equal(image, brain_scan.read_scan({"path": tmp_path / "plain.nii"}, OPTIONS))


def test_same_side_as_the_folder_adapter(tmp_path):
    save_nifti(tmp_path / "scan.nii", axes="LAS")
    levels = np.flatnonzero((head() > 50).any(axis=(0, 1)))
    level = round(levels[-1] - OPTIONS["slice_fraction"] * (levels[-1] - levels[0]))
    other = to_uint8(axial_slice(tmp_path / "scan.nii", int(level)), 48, [0, 100])
    assert np.array_equal(other, brain_scan.read_scan({"path": tmp_path / "scan.nii"}, OPTIONS))


def test_unequal_voxels_keep_the_head_s_shape(tmp_path):
    save_nifti(tmp_path / "even.nii")
    save_nifti(tmp_path / "uneven.nii", head()[:, ::2], zooms=(STEP, 2 * STEP, STEP), axes="PSR")
    even, uneven = (
        brain_scan.read_scan({"path": tmp_path / name}, OPTIONS) > 60 for name in ("even.nii", "uneven.nii")
    )
    for axis in (0, 1):
        assert abs(int(even.any(axis).sum()) - int(uneven.any(axis).sum())) <= 2
    assert (even ^ uneven).mean() < 0.05


def test_slice_fraction_goes_from_top_to_bottom(tmp_path):
    save_nifti(tmp_path / "scan.nii")
    widths = []
    for fraction in (0.1, 0.5, 0.9):
        image = brain_scan.read_scan({"path": tmp_path / "scan.nii"}, {**OPTIONS, "slice_fraction": fraction})
        widths.append((image > 0).any(0).sum())
    assert widths[0] < widths[2] < widths[1]


def test_sheared_header_is_read(tmp_path):
    affine = np.diag([STEP, STEP, STEP, 1])
    affine[0, 1] = 0.05
    nibabel.save(nibabel.Nifti1Image(head(), affine), tmp_path / "sheared.nii.gz")
    save_nifti(tmp_path / "plain.nii")
    sheared = brain_scan.read_scan({"path": tmp_path / "sheared.nii.gz"}, OPTIONS)
    plain = brain_scan.read_scan({"path": tmp_path / "plain.nii"}, OPTIONS)
    assert np.abs(sheared.astype(int) - plain).mean() < 2
    directions = np.array(read_volume(tmp_path / "sheared.nii.gz").GetDirection()).reshape(3, 3)
    assert np.allclose(directions @ [1, 0, 0], [-1, 0, 0], atol=0.02)


def damage(path, kind):
    """A scan that cannot be used."""
    path = path / "scan.nii.gz"
    save_nifti(path)
    if kind == "truncated":
        path.write_bytes(path.read_bytes()[:900])
    elif kind == "text":
        path.write_text("not an image")
    elif kind == "flat":
        nibabel.save(nibabel.Nifti1Image(np.zeros((2, 30, 30), np.int16), np.eye(4)), path)
    elif kind == "empty":
        nibabel.save(nibabel.Nifti1Image(np.zeros((30, 30, 30), np.int16), np.eye(4)), path)
    elif kind == "unoriented":
        save_nifti(path, coded=False)
    else:
        path = path.parent / "series"
        save_dicom(path)
        for file in sorted(path.iterdir())[5 if kind == "slice missing" else 0 : 6]:
            file.unlink() if kind == "slice missing" else file.write_bytes(b"DICM" * 50)
    return path


@pytest.mark.parametrize(
    "kind, words",
    [
        ("truncated", "damaged"),
        ("text", "damaged"),
        ("flat", "not a volume"),
        ("empty", "no head"),
        ("unoriented", "option axes"),
        ("slice missing", "lacks slices"),
        ("slice damaged", "lacks slices"),
    ],
)
def test_what_cannot_be_used_says_why_without_its_name(tmp_path, kind, words):
    path = damage(tmp_path, kind)
    with pytest.raises(UserError, match=words) as fault:
        brain_scan.read_scan({"path": path}, OPTIONS)
    assert "scan" not in str(fault.value).replace("scanner", "") and "\n" not in str(fault.value)


@pytest.mark.parametrize(
    "changed, words",
    [
        ({"window": [90, 10]}, "option window is .90, 10., which does not fit: .* does not rise"),
        ({"window": [0, 101]}, "option window.1 is 101"),
        ({"window": 5}, "option window is 5.*not of type 'array'"),
        ({"slice_mm": 200}, "option slice_mm is 200"),
        ({"slice_fraction": 1.5}, "option slice_fraction is 1.5"),
        ({"axes": "LRS"}, "axes is 'LRS'; give three letters"),
        ({"axes": "XYZ"}, "axes is 'XYZ'; give three letters"),
    ],
)
def test_bad_option_is_named(changed, words):
    brain_scan.check(OPTIONS)
    with pytest.raises(UserError, match=words):
        brain_scan.check(complete("ixi", OPTIONS, **changed))


def plain_slice(folder):
    save_nifti(folder / "plain.nii")
    return brain_scan.read_scan({"path": folder / "plain.nii"}, OPTIONS)


@pytest.mark.parametrize("tag", ["PixelSpacing", "ImageOrientationPatient", "ImagePositionPatient"])
def test_a_series_that_does_not_say_how_it_lies(tmp_path, tag):
    save_dicom(tmp_path / "series", **{tag: None})
    what = {"PixelSpacing": "pixel spacing", "ImageOrientationPatient": "orientation"}.get(tag, "position")
    with pytest.raises(UserError, match=f"says nothing about its {what} in the headers"):
        brain_scan.read_scan({"path": tmp_path / "series"}, {**OPTIONS, "axes": "LPI"})


@pytest.mark.parametrize(
    "change, words",
    [
        ({"ImageOrientationPatient": [1, 0, 0, 0, 0, -1]}, "lie in different directions"),
        ({"PixelSpacing": [3, 3]}, "pixels of different sizes"),
    ],
)
def test_a_slice_that_lies_otherwise(tmp_path, change, words):
    save_dicom(tmp_path / "series")
    path = tmp_path / "series" / "slice_007.dcm"
    scan = pydicom.dcmread(path)
    scan.update(change)
    scan.save_as(path)
    with pytest.raises(UserError, match=words):
        brain_scan.read_scan({"path": tmp_path / "series"}, OPTIONS)


@pytest.mark.parametrize(
    "first, second, words",
    [
        ("Sag MPRAGE", "Ax T2 FLAIR", None),
        ("T1w 3D", "", None),
        ("", "Ax T2 FLAIR", "several DICOM series .Ax T2 FLAIR, without a description.; keep the T1 series alone"),
        ("MPRAGE", "MPRAGE repeat", "several DICOM series .MPRAGE, MPRAGE repeat"),
    ],
)
def test_of_several_series_the_one_that_says_t1(tmp_path, first, second, words):
    save_dicom(tmp_path / "series", SeriesDescription=first)
    longer = np.pad(200 - head(), ((3, 3), (0, 0), (0, 0)))
    save_dicom(tmp_path / "series", longer, stem="other", series="1.2.9", SeriesDescription=second)
    if words:
        with pytest.raises(UserError, match=words):
            brain_scan.read_scan({"path": tmp_path / "series"}, OPTIONS)
    else:
        image = brain_scan.read_scan({"path": tmp_path / "series"}, OPTIONS)
        assert np.array_equal(image, plain_slice(tmp_path))


def test_a_localizer_and_dot_files_beside_the_series(tmp_path):
    save_dicom(tmp_path / "series")
    save_dicom(tmp_path / "series", head()[20:23], stem="scout", series="1.2.8")
    (tmp_path / "series" / "._slice_000.dcm").write_bytes(b"\0\5\26\7" + b"\0" * 4092)
    assert np.array_equal(brain_scan.read_scan({"path": tmp_path / "series"}, OPTIONS), plain_slice(tmp_path))


def test_padding_of_a_series_is_no_tissue(tmp_path):
    padded = np.where(head() == 0, 4000, head())
    save_dicom(tmp_path / "series", padded, PixelPaddingValue=4000)
    image = brain_scan.read_scan({"path": tmp_path / "series"}, OPTIONS)
    assert image[24, 24] > 100 and image[:2].max() < 100
    save_dicom(tmp_path / "unsaid", padded)
    assert brain_scan.read_scan({"path": tmp_path / "unsaid"}, OPTIONS)[24, 24] < 20


@pytest.mark.parametrize("order", [1, -1])
def test_all_slices_in_one_file(tmp_path, order):
    save_enhanced(tmp_path / "series" / "all.dcm", order)
    image = brain_scan.read_scan({"path": tmp_path / "series"}, OPTIONS)
    assert np.array_equal(image, plain_slice(tmp_path))


def test_one_file_whose_frames_are_no_volume(tmp_path):
    save_enhanced(tmp_path / "silent" / "all.dcm", places=False)
    with pytest.raises(
        UserError, match="several frames in one DICOM file, which says nothing about their pixel spacing"
    ):
        brain_scan.read_scan({"path": tmp_path / "silent"}, OPTIONS)
    save_enhanced(tmp_path / "shuffled" / "all.dcm")
    scan = pydicom.dcmread(tmp_path / "shuffled" / "all.dcm")
    groups = scan.PerFrameFunctionalGroupsSequence
    groups[3], groups[9] = groups[9], groups[3]
    scan.save_as(tmp_path / "shuffled" / "all.dcm")
    with pytest.raises(UserError, match="lacks slices of its DICOM series, or holds some twice"):
        brain_scan.read_scan({"path": tmp_path / "shuffled"}, OPTIONS)


def test_a_volume_that_may_not_be_read(tmp_path, monkeypatch):
    save_dicom(tmp_path / "series")
    monkeypatch.setattr("os.access", lambda path, mode: "slice_003" not in str(path))
    with pytest.raises(UserError, match="permission denied"):
        brain_scan.read_scan({"path": tmp_path / "series"}, OPTIONS)


def test_of_a_series_of_volumes_the_first_alone_is_read(tmp_path):
    many = np.stack([head(), head() * 0 + 7], -1).astype(np.int16)
    nibabel.save(nibabel.Nifti1Image(many, np.diag([STEP, STEP, STEP, 1])), tmp_path / "many.nii.gz")
    image = brain_scan.read_scan({"path": tmp_path / "many.nii.gz"}, OPTIONS)
    assert np.array_equal(image, plain_slice(tmp_path))


@pytest.mark.parametrize(
    "spacing, words",
    [
        ([0, 0], "has pixels of 0 by 0 by its header, which are no lengths"),
        ([-4, 4], "has pixels of -4 by 4"),
        ([2e-8, 2e-8], "has voxels of 2e-08 by 2e-08 mm by its header, which no scan of a head has"),
        ([4, 320], "has voxels of 4 by 320 mm"),
    ],
)
def test_pixels_of_a_series_that_no_scanner_makes(tmp_path, spacing, words):
    save_dicom(tmp_path / "series", PixelSpacing=spacing)
    with pytest.raises(UserError, match=words):
        brain_scan.read_scan({"path": tmp_path / "series"}, OPTIONS)


def test_pixels_of_frames_that_no_scanner_makes(tmp_path):
    save_enhanced(tmp_path / "series" / "all.dcm")
    scan = pydicom.dcmread(tmp_path / "series" / "all.dcm")
    scan.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0].PixelSpacing = [0, 4]
    scan.save_as(tmp_path / "series" / "all.dcm")
    with pytest.raises(UserError, match="has pixels of 0 by 4 by its header"):
        brain_scan.read_scan({"path": tmp_path / "series"}, OPTIONS)


@pytest.mark.parametrize("side, words", [(0.004, "0.004 by 0.004 by 0.004 mm"), (4000, "4000 by 4000 by 4000 mm")])
def test_a_volume_in_metres_or_micrometres(tmp_path, side, words):
    save_nifti(tmp_path / "scan.nii", zooms=(side,) * 3)
    with pytest.raises(UserError, match=f"has voxels of {words} by its header"):
        brain_scan.read_scan({"path": tmp_path / "scan.nii"}, OPTIONS)


@pytest.mark.parametrize("cosines", [[0] * 6, [0, 1, 0, 0, 1, 0], [0, 0.5, 0, 0, 0, -0.5]])
def test_rows_and_columns_that_span_no_plane(tmp_path, cosines):
    save_dicom(tmp_path / "series", ImageOrientationPatient=cosines)
    with pytest.raises(UserError, match="rows and columns are not at right angles"):
        brain_scan.read_scan({"path": tmp_path / "series"}, OPTIONS)


def with_two_forms(path, qform, sform, codes=(1, 1)):
    """A NIfTI file of the head whose header says twice how it lies."""
    image = nibabel.Nifti1Image(head().astype(np.int16), None)
    image.set_qform(qform, codes[0])
    image.set_sform(sform, codes[1])
    nibabel.save(image, path)
    return path


RAS = np.diag([STEP, STEP, STEP, 1.0])
TILTED = nibabel.affines.from_matvec(STEP * np.array([[1, 0, 0], [0, 0.8, -0.6], [0, 0.6, 0.8]]))


@pytest.mark.parametrize(
    "qform, sform, words",
    [
        (np.diag([-1, 1, 1, 1]) @ RAS, RAS, r"qform .LAS, 4 by 4 by 4 mm. and an sform .RAS, 4 by 4 by 4 mm. that dis"),
        (RAS, np.diag([1, 1, -1, 1]) @ RAS, r"qform .RAS.* and an sform .RAI"),
        (RAS[[1, 0, 2, 3]], RAS, r"qform .ARS.* and an sform .RAS"),
        (np.diag([-1, -1, 1, 1]) @ RAS, RAS, r"qform .LPS.* and an sform .RAS"),
        (RAS, np.diag([1, 1, 2, 1]) @ RAS, r"qform .RAS, 4 by 4 by 4 mm. and an sform .RAS, 4 by 4 by 8 mm"),
    ],
)
def test_a_header_that_says_two_things(tmp_path, qform, sform, words):
    path = with_two_forms(tmp_path / "scan.nii", qform, sform)
    for reading in (read_volume, axial_slice):
        with pytest.raises(UserError, match=words):
            reading(path)
        reading(with_two_forms(tmp_path / "one.nii", qform, sform, (0, 1)))


def test_an_sform_that_follows_a_registration(tmp_path):
    read_volume(with_two_forms(tmp_path / "scan.nii", TILTED, RAS))
    assert read_volume(with_two_forms(tmp_path / "scan.nii", RAS, RAS * np.array([1.1, 1.1, 0.9, 1]))).GetSize()
