"""A small head whose every side differs, written in each format as the data sets come."""

import zipfile

import nibabel
import numpy as np
import pydicom
from nibabel.orientations import apply_orientation, axcodes2ornt, io_orientation, ornt_transform
from pydicom.dataset import Dataset, FileMetaDataset

PLAIN = {
    "n4": False,
    "register": False,
    "image_size": 48,
    "window": [0, 100],
}  # options under which a head's bytes are exact
STEP = 4.0  # mm


def head(scale: float = 1.0):
    """float32 [44, 52, 40] RAS, 4-mm voxels: an ellipsoid of 100, wider below, bright on the left in front, dark on the right behind."""
    x, y, z = (np.indices((44, 52, 40)) - np.array([21.5, 25.5, 19.5])[:, None, None, None]) / (
        np.array([18, 23, 17])[:, None, None, None] * scale
    )
    volume = 100.0 * ((x**2 + y**2) * (1 + 0.3 * z) + z**2 < 1)
    volume += 60 * ((x + 0.4) ** 2 + (y - 0.5) ** 2 < 0.04) * (abs(z) < 0.5) - 60 * (
        (x - 0.5) ** 2 + (y + 0.3) ** 2 < 0.04
    ) * (abs(z) < 0.5)
    return volume.astype(np.float32)


def towards(volume, axes: str):
    """The RAS volume with its voxel axes running as `axes` says."""
    return np.ascontiguousarray(apply_orientation(volume, ornt_transform(axcodes2ornt("RAS"), axcodes2ornt(axes))))


def save_nifti(path, volume=None, axes: str = "RAS", coded: bool = True, zooms=(STEP,) * 3):
    """A NIfTI file (or pair) of a RAS volume stored along `axes`; not `coded`: with nothing said about orientation."""
    volume = head() if volume is None else volume
    path.parent.mkdir(parents=True, exist_ok=True)
    ras = nibabel.Nifti1Image(volume.astype(np.int16), np.diag([*zooms, 1.0]))
    image = ras.as_reoriented(ornt_transform(io_orientation(ras.affine), axcodes2ornt(axes)))
    if path.suffix == ".img":
        image = nibabel.Nifti1Pair(np.asarray(image.dataobj), image.affine)
    image.set_qform(image.affine, int(coded))
    image.set_sform(image.affine, int(coded))
    if not coded:
        image.header["pixdim"][1:4] = np.linalg.norm(image.affine[:3, :3], axis=0)
    nibabel.save(image, path)


def save_analyze(path, volume=None, axes: str = "ASL"):
    """An Analyze pair, big-endian and with a fourth axis of length 1 as OASIS-1's."""
    path.parent.mkdir(parents=True, exist_ok=True)
    stored = towards(head() if volume is None else volume, axes)[..., None].astype(">i2")
    image = nibabel.AnalyzeImage(stored, None, nibabel.AnalyzeHeader(endianness=">"))
    image.header.set_data_dtype(">i2")
    image.header.set_zooms((STEP, STEP, STEP, 1.0))
    nibabel.save(image, path)


def save_dicom(folder, volume=None, stem: str = "slice"):
    """A sagittal series, one file a slice from right to left: rows run down, columns to the back, as most T1 scans are stored."""
    volume = towards(head() if volume is None else volume, "LPI")  # slices, columns, rows
    folder.mkdir(parents=True, exist_ok=True)
    for number, plane in enumerate(volume):
        scan, meta = Dataset(), FileMetaDataset()
        meta.TransferSyntaxUID, meta.MediaStorageSOPClassUID = (
            pydicom.uid.ExplicitVRLittleEndian,
            pydicom.uid.MRImageStorage,
        )
        meta.MediaStorageSOPInstanceUID = f"1.2.3.{number + 1}"
        scan.file_meta, scan.SOPClassUID, scan.SOPInstanceUID = (
            meta,
            meta.MediaStorageSOPClassUID,
            meta.MediaStorageSOPInstanceUID,
        )
        scan.Modality, scan.SeriesInstanceUID, scan.StudyInstanceUID, scan.InstanceNumber = (
            "MR",
            "1.2.3",
            "1.2",
            len(volume) - number,
        )
        scan.ImageOrientationPatient, scan.PixelSpacing, scan.SliceThickness = [0, 1, 0, 0, 0, -1], [STEP, STEP], STEP
        scan.ImagePositionPatient = [(number - 21.5) * STEP, -100.0, 80.0]
        scan.Rows, scan.Columns = plane.T.shape
        scan.SamplesPerPixel, scan.PixelRepresentation, scan.PhotometricInterpretation = 1, 0, "MONOCHROME2"
        scan.BitsAllocated, scan.BitsStored, scan.HighBit = 16, 12, 11
        scan.PixelData = np.ascontiguousarray(plane.T).astype("<u2").tobytes()
        scan.save_as(
            folder / f"{stem}_{(number * 7) % len(volume):03d}.dcm", enforce_file_format=True
        )  # names out of order


def save_xlsx(path, rows):
    """The least Excel file there can be: one sheet, numbers as numbers."""
    cells = "".join(
        "<row>"
        + "".join(
            f"<c><v>{cell}</v></c>"
            if cell.replace(".", "", 1).isdigit()
            else f'<c t="inlineStr"><is><t>{cell}</t></is></c>'
            for cell in row
        )
        + "</row>"
        for row in rows
    )
    main, office = (
        "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
        "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    )
    link = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        '<Relationship Id="r1" Type="{}/{}" Target="{}"/></Relationships>'
    )
    sheet = '<sheets><sheet name="a" sheetId="1" r:id="r1"/></sheets>'
    with zipfile.ZipFile(path, "w") as book:
        book.writestr("_rels/.rels", link.format(office, "officeDocument", "xl/workbook.xml"))
        book.writestr("xl/_rels/workbook.xml.rels", link.format(office, "worksheet", "worksheets/sheet1.xml"))
        book.writestr("xl/workbook.xml", f'<workbook xmlns="{main}" xmlns:r="{office}">{sheet}</workbook>')
        book.writestr(
            "xl/worksheets/sheet1.xml", f'<worksheet xmlns="{main}"><sheetData>{cells}</sheetData></worksheet>'
        )
