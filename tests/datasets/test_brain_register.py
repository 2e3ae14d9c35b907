"""Registration finds a moved template again, refuses what is no head, and N4 takes a coil's shading away."""

import numpy as np
import pytest
import SimpleITK as sitk
from preparing import complete
from scipy import ndimage

from ldcore.datasets.scans import brain_register, brain_scan
from ldcore.runtime.errors import UserError

MOVED = [((0.3, 0.1, -0.15), (18.0, -30.0, 25.0), 1.05), ((-0.3, -0.15, 0.2), (-10.0, 25.0, -20.0), 0.92)]


def moved(rotation, shift, size, shading: float = 0.0, voxel: float = 3.0):
    """The packaged template as another scanner would see it, and the transform from the scanner's points to its own.

    It has a bright spot on the left in front, since it is symmetric itself.
    """
    template = brain_register.template()[0]
    marked = sitk.Image(template)
    corner = template.TransformPhysicalPointToIndex((48.0, -10.0, 12.0))  # LPS: left, in front
    marked[corner[0] - 5 : corner[0] + 1, corner[1] : corner[1] + 6, corner[2] : corner[2] + 6] = 1.6
    place = sitk.AffineTransform(3)
    place.SetMatrix((np.array(sitk.Euler3DTransform((0.0, 0.0, 0.0), *rotation).GetMatrix()) * size).tolist())
    place.SetTranslation(shift)
    count = round(240 / voxel)
    grid = sitk.Image([count] * 3, sitk.sitkFloat32)
    grid.SetSpacing([voxel] * 3)
    grid.SetOrigin((-110.0, -120.0, -120.0))
    image = sitk.Resample(marked, grid, place, sitk.sitkLinear)
    shaded = sitk.GetImageFromArray(
        sitk.GetArrayFromImage(image) * 400 * np.exp(shading * np.linspace(-1, 1, count, dtype=np.float32))
    )
    shaded.CopyInformation(image)
    return shaded, place


@pytest.mark.parametrize("rotation, shift, size", MOVED)
def test_moved_template_is_found_again(rotation, shift, size):
    image, place = moved(rotation, shift, size)
    affine = brain_register.to_mni(image)
    points = np.random.default_rng(0).uniform([-60, -60, -40], [60, 90, 70], (200, 3))
    returned = [place.TransformPoint(affine.TransformPoint(point.tolist())) for point in points]
    assert np.linalg.norm(returned - points, axis=1).mean() < 1.5  # mm
    back, true = brain_scan.registered(image, 18), section(brain_register.template()[0])
    assert back.shape == (466, 466) and np.corrcoef(back.ravel(), true.ravel())[0, 1] > 0.97
    # mm from the commissures: down, to the right
    spot = np.argwhere(back > 0.9 * back.max()).mean(0) / 2 - (98, 116.5)
    assert -20 < spot[0] < 5 and -60 < spot[1] < -30, spot


def section(image):
    """Slice z = 18 mm of an image in MNI152, as brain_scan.registered cuts it: rows from y = 98 down, 0.5 mm."""
    rows = sitk.GetArrayFromImage(sitk.DICOMOrient(image, "RPS"))[round((18 - image.GetOrigin()[2]) / 2)]
    square = np.zeros((117, 117), np.float32)
    square[:, 9:108] = rows
    return ndimage.zoom(square, 466 / 117, order=1)


@pytest.mark.parametrize("fault", ["noise", "upside down", "ball"])
def test_what_is_no_head_is_refused(fault):
    image, _ = moved(*MOVED[0])
    voxels = sitk.GetArrayFromImage(image)
    if fault == "noise":
        voxels = np.random.default_rng(0).normal(100, 20, voxels.shape).astype(np.float32)
    elif fault == "upside down":
        voxels = voxels[::-1].copy()
    else:
        z, y, x = np.indices(voxels.shape) - 40
        voxels = (100 * (x**2 + y**2 + z**2 < 750)).astype(np.float32)
    other = sitk.GetImageFromArray(voxels)
    other.CopyInformation(image)
    with pytest.raises(UserError, match="could not be registered"):
        brain_register.to_mni(other)


def test_shading_is_taken_away():
    plain, shaded = moved(*MOVED[1], 0, 5.0)[0], moved(*MOVED[1], 0.35, 5.0)[0]
    inside = sitk.GetArrayFromImage(plain) > 200
    before, after = (
        sitk.GetArrayFromImage(image)[inside] / sitk.GetArrayFromImage(plain)[inside]
        for image in (shaded, brain_register.unbiased(shaded))
    )
    assert after.std() / after.mean() < 0.5 * before.std() / before.mean()


def test_same_bytes_every_time(tmp_path):
    sitk.WriteImage(moved(*MOVED[1], 0.3, 5.0)[0], tmp_path / "scan.nii.gz")
    options = complete("ixi", image_size=64)
    images = [brain_scan.read_scan({"path": tmp_path / "scan.nii.gz"}, options) for _ in range(2)]
    assert images[0].tobytes() == images[1].tobytes() and images[0].std() > 40
    assert sitk.ProcessObject.GetGlobalDefaultNumberOfThreads() == 1  # so that sums do not depend on how many there are
