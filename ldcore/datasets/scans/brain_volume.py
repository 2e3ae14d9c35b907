"""One T1 volume from a NIfTI file, an Analyze pair or a folder with a DICOM series, with its geometry."""

import os
import re
import zlib
from pathlib import Path

import numpy as np

from ldcore.datasets.scans.dicom import frames_of, header, padding_of
from ldcore.datasets.scans.nifti import DIRECTIONS, LPS, first_volume, refuse_two_geometries, says_orientation
from ldcore.datasets.scans.pixels import refuse_no_lengths
from ldcore.runtime.errors import UserError

LEAST = 8  # voxels along each axis that make a volume
UNEVEN = 0.2  # of a slice's distance: how unequal distances may be before slices must be missing
SIDES = (0.05, 20.0)  # mm that a voxel's side can have; a header in metres or micrometres lies beyond
TURNED = 1e-3  # how much the directions, or the mm of the pixels, of one volume's slices may differ
SKEWED = 0.02  # how far the directions of rows and columns may be from length 1 and from right angles
# What every slice of a DICOM series must say.
GEOMETRY = {"0028|0030": "pixel spacing", "0020|0037": "orientation", "0020|0032": "position"}
T1 = re.compile(r"MPR|MP-?RAGE|SPGR|T1", re.I)
NOT_T1 = re.compile(r"FLAIR|scout|locali[sz]er|mask|label|calibration", re.I)


def says_t1(description: str) -> bool:
    """Whether an image is T1-weighted by the words of its description."""
    return bool(T1.search(description)) and not NOT_T1.search(description)


def read_volume(path, axes: str | None = None):
    """A 3-D SimpleITK image, float32, LPS millimetres.

    axes: for a file that does not say how it lies. UserError, without the file's name: damaged, not a volume of gray
    levels, no known orientation.
    """
    import SimpleITK as sitk
    from nibabel.filebasedimages import ImageFileError

    path = Path(path)
    # The workers are the parallelism, and sums must not depend on how many threads a machine has.
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
    sitk.ProcessObject.SetGlobalWarningDisplay(False)
    try:
        image = read_series(path) if path.is_dir() else read_file(path, axes)
    except PermissionError as fault:
        raise UserError("may not be read by you: permission denied") from fault
    except (RuntimeError, OSError, ValueError, EOFError, TypeError, zlib.error, ImageFileError) as fault:
        raise UserError("is damaged, or not the image its name says") from fault  # their own words spell out the path
    if image.GetDimension() != 3 or min(image.GetSize()) < LEAST or image.GetNumberOfComponentsPerPixel() > 1:
        raise UserError("is not a volume of gray levels")
    refuse_no_voxels(image.GetSpacing())
    return sitk.Cast(image, sitk.sitkFloat32)


def refuse_no_voxels(spacing) -> None:
    """UserError where sides of voxels, in mm, are none that a scan of a head can have."""
    refuse_no_lengths(spacing)
    if min(spacing) < SIDES[0] or max(spacing) > SIDES[1]:
        sides = " by ".join(f"{step:g}" for step in spacing)
        raise UserError(f"has voxels of {sides} mm by its header, which no scan of a head has; correct the header")


def read_file(path: Path, axes: str | None):
    """The first volume of a NIfTI or Analyze file, its axes made perpendicular where the header shears them.

    By nibabel: ITK fills what a truncated file lacks with 0, and refuses the least shear. UserError: no orientation, or
    two, or voxels without a size.
    """
    import nibabel
    import SimpleITK as sitk

    source = first_volume(nibabel.load(path))
    refuse_two_geometries(source)
    voxels = np.asarray(source.dataobj, np.float32)
    voxels = voxels.reshape(voxels.shape[:3])
    if voxels.ndim < 3:
        raise UserError("is not a volume of gray levels")
    steps = np.array(source.header.get_zooms()[:3], float)
    if says_orientation(source):
        steps = np.linalg.norm(source.affine[:3, :3], axis=0)
        refuse_no_lengths(steps)
        left, _, right = np.linalg.svd(source.affine[:3, :3] / steps)
        directions, origin = LPS[:, None] * (left @ right), LPS * source.affine[:3, 3]
    elif axes:
        refuse_no_lengths(steps)
        directions = np.array([DIRECTIONS[letter] for letter in axes], float).T
        origin = -directions @ (steps * (np.array(voxels.shape) - 1) / 2)
    else:
        raise UserError("says nothing about its orientation; give it by option axes, for example RAS")
    image = sitk.GetImageFromArray(np.nan_to_num(voxels, nan=0.0, posinf=0.0, neginf=0.0).T)
    image.SetSpacing(steps.tolist())
    image.SetDirection(directions.ravel().tolist())
    image.SetOrigin(origin.tolist())
    return image


