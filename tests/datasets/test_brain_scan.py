"""One slice of a volume: upright from every format and orientation, true proportions, faults in words."""

from functools import partial

import nibabel
import numpy as np
import pytest
from heads import PLAIN, STEP, head, save_analyze, save_dicom, save_nifti
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
        ({"window": [90, 10]}, "Option window is .90, 10.; give two rising"),
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
