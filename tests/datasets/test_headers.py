"""What the headers of pictures, volumes and DICOM files say is done before their pixels are taken."""

import shutil
from pathlib import Path

import nibabel
import numpy as np
import pydicom
import pytest
import SimpleITK as sitk
from heads import head, save_nifti
from PIL import Image
from pydicom.data import get_testdata_file
from test_chest_scan import dicom

from ldcore.datasets.scans import images
from ldcore.datasets.scans.images import read, to_uint8
from ldcore.runtime.errors import UserError

WAVES = (800 + 300 * np.sin(np.indices((48, 40))[0] / 5) * np.cos(np.indices((48, 40))[1] / 7)).astype(np.uint16)
BORDER = np.ones((48, 40), bool)
BORDER[8:40, 8:32] = False


@pytest.mark.parametrize("orientation, turn", [(3, 2), (6, 1), (8, 3)])
@pytest.mark.parametrize("ending", ["jpg", "png"])
def test_a_picture_is_turned_as_exif_says(tmp_path, orientation, turn, ending):
    upright = np.zeros((64, 48), np.uint8)
    upright[:16], upright[:, :8] = 240, 90
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(np.rot90(upright, turn)).save(tmp_path / f"turned.{ending}", exif=exif)
    assert np.abs(read(tmp_path / f"turned.{ending}") - upright).max() < 16