def read_series(folder: Path):
    """The T1 series of a folder of DICOM files, slices in order of position, or its one file with all slices.

    UserError: no series, several of which no single one says that it is T1, slices that are missing or twice, or that
    do not say how they lie.
    """
    import SimpleITK as sitk

    for path in folder.iterdir():
        if not os.access(path, os.R_OK):
            raise PermissionError(path)
    reader = sitk.ImageSeriesReader()
    all_series = [reader.GetGDCMSeriesFileNames(str(folder), uid) for uid in reader.GetGDCMSeriesIDs(str(folder))]
    files = t1_series(all_series)
    if frames_of(header(files[0])) > 1:
        return read_frames(files[0])
    reader.SetFileNames(files)
    reader.MetaDataDictionaryArrayUpdateOn()
    image = reader.Execute()
    numbers = range(len(files))
    geometry = {}
    for tag, what in GEOMETRY.items():
        cells = [reader.GetMetaData(number, tag) if reader.HasMetaDataKey(number, tag) else "" for number in numbers]
        if not all(cell.strip() for cell in cells):
            raise UserError(f"says nothing about its {what} in the headers of its DICOM files")
        geometry[what] = np.array([cell.split("\\") for cell in cells], float)
    refuse_no_voxels(geometry["pixel spacing"].ravel()[:2])  # ITK takes a length of its own in place of 0
    if np.ptp(geometry["pixel spacing"], axis=0).max() > TURNED:
        raise UserError("holds slices with pixels of different sizes")
    refuse_uneven(geometry["orientation"], geometry["position"])
    return without_padding(image, header(files[0]))


def t1_series(all_series: list) -> tuple[str, ...]:
    """The files of a folder's only series of slices, or of the only one that says it is T1. UserError: neither."""
    if not all_series:
        raise UserError("holds no DICOM image")
    apart = [[files] if frames_of(header(files[0])) == 1 else [(file,) for file in files] for files in all_series]
    candidates = [files for series in apart for files in series]
    volumes = [files for files in candidates if max(len(files), frames_of(header(files[0]))) >= LEAST]
    if len(volumes) < 2:
        return volumes[0] if volumes else max(candidates, key=len)
    names = [str(header(files[0]).get("SeriesDescription", "") or "without a description") for files in volumes]
    known = [files for files, name in zip(volumes, names) if says_t1(name)]
    if len(known) != 1:
        raise UserError(f"holds several DICOM series ({', '.join(sorted(names))}); keep the T1 series alone there")
    return known[0]


def refuse_uneven(orientations: np.ndarray, positions: np.ndarray) -> None:
    """UserError where slices do not lie one behind the other at equal distances.

    orientations: [N, 6], the directions of rows and columns of each; positions: [N, 3] mm.
    """
    if np.ptp(orientations, axis=0).max() > TURNED:
        raise UserError("holds slices that lie in different directions")
    rows, columns = orientations[0, :3], orientations[0, 3:]
    lengths = np.array([rows @ rows, columns @ columns, 1 + rows @ columns])
    if not (np.abs(lengths - 1) < SKEWED).all():
        raise UserError("has an orientation by its header whose rows and columns are not at right angles")
    if len(positions) > 2:
        steps = np.diff(positions, axis=0) @ np.cross(rows, columns)
        distance = np.median(steps)
        if distance == 0 or not np.abs(steps - distance).max() <= UNEVEN * abs(distance):  # NaN is uneven
            raise UserError("lacks slices of its DICOM series, or holds some twice")


def read_frames(file):
    """The volume in one Enhanced MR file. UserError: its frames do not say how they lie, or are no volume in order."""
    import SimpleITK as sitk

    scan = header(file)
    shared = first_item(scan, "SharedFunctionalGroupsSequence")
    frames = scan.get("PerFrameFunctionalGroupsSequence") or []

    def of_frames(group: str, key: str, what: str) -> np.ndarray:
        items = [first_item(frame, group) or first_item(shared, group) for frame in frames]
        if not items or not all(item is not None and item.get(key) for item in items):
            raise UserError(f"holds several frames in one DICOM file, which says nothing about their {what}")
        return np.array([item[key].value for item in items], float)

    refuse_no_voxels(of_frames("PixelMeasuresSequence", "PixelSpacing", "pixel spacing")[0])
    orientations = of_frames("PlaneOrientationSequence", "ImageOrientationPatient", "orientation")
    refuse_uneven(orientations, of_frames("PlanePositionSequence", "ImagePositionPatient", "position"))
    return sitk.ReadImage(str(file))


def first_item(dataset, sequence: str):
    """The first item of a sequence of a DICOM header, None where it has none."""
    items = dataset.get(sequence) if dataset is not None else None
    return items[0] if items else None


def without_padding(image, scan):
    """The image with the least of its other values where the header says that a pixel is padding."""
    import SimpleITK as sitk

    padding = padding_of(scan)
    if padding is None:
        return image
    slope, intercept = (float(scan.get(key, value)) for key, value in (("RescaleSlope", 1), ("RescaleIntercept", 0)))
    low, high = (value * slope + intercept for value in padding)
    voxels = sitk.GetArrayFromImage(image)
    outside = (voxels >= min(low, high)) & (voxels <= max(low, high))
    if not outside.any() or outside.all():
        return image
    voxels[outside] = voxels[~outside].min()
    filled = sitk.GetImageFromArray(voxels)
    filled.CopyInformation(image)
    return filled
