"""One T1 volume from a NIfTI file, an Analyze pair or a folder with one DICOM series, as a SimpleITK image with its geometry.

Where a file says nothing about orientation (Analyze, NIfTI with both codes 0), three letters give the directions in which its voxel axes
run, as in nibabel and FreeSurfer: "ASL" is a first axis towards anterior, then superior, then left.
"""

import zlib
from pathlib import Path

import numpy as np

from ldcore.runtime.errors import UserError

TOWARDS = {
    "R": (-1, 0, 0),
    "L": (1, 0, 0),
    "A": (0, -1, 0),
    "P": (0, 1, 0),
    "S": (0, 0, 1),
    "I": (0, 0, -1),
}  # in LPS, as ITK has it
LEAST = 8  # voxels along each axis that make a volume
LPS = np.array([-1.0, -1.0, 1.0])  # NIfTI's RAS to it
UNEVEN = 0.2  # of a slice's distance: how unequal distances may be before slices must be missing


def volume(path, axes=None):
    """A 3-D SimpleITK image, float32, LPS millimetres. UserError, without the name: damaged, not a volume, no known orientation."""
    import SimpleITK as sitk
    from nibabel.filebasedimages import ImageFileError

    path = Path(path)
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(
        1
    )  # the workers are the parallelism, and sums do not depend on the machine
    sitk.ProcessObject.SetGlobalWarningDisplay(False)
    try:
        image = series(path) if path.is_dir() else single(path, axes)
    except (
        RuntimeError,
        OSError,
        ValueError,
        EOFError,
        TypeError,
        zlib.error,
        ImageFileError,
    ) as fault:  # their words spell out the path
        raise UserError("is damaged, or not the image its name says") from fault
    if image.GetDimension() != 3 or min(image.GetSize()) < LEAST or image.GetNumberOfComponentsPerPixel() > 1:
        raise UserError("is not a volume of gray levels")
    return sitk.Cast(image, sitk.sitkFloat32)


def single(path: Path, axes):
    """The first volume of a NIfTI or Analyze file, its axes made perpendicular where the header shears them. UserError: no orientation.

    By nibabel: ITK fills what a truncated file lacks with 0, and refuses the least shear.
    """
    import nibabel
    import SimpleITK as sitk

    found = nibabel.load(path)
    voxels = np.asarray(found.dataobj, np.float32)
    while voxels.ndim > 3:
        voxels = voxels[..., 0]
    if voxels.ndim < 3:
        raise UserError("is not a volume of gray levels")
    steps = np.array(found.header.get_zooms()[:3], float)
    if said(found):
        steps = np.linalg.norm(found.affine[:3, :3], axis=0)
        left, _, right = np.linalg.svd(found.affine[:3, :3] / steps)
        directions, origin = LPS[:, None] * (left @ right), LPS * found.affine[:3, 3]
    elif axes:
        directions = np.array([TOWARDS[letter] for letter in axes], float).T
        origin = -directions @ (steps * (np.array(voxels.shape) - 1) / 2)
    else:
        raise UserError("says nothing about its orientation; give it by option axes, for example RAS")
    image = sitk.GetImageFromArray(np.nan_to_num(voxels, nan=0.0, posinf=0.0, neginf=0.0).T)
    image.SetSpacing(steps.tolist())
    image.SetDirection(directions.ravel().tolist())
    image.SetOrigin(origin.tolist())
    return image


def said(image) -> bool:
    """Whether a nibabel image's header gives an orientation: by either code in NIfTI, never in Analyze."""
    import nibabel

    if isinstance(image, nibabel.Nifti1Pair):
        return bool(image.header["qform_code"] or image.header["sform_code"])
    return not isinstance(image, nibabel.AnalyzeImage)


def series(folder: Path):
    """The largest DICOM series of a folder, slices in order of position. UserError: none, or slices are missing."""
    import SimpleITK as sitk

    reader = sitk.ImageSeriesReader()
    found = [reader.GetGDCMSeriesFileNames(str(folder), uid) for uid in reader.GetGDCMSeriesIDs(str(folder))]
    if not found:
        raise UserError("holds no DICOM image")
    reader.SetFileNames(max(found, key=len))
    reader.MetaDataDictionaryArrayUpdateOn()
    image = reader.Execute()
    if len(max(found, key=len)) > 2:
        places = [
            np.array(reader.GetMetaData(number, "0020|0032").split("\\"), float)
            for number in range(len(max(found, key=len)))
        ]
        steps = np.linalg.norm(np.diff(places, axis=0), axis=1)
        if np.abs(steps - np.median(steps)).max() > UNEVEN * np.median(steps):
            raise UserError("lacks slices of its DICOM series, or holds some twice")
    return image
