"""What the header of a NIfTI or Analyze file says: how its volume lies, and one slice of it.

Where a file says nothing about orientation (Analyze, NIfTI with both codes 0), three letters give the directions in
which its voxel axes run, as in nibabel and FreeSurfer: "ASL" is a first axis towards anterior, then superior, then
left.
"""

import numpy as np

from ldcore.datasets.scans.pixels import gray, masked, one_of, refuse_slice
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
# By how much an sform may follow a registration: radians by which it turns an axis, and how many times as long a voxel.
MOST_TURN, RESIZED = np.pi / 4, 1.5
LPS = np.array([-1.0, -1.0, 1.0])  # from NIfTI's RAS


def check_axes(axes: str | None) -> None:
    """UserError for axes that are not three directions."""
    if not axes:
        return
    known = len(axes) == 3 and set(axes) <= set(DIRECTIONS)
    if not known or abs(np.linalg.det([DIRECTIONS[letter] for letter in axes])) < 0.5:
        raise UserError(f"Option axes is {axes!r}; give three letters, one of L and R, one of A and P, one of I and S.")


def first_volume(image):
    """A nibabel image without the further volumes of a series; of a file with several, these are not read."""
    if np.prod(image.shape[3:]) == 1:
        return image
    return image.slicer[(slice(None),) * 3 + (slice(0, 1),) * len(image.shape[3:])]


def says_orientation(image) -> bool:
    """Whether a nibabel image's header gives an orientation: by either code in NIfTI, never in Analyze."""
    import nibabel

    if isinstance(image, nibabel.Nifti1Pair):
        return bool(image.header["qform_code"] or image.header["sform_code"])
    return not isinstance(image, nibabel.AnalyzeImage)


def refuse_two_geometries(image) -> None:
    """UserError where a nibabel image's qform and sform, both said to hold, turn, mirror or size it differently.

    Programs differ in which of the two they believe.
    """
    import nibabel

    if not isinstance(image, nibabel.Nifti1Pair):
        return
    try:
        affines = image.get_qform(coded=True)[0], image.get_sform(coded=True)[0]
    except ValueError:  # a rounded quaternion, which nobody reads where there is an sform
        return
    if any(affine is None for affine in affines):
        return
    steps = np.array([nibabel.affines.voxel_sizes(affine) for affine in affines])
    along = (affines[0][:3, :3] * affines[1][:3, :3]).sum(0)
    if (along < np.cos(MOST_TURN) * steps.prod(0)).any() or (steps.max(0) > RESIZED * steps.min(0)).any():
        qform, sform = map(geometry, affines)
        raise UserError(f"has a qform ({qform}) and an sform ({sform}) that disagree; keep the right one in its header")


def geometry(affine) -> str:
    """'RAS, 1 by 1 by 2 mm', for messages; an axis without a length runs nowhere (?)."""
    import nibabel

    axes = "".join(axis or "?" for axis in nibabel.aff2axcodes(affine))
    return f"{axes}, {' by '.join(f'{side:.3g}' for side in nibabel.affines.voxel_sizes(affine))} mm"


def affine_of(axes: str, steps) -> np.ndarray:
    """A NIfTI affine [4, 4] of a volume whose axes run so; steps: voxel sizes in mm."""
    affine = np.eye(4)
    affine[:3, :3] = (LPS * [DIRECTIONS[letter] for letter in axes]).T * steps[:3]
    return affine


def axial_slice(path, index: int | None = None) -> np.ndarray:
    """One axial slice [H, W] of a NIfTI volume (None: the middle), anterior at the top, the left on the left."""
    return slice_and_spacing(path, index)[0]


def slice_and_spacing(path, index: int | None = None, axes: str | None = None):
    """(a slice as axial_slice gives it, the spacing of its rows and columns in mm); of a 4-D file the first volume's.

    UserError: the file does not say how it lies and `axes` is None, says it in two ways, or has no such slice.
    """
    import nibabel

    image = nibabel.load(path)
    if image.ndim < 3:
        refuse_slice(index)
        return np.rot90(gray_levels(np.asarray(image.dataobj))), image.header.get_zooms()[1::-1]
    image = first_volume(image)
    refuse_two_geometries(image)
    if not says_orientation(image):
        if axes is None:
            raise UserError("says nothing about its orientation; give it by option axes, for example RAS")
        image = nibabel.Nifti1Image(image.dataobj, affine_of(axes, image.header.get_zooms()))
    image = nibabel.as_closest_canonical(image)
    count, volume = image.shape[2], np.asarray(image.dataobj).reshape(image.shape[:3])
    sizes = nibabel.affines.voxel_sizes(image.affine)
    return np.rot90(gray_levels(volume[:, :, one_of(count, index, "slices")])), sizes[1::-1]


def gray_levels(voxels: np.ndarray) -> np.ndarray:
    """Voxels [X, Y] as gray levels, those of NIfTI's RGB kinds too; NaN, how tools mark what is outside, is masked."""
    if voxels.dtype.names:
        return gray(np.stack([voxels[name] for name in "RGB"], -1))
    if voxels.dtype.kind != "f":
        return voxels
    outside = np.isnan(voxels)
    return masked(np.where(outside, 0, voxels), outside)
