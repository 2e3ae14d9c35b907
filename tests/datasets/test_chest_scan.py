"""One radiograph: DICOM as it is meant to be shown, padding and cropping, what makes no image."""

import numpy as np
import pydicom
import pytest
from PIL import Image
from preparing import complete
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset

from ldcore.datasets.scans.chest_scan import middle, read_scan
from ldcore.runtime.errors import UserError

OPTIONS = complete("nih", image_size=32, window=[0, 100])
RAMP = np.linspace(0, 4095, 32 * 32).reshape(32, 32).astype(np.uint16)


def dicom(path, pixels, photometric="MONOCHROME2", **tags):
    """A computed radiograph of 12 bits."""
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID = pydicom.uid.ComputedRadiographyImageStorage
    meta.MediaStorageSOPInstanceUID = "1.2.3"
    scan = FileDataset(str(path), {}, file_meta=meta, preamble=b"\0" * 128)
    scan.SOPClassUID, scan.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    scan.Rows, scan.Columns = pixels.shape
    scan.SamplesPerPixel, scan.PixelRepresentation, scan.PhotometricInterpretation = 1, 0, photometric
    scan.BitsAllocated, scan.BitsStored, scan.HighBit = 16, 12, 11
    scan.PixelData = pixels.astype("<u2").tobytes()
    for name, value in tags.items():
        setattr(scan, name, value)
    scan.save_as(path, enforce_file_format=True)
    return {"path": str(path)}


def test_monochrome1_is_inverted(tmp_path):
    plain = read_scan(dicom(tmp_path / "a.dcm", RAMP), OPTIONS)
    inverse = read_scan(dicom(tmp_path / "b.dcm", 4095 - RAMP, "MONOCHROME1"), OPTIONS)
    assert np.array_equal(plain, inverse) and plain[0, 0] == 0 and plain[-1, -1] == 255


def test_the_files_own_window_is_used(tmp_path):
    image = read_scan(dicom(tmp_path / "a.dcm", RAMP, WindowCenter="2048", WindowWidth="1024"), OPTIONS)
    assert (image[RAMP < 1530] == 0).all() and (image[RAMP > 2566] == 255).all() and 100 < image[RAMP > 2047][0] < 155
    several = read_scan(
        dicom(tmp_path / "b.dcm", RAMP, WindowCenter=["2048", "10"], WindowWidth=["1024", "5"]), OPTIONS
    )
    assert np.array_equal(image, several)
    assert not np.array_equal(image, read_scan(dicom(tmp_path / "c.dcm", RAMP), OPTIONS))
    inverse = read_scan(
        dicom(tmp_path / "d.dcm", 4095 - RAMP, "MONOCHROME1", WindowCenter="2048", WindowWidth="1024"), OPTIONS
    )
    assert np.abs(inverse.astype(int) - image).max() <= 1


def test_voi_and_modality_tables_are_used(tmp_path):
    table = Dataset()
    table.LUTDescriptor, table.LUTData = [4096, 0, 12], np.arange(4095, -1, -1, dtype="<u2").tobytes()
    image = read_scan(dicom(tmp_path / "a.dcm", RAMP, VOILUTSequence=[table]), OPTIONS)
    assert np.array_equal(image, read_scan(dicom(tmp_path / "b.dcm", 4095 - RAMP), OPTIONS))
    rescaled = dicom(tmp_path / "c.dcm", RAMP, RescaleSlope="-1", RescaleIntercept="4095", RescaleType="US")
    assert np.array_equal(image, read_scan(rescaled, OPTIONS))


def test_pictures_of_any_mode_agree(tmp_path):
    gray = (RAMP // 16).astype(np.uint8)
    kinds = {
        "gray.png": gray,
        "colour.png": np.stack([gray] * 3, -1),
        "alpha.png": np.stack([gray] * 3 + [gray * 0 + 255], -1),
        "deep.png": RAMP // 16 * 16,
    }
    images = []
    for name, pixels in kinds.items():
        Image.fromarray(pixels).save(tmp_path / name)
        images.append(read_scan({"path": str(tmp_path / name)}, OPTIONS))
    assert all(np.array_equal(images[0], image) for image in images)


def test_square_by_padding_or_cropping(tmp_path):
    image = np.full((64, 48), 100, np.uint8)
    image[:8], image[8:56, :24] = 255, 30
    Image.fromarray(image).save(tmp_path / "a.png")
    padded, cropped = (
        read_scan({"path": str(tmp_path / "a.png")}, {**OPTIONS, "square": square}) for square in ("pad", "crop")
    )
    assert padded.shape == cropped.shape == (32, 32)
    assert (padded[:, :3] == 0).all() and (padded[:, -3:] == 0).all() and padded[1, 16] == 255
    assert cropped.max() == 255
    assert cropped[16, 4] == 0
    assert cropped[16, 28] == 255  # the bright top is cut away: 30 and 100 are the ends
    assert np.array_equal(middle(np.arange(20).reshape(4, 5)), np.arange(20).reshape(4, 5)[:, :4])


def test_what_makes_no_image(tmp_path):
    Image.fromarray(np.full((20, 20), 7, np.uint8)).save(tmp_path / "blank.png")
    with pytest.raises(UserError, match="blank image"):
        read_scan({"path": str(tmp_path / "blank.png")}, OPTIONS)


def test_a_window_that_cannot_hold_is_passed_over(tmp_path):
    plain = read_scan(dicom(tmp_path / "plain.dcm", RAMP), OPTIONS)
    for name, centre, width in [("none", "2048", "0"), ("below", "2048", "0.9"), ("outside", "-9000", "20")]:
        image = read_scan(dicom(tmp_path / f"{name}.dcm", RAMP, WindowCenter=centre, WindowWidth=width), OPTIONS)
        assert np.array_equal(image, plain), name


def test_a_window_that_shows_black_and_white_alone_is_passed_over(tmp_path):
    plain = read_scan(dicom(tmp_path / "plain.dcm", RAMP), OPTIONS)
    for name, width, more in [("one", "1", {}), ("few", "5", {}), ("exact", "0.5", {"VOILUTFunction": "LINEAR_EXACT"})]:
        image = read_scan(
            dicom(tmp_path / f"{name}.dcm", RAMP, WindowCenter="2048", WindowWidth=width, **more), OPTIONS
        )
        assert np.array_equal(image, plain), name
    mask = np.where(RAMP > 2000, 4000, 10).astype(np.uint16)  # black and white itself
    assert set(np.unique(read_scan(dicom(tmp_path / "mask.dcm", mask, WindowCenter="9", WindowWidth="1"), OPTIONS))) > {
        0
    }


@pytest.mark.parametrize("spacing, words", [([0, 0], "0 by 0"), ([0.2, -0.2], "0.2 by -0.2"), ([0, 1], "0 by 1")])
def test_pixels_without_a_length(tmp_path, spacing, words):
    for key in ("PixelSpacing", "ImagerPixelSpacing"):
        with pytest.raises(UserError, match=f"has pixels of {words} by its header, which are no lengths"):
            read_scan(dicom(tmp_path / "a.dcm", RAMP, **{key: spacing}), OPTIONS)
