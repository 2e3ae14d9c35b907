"""One T1 volume from a NIfTI file, an Analyze pair or a folder with one DICOM series, with its geometry.

Where a file says nothing about orientation (Analyze, NIfTI with both codes 0), three letters give the directions in
which its voxel axes run, as in nibabel and FreeSurfer: "ASL" is a first axis towards anterior, then superior, then
left.
"""

import zlib
from pathlib import Path

import numpy as np

from ldcore.runtime.errors import UserError

# In LPS, as ITK has it: towards left, posterior and superior.
DIRECTIONS = {
    "R": (-1, 0, 0),
    "L": (1, 0, 0),
    "A": (0, -1, 0),
    "P": (0, 1, 0),
    "S": (0, 0, 1),
    "I": (0, 0, -1),
}
LPS = np.array([-1.0, -1.0, 1.0])  # from NIfTI's RAS
LEAST = 8  # voxels along each axis that make a volume
UNEVEN = 0.2  # of a slice's distance: how unequal distances may be before slices must be missing


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
    except (RuntimeError, OSError, ValueError, EOFError, TypeError, zlib.error, ImageFileError) as fault:
        raise UserError("is damaged, or not the image its name says") from fault  # their own words spell out the path
    if image.GetDimension() != 3 or min(image.GetSize()) < LEAST or image.GetNumberOfComponentsPerPixel() > 1:
        raise UserError("is not a volume of gray levels")
    return sitk.Cast(image, sitk.sitkFloat32)


def read_file(path: Path, axes: str | None):
    """The first volume of a NIfTI or Analyze file, its axes made perpendicular where the header shears them.

    By nibabel: ITK fills what a truncated file lacks with 0, and refuses the least shear. UserError: no orientation.
    """
    import nibabel
    import SimpleITK as sitk

    source = nibabel.load(path)
    voxels = np.asarray(source.dataobj, np.float32)
    while voxels.ndim > 3:
        voxels = voxels[..., 0]
    if voxels.ndim < 3:
        raise UserError("is not a volume of gray levels")
    steps = np.array(source.header.get_zooms()[:3], float)
    if says_orientation(source):
        steps = np.linalg.norm(source.affine[:3, :3], axis=0)
        left, _, right = np.linalg.svd(source.affine[:3, :3] / steps)
        directions, origin = LPS[:, None] * (left @ right), LPS * source.affine[:3, 3]
    elif axes:
        directions = np.array([DIRECTIONS[letter] for letter in axes], float).T
        origin = -directions @ (steps * (np.array(voxels.shape) - 1) / 2)
    else:
        raise UserError("says nothing about its orientation; give it by option axes, for example RAS")
    image = sitk.GetImageFromArray(np.nan_to_num(voxels, nan=0.0, posinf=0.0, neginf=0.0).T)
    image.SetSpacing(steps.tolist())
    image.SetDirection(directions.ravel().tolist())
    image.SetOrigin(origin.tolist())
    return image


def says_orientation(image) -> bool:
    """Whether a nibabel image's header gives an orientation: by either code in NIfTI, never in Analyze."""
    import nibabel

    if isinstance(image, nibabel.Nifti1Pair):
        return bool(image.header["qform_code"] or image.header["sform_code"])
    return not isinstance(image, nibabel.AnalyzeImage)


def read_series(folder: Path):
    """The largest DICOM series of a folder, slices in order of position. UserError: none, or slices are missing."""
    import SimpleITK as sitk

    reader = sitk.ImageSeriesReader()
    all_series = [reader.GetGDCMSeriesFileNames(str(folder), uid) for uid in reader.GetGDCMSeriesIDs(str(folder))]
    if not all_series:
        raise UserError("holds no DICOM image")
    files = max(all_series, key=len)
    reader.SetFileNames(files)
    reader.MetaDataDictionaryArrayUpdateOn()
    image = reader.Execute()
    if len(files) > 2:
        places = [np.array(reader.GetMetaData(number, "0020|0032").split("\\"), float) for number in range(len(files))]
        steps = np.linalg.norm(np.diff(places, axis=0), axis=1)
        if np.abs(steps - np.median(steps)).max() > UNEVEN * np.median(steps):
            raise UserError("lacks slices of its DICOM series, or holds some twice")
    return image
