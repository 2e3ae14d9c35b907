"""One axial slice of a T1 volume, the same way for every brain data set.

Read, N4, MNI152, slice, window, square, resize. Anterior is at the top and the subject's left on the left, as in
ldcore.datasets.scans.nifti.axial_slice.
"""

import numpy as np

from ldcore.datasets.scans.brain_register import coarse, head_mask, to_mni, unbiased
from ldcore.datasets.scans.brain_volume import read_volume
from ldcore.datasets.scans.images import to_uint8
from ldcore.datasets.scans.nifti import check_axes

EXTENDS = ("ldcore.datasets.scans.images",)
OPTIONS = {
    "n4": {"type": "boolean", "default": True, "description": "correct the coil's brightness"},
    "register": {"type": "boolean", "default": True, "description": "to MNI152; false: the scanner's own slice"},
    "slice_mm": {
        "type": "number",
        "minimum": -70,
        "maximum": 80,
        "default": 18,
        "description": "of a registered head: mm above the plane of the commissures",
    },
    "slice_fraction": {
        "type": "number",
        "minimum": 0,
        "maximum": 1,
        "default": 0.45,
        "description": "of a head not registered: of the way from its top to the lowest voxel",
    },
    "axes": {
        "type": ["string", "null"],
        "default": None,
        "description": "where the three voxel axes run to (ASL: anterior, superior, left) in files that do not say",
    },
}
SIDE, STEP, FRONT = 233.0, 0.5, 98.0  # mm: the square cut from MNI152 space, its pixels, its front edge


def check(options: dict) -> None:
    """UserError for a window that does not rise, or axes that are not three directions."""
    check_axes(options["axes"])


def read_scan(scan: dict, options: dict) -> np.ndarray:
    """uint8 [image_size, image_size] of the volume at scan["path"], a file or a DICOM folder.

    UserError: why it cannot be used.
    """
    image = read_volume(scan["path"], options["axes"])
    if options["n4"]:
        image = unbiased(image)
    if options["register"]:
        section = registered(image, options["slice_mm"])
    else:
        section = as_scanned(image, options["slice_fraction"])
    return to_uint8(section, options["image_size"], options["window"])


def registered(image, height: float) -> np.ndarray:
    """The axial slice [466, 466] at MNI152 z = `height` mm, 0.5-mm pixels."""
    import SimpleITK as sitk

    count = round(SIDE / STEP)
    grid = sitk.Image([count, count, 1], sitk.sitkFloat32)
    grid.SetSpacing((STEP, STEP, 1.0))
    grid.SetDirection((-1, 0, 0, 0, 1, 0, 0, 0, 1))  # columns from left to right, rows from front to back
    grid.SetOrigin((0.5 * (SIDE - STEP), -FRONT + 0.5 * STEP, height))
    return sitk.GetArrayFromImage(sitk.Resample(image, grid, to_mni(image), sitk.sitkLinear))[0]


def as_scanned(image, fraction: float) -> np.ndarray:
    """The axial slice [H, W] nearest to the scanner's own axes, square pixels of the finer spacing."""
    import SimpleITK as sitk

    image = sitk.DICOMOrient(image, "RPS")
    small = coarse(image, 4.0)
    levels = np.flatnonzero(sitk.GetArrayFromImage(head_mask(small)).any(axis=(1, 2)))
    level = levels[-1] - fraction * (levels[-1] - levels[0])
    ratio = image.GetSize()[2] / small.GetSize()[2]
    section = image[:, :, min(int((level + 0.5) * ratio), image.GetSize()[2] - 1)]
    spacing, size = np.array(section.GetSpacing()), np.array(section.GetSize())
    step = float(spacing.min())
    pixels = np.maximum(np.rint(size * spacing / step), 1)
    grid = sitk.Image([int(count) for count in pixels], sitk.sitkFloat32)
    grid.SetSpacing((step, step))
    grid.SetDirection(section.GetDirection())
    grid.SetOrigin(section.TransformContinuousIndexToPhysicalPoint((0.5 * step / spacing - 0.5).tolist()))
    nearest_outside = True  # beyond the last voxel's centre
    resampled = sitk.Resample(section, grid, sitk.Transform(), sitk.sitkLinear, 0.0, sitk.sitkFloat32, nearest_outside)
    return sitk.GetArrayFromImage(resampled)
