"""A small head whose every side differs, written in each format as the data sets come."""

import zipfile

import nibabel
import numpy as np
import pydicom
from nibabel.orientations import apply_orientation, axcodes2ornt, io_orientation, ornt_transform
from pydicom.dataset import Dataset, FileMetaDataset

# Options under which a head's bytes are exact.
PLAIN = {"n4": False, "register": False, "image_size": 48, "window": [0, 100]}
STEP = 4.0  # mm


def head(scale: float = 1.0):
    """float32 [44, 52, 40] RAS, 4-mm voxels: an ellipsoid of 100, bright left in front, dark right behind."""
    centre, radii = np.array([21.5, 25.5, 19.5]), np.array([18, 23, 17]) * scale
    x, y, z = (np.indices((44, 52, 40)) - centre[:, None, None, None]) / radii[:, None, None, None]
    volume = 100.0 * ((x**2 + y**2) * (1 + 0.3 * z) + z**2 < 1)
    middle = abs(z) < 0.5
    volume += 60 * ((x + 0.4) ** 2 + (y - 0.5) ** 2 < 0.04) * middle
    volume -= 60 * ((x - 0.5) ** 2 + (y + 0.3) ** 2 < 0.04) * middle
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


def save_dicom(folder, volume=None, stem: str = "slice", series: str = "1.2.3", **tags):
    """A sagittal series, one file a slice from right to left; rows run down, columns to the back, as in most scans.

    tags: further elements of every file; None deletes one.
    """
    volume = towards(head() if volume is None else volume, "LPI")  # slices, columns, rows
    folder.mkdir(parents=True, exist_ok=True)
    for number, plane in enumerate(volume):
        scan, meta = Dataset(), FileMetaDataset()
        meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
        meta.MediaStorageSOPClassUID = scan.SOPClassUID = pydicom.uid.MRImageStorage
        meta.MediaStorageSOPInstanceUID = scan.SOPInstanceUID = f"{series}.{number + 1}"
        scan.file_meta = meta
        scan.Modality, scan.SeriesInstanceUID, scan.StudyInstanceUID = "MR", series, "1.2"
        scan.InstanceNumber = len(volume) - number
        scan.ImageOrientationPatient = [0, 1, 0, 0, 0, -1]
        scan.ImagePositionPatient = [(number - 21.5) * STEP, -100.0, 80.0]
        scan.PixelSpacing, scan.SliceThickness = [STEP, STEP], STEP
        scan.Rows, scan.Columns = plane.T.shape
        scan.SamplesPerPixel, scan.PixelRepresentation, scan.PhotometricInterpretation = 1, 0, "MONOCHROME2"
        scan.BitsAllocated, scan.BitsStored, scan.HighBit = 16, 12, 11
        scan.PixelData = np.ascontiguousarray(plane.T).astype("<u2").tobytes()
        for name, value in tags.items():
            delattr(scan, name) if value is None else setattr(scan, name, value)
        out_of_order = (number * 7) % len(volume)
        scan.save_as(folder / f"{stem}_{out_of_order:03d}.dcm", enforce_file_format=True)


def save_enhanced(path, order=1, places: bool = True):
    """The head as one Enhanced MR file, axial frames from below up (order: 1) or down (-1), which say where, or not."""
    volume = head()
    frames = [np.flipud(volume[::-1, :, level].T) for level in range(volume.shape[2])][::order]
    levels = list(range(volume.shape[2]))[::order]
    scan, meta, shared = Dataset(), FileMetaDataset(), Dataset()
    meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID = scan.SOPClassUID = pydicom.uid.EnhancedMRImageStorage
    meta.MediaStorageSOPInstanceUID = scan.SOPInstanceUID = "1.2.4.1"
    scan.file_meta = meta
    scan.Modality, scan.SeriesInstanceUID, scan.StudyInstanceUID, scan.InstanceNumber = "MR", "1.2.4", "1.2", 1
    scan.NumberOfFrames, scan.Rows, scan.Columns = len(frames), *frames[0].shape
    scan.SamplesPerPixel, scan.PixelRepresentation, scan.PhotometricInterpretation = 1, 0, "MONOCHROME2"
    scan.BitsAllocated, scan.BitsStored, scan.HighBit = 16, 12, 11
    measures, plane = Dataset(), Dataset()
    measures.PixelSpacing, measures.SliceThickness, measures.SpacingBetweenSlices = [STEP, STEP], STEP, STEP
    plane.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    if places:
        shared.PixelMeasuresSequence, shared.PlaneOrientationSequence = [measures], [plane]
    scan.SharedFunctionalGroupsSequence, items = [shared], []
    for place, level in enumerate(levels, 1):
        item, position, content = Dataset(), Dataset(), Dataset()
        position.ImagePositionPatient = [-86.0, -102.0, STEP * level - 78.0]
        content.StackID, content.InStackPositionNumber, content.DimensionIndexValues = "1", place, [1, place]
        item.PlanePositionSequence, item.FrameContentSequence = [position], [content]
        items.append(item)
    scan.PerFrameFunctionalGroupsSequence = items
    scan.PixelData = np.stack(frames).astype("<u2").tobytes()
    path.parent.mkdir(parents=True, exist_ok=True)
    scan.save_as(path, enforce_file_format=True)


MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
LINKS = "http://schemas.openxmlformats.org/package/2006/relationships"


def save_xlsx(path, rows):
    """The least Excel file there can be: one sheet, numbers as numbers."""

    def link(kind, target):
        relation = f'<Relationship Id="r1" Type="{OFFICE}/{kind}" Target="{target}"/>'
        return f'<Relationships xmlns="{LINKS}">{relation}</Relationships>'

    def written(cell):
        number = cell.replace(".", "", 1).isdigit()
        return f"<c><v>{cell}</v></c>" if number else f'<c t="inlineStr"><is><t>{cell}</t></is></c>'

    cells = "".join(f"<row>{''.join(map(written, row))}</row>" for row in rows)
    sheets = '<sheets><sheet name="a" sheetId="1" r:id="r1"/></sheets>'
    with zipfile.ZipFile(path, "w") as book:
        book.writestr("_rels/.rels", link("officeDocument", "xl/workbook.xml"))
        book.writestr("xl/_rels/workbook.xml.rels", link("worksheet", "worksheets/sheet1.xml"))
        book.writestr("xl/workbook.xml", f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}">{sheets}</workbook>')
        book.writestr(
            "xl/worksheets/sheet1.xml", f'<worksheet xmlns="{MAIN}"><sheetData>{cells}</sheetData></worksheet>'
        )