def test_what_is_transparent_is_no_part_of_a_picture(tmp_path):
    gray = (WAVES // 8).astype(np.uint8)
    clear = np.where(BORDER, 0, 255).astype(np.uint8)
    hidden = np.where(BORDER, 255, gray)  # bright where nobody sees it
    Image.fromarray(np.stack([hidden] * 3 + [clear], -1)).save(tmp_path / "rgba.png")
    Image.fromarray(np.stack([hidden, clear], -1)).save(tmp_path / "la.png")
    Image.fromarray(np.where(BORDER, 7, np.maximum(gray, 8))).save(tmp_path / "key.png", transparency=7)
    alone = to_uint8(np.ma.masked_array(gray.astype(float), BORDER), 48, [0, 100])
    for name in ("rgba.png", "la.png", "key.png"):
        image = to_uint8(read(tmp_path / name), 48, [0, 100])
        assert np.array_equal(image, alone), name
    assert alone[20:30, 20:30].std() > 20 and (alone[:8] == 0).all()
    Image.fromarray(np.full((9, 9, 4), (200, 200, 200, 0), np.uint8)).save(tmp_path / "none.png")
    with pytest.raises(UserError, match="nothing but padding"):
        read(tmp_path / "none.png")


@pytest.mark.parametrize("axes", ["RAS", "ASR", "SLA"])
def test_unequal_voxels_keep_their_proportions(tmp_path, axes):
    save_nifti(tmp_path / "even.nii")
    save_nifti(tmp_path / "uneven.nii", np.repeat(head(), 2, 0), axes=axes, zooms=(2.0, 4.0, 4.0))
    even, uneven = (to_uint8(read(tmp_path / name), 48, [0, 100]) > 40 for name in ("even.nii", "uneven.nii"))
    for axis in (0, 1):
        assert abs(int(even.any(axis).sum()) - int(uneven.any(axis).sum())) <= 2


def test_a_volume_that_does_not_say_how_it_lies(tmp_path):
    save_nifti(tmp_path / "silent.nii.gz", axes="ASL", coded=False)
    save_nifti(tmp_path / "plain.nii.gz")
    with pytest.raises(UserError, match="says nothing about its orientation; give it by option axes"):
        read(tmp_path / "silent.nii.gz")
    assert np.array_equal(read(tmp_path / "silent.nii.gz", axes="ASL"), read(tmp_path / "plain.nii.gz"))


def test_of_many_volumes_only_the_first_is_read(tmp_path, monkeypatch):
    series = np.stack([head(), *[head() * 0] * 30], -1).astype(np.int16)
    nibabel.save(nibabel.Nifti1Image(series, np.diag([4.0, 4, 4, 1])), tmp_path / "many.nii")
    save_nifti(tmp_path / "one.nii")
    sizes, slicing = [], nibabel.arrayproxy.ArrayProxy._get_unscaled

    def counted(self, slicer):
        voxels = slicing(self, slicer)
        sizes.append(voxels.size)
        return voxels

    monkeypatch.setattr(nibabel.arrayproxy.ArrayProxy, "_get_unscaled", counted)
    assert np.array_equal(read(tmp_path / "many.nii"), read(tmp_path / "one.nii"))
    assert max(sizes) == head().size


def test_a_slice_that_is_not_there(tmp_path):
    save_nifti(tmp_path / "head.nii")
    with pytest.raises(UserError, match="has 40 slices, so that its slice can be 0 to 39 but not 40"):
        read(tmp_path / "head.nii", 40)
    assert np.array_equal(read(tmp_path / "head.nii", 39), images.axial_slice(tmp_path / "head.nii", 39))


def test_colour_volumes_become_gray(tmp_path):
    colours = np.zeros((12, 10, 5), [("R", "u1"), ("G", "u1"), ("B", "u1")])
    colours["G"][2:5] = 100
    nibabel.save(nibabel.Nifti1Image(colours, np.eye(4)), tmp_path / "rgb.nii")
    assert read(tmp_path / "rgb.nii").max() == pytest.approx(100 * 0.587, abs=1)


@pytest.mark.parametrize(
    "padding, signed, tags",
    [
        (0, False, {"PixelPaddingValue": 0}),
        (4095, False, {"PixelPaddingValue": 4095}),
        (-2000, True, {"PixelPaddingValue": -2000}),
        (-1500, True, {"PixelPaddingValue": -2000, "PixelPaddingRangeLimit": -1000}),
    ],
)
@pytest.mark.parametrize("photometric", ["MONOCHROME2", "MONOCHROME1"])
def test_padding_does_not_count(tmp_path, padding, signed, tags, photometric):
    pixels = np.where(BORDER, padding, WAVES.astype(int))
    tags = {"PixelRepresentation": int(signed), "BitsStored": 16, "HighBit": 15, **tags}
    dicom(tmp_path / "padded.dcm", pixels.astype("<i2" if signed else "<u2"), photometric, **tags)
    image = to_uint8(read(tmp_path / "padded.dcm"), 48, [0, 100])
    inner = WAVES.astype(float) * (1 if photometric == "MONOCHROME2" else -1)
    assert np.array_equal(image, to_uint8(np.ma.masked_array(inner, BORDER), 48, [0, 100]))
    assert np.ptp(image[8:40, 12:36]) == 255 and (image[:7] == 0).all()


def test_a_palette_names_the_colours(tmp_path):
    path = get_testdata_file("examples_palette.dcm")
    scan = pydicom.dcmread(path)
    colours = pydicom.pixels.apply_color_lut(scan.pixel_array, scan) @ np.array([0.299, 0.587, 0.114])
    assert np.allclose(read(path), colours)


def test_inverted_once_however_it_is_said(tmp_path):
    plain = read(dicom(tmp_path / "a.dcm", WAVES)["path"])
    for name, photometric, shape in [
        ("b", "MONOCHROME1", "INVERSE"),
        ("c", "MONOCHROME2", "INVERSE"),
        ("d", "MONOCHROME1", "IDENTITY"),
    ]:
        image = read(dicom(tmp_path / f"{name}.dcm", WAVES, photometric, PresentationLUTShape=shape)["path"])
        assert np.array_equal(image, plain.max() + plain.min() - plain), name
    same = read(dicom(tmp_path / "e.dcm", WAVES, PresentationLUTShape="IDENTITY")["path"])
    assert np.array_equal(same, plain)


@pytest.mark.parametrize("key", ["PixelSpacing", "ImagerPixelSpacing", "PixelAspectRatio"])
def test_dicom_pixels_that_are_not_square(tmp_path, key):
    image = read(dicom(tmp_path / "a.dcm", (WAVES[::2] + WAVES[1::2]) // 2, **{key: [2, 1]})["path"])
    assert image.shape == WAVES.shape and np.abs(image[2:-2] - WAVES[2:-2]).max() < 25
    assert np.array_equal(read(dicom(tmp_path / "b.dcm", WAVES, **{key: [3, 3]})["path"]), WAVES)
    with pytest.raises(UserError, match="has pixels of 99 by 1, which is too long"):
        read(dicom(tmp_path / "c.dcm", WAVES, **{key: [99, 1]})["path"])


def test_compressed_without_loss_by_any_codec(tmp_path):
    writer = sitk.ImageFileWriter()
    writer.SetImageIO("GDCMImageIO")
    writer.UseCompressionOn()
    for codec in ("JPEG", "JPEGLS", "JPEG2000"):
        writer.SetCompressor(codec)
        writer.SetFileName(str(tmp_path / f"{codec}.dcm"))
        writer.Execute(sitk.GetImageFromArray(WAVES))
        syntax = pydicom.dcmread(tmp_path / f"{codec}.dcm").file_meta.TransferSyntaxUID
        assert syntax.is_compressed and np.array_equal(read(tmp_path / f"{codec}.dcm"), WAVES), codec
    plain = read(get_testdata_file("MR_small.dcm"))
    assert np.array_equal(read(get_testdata_file("MR_small_jpeg_ls_lossless.dcm")), plain)
    assert read(get_testdata_file("JPGExtended.dcm")).max() == 264  # 12 bits, which Pillow does not have


def test_a_compression_that_nothing_reads_is_named(tmp_path):
    scan = pydicom.dcmread(get_testdata_file("MR_small_jp2klossless.dcm"))
    scan.file_meta.TransferSyntaxUID = pydicom.uid.MPEG2MPML
    scan.save_as(tmp_path / "new.dcm")
    with pytest.raises(UserError, match="is compressed as MPEG2 .*gdcmconv --raw"):
        read(tmp_path / "new.dcm")


def test_dicom_by_what_it_holds(tmp_path):
    dicom(tmp_path / "a.dcm", WAVES)
    shutil.copy(tmp_path / "a.dcm", tmp_path / "IM0001")
    assert np.array_equal(read(tmp_path / "IM0001"), WAVES)
    (tmp_path / "bare.dcm").write_bytes(without_head((tmp_path / "a.dcm").read_bytes()))
    assert np.array_equal(read(tmp_path / "bare.dcm"), WAVES)
    Path(tmp_path / "IM0002").write_text("notes")
    with pytest.raises(ValueError, match="its ending is none of .png"):
        read(tmp_path / "IM0002")


def without_head(content: bytes) -> bytes:
    """A DICOM file without its preamble and the group that names its encoding, as scanners of the 1990s wrote it."""
    length = int.from_bytes(content[140:144], "little")
    return content[144 + length :]


def test_a_frame_of_several(tmp_path):
    path = get_testdata_file("SC_rgb_rle_2frame.dcm")
    frames = pydicom.dcmread(path).pixel_array
    for index in (0, 1):
        expected = np.asarray(Image.fromarray(frames[index]).convert("L"), float)
        assert np.abs(read(path, index) - expected).max() < 1
    with pytest.raises(UserError, match="has 2 frames"):
        read(path, 2)


def test_what_a_volume_does_not_know_is_outside(tmp_path):
    unknown = np.where(head() == 0, np.nan, head() + 1000)
    nibabel.save(nibabel.Nifti1Image(unknown, np.diag([4.0, 4, 4, 1])), tmp_path / "masked.nii")
    image = to_uint8(read(tmp_path / "masked.nii"), 48, [0, 100])
    assert np.ptp(image[10:38, 12:36]) == 255 and (image[:2] == 0).all()
    nibabel.save(nibabel.Nifti1Image(np.full((9, 9, 9), np.inf), np.eye(4)), tmp_path / "endless.nii")
    with pytest.raises(ValueError, match="do not make one gray image"):
        read(tmp_path / "endless.nii")
