"""Bias correction and affine registration of a T1 volume to MNI152 with SimpleITK; nothing is sampled at random.

The template is nilearn's packaged ICBM 2009a, brain only, so a head with its skull is compared inside the brain and 6
mm around it alone. Similarity: Mattes' mutual information (Mattes et al. 2003). Bias: N4 (Tustison et al. 2010).
Points are in LPS millimetres, as in ITK.
"""

from functools import lru_cache

import numpy as np

from ldcore.runtime.errors import UserError

COARSE, FINE = 6.0, 3.0  # mm: the two grids of the registration
BIAS = 5.0  # mm: the grid of N4
CENTRE = (0.0, 18.0, 18.0)  # mm: of the template's brain
UNDER_CROWN = 74.0  # mm: how far below the scalp's top it lies
TILTS = (-0.35, 0.0, 0.35)  # radians of nodding from which the search starts
SIZES = (1.0, 0.85)  # relative sizes from which it starts
SCALES = (0.6, 1.5)  # relative sizes along any direction that a head can have
# Least correlation with the template inside the brain: 0.65 to 0.85 for whole heads, under 0.5 for what is none.
ALIKE = 0.55


@lru_cache(maxsize=1)
def template():
    """(MNI152 T1 at 2 mm, mask of its brain), SimpleITK images."""
    import SimpleITK as sitk
    from nilearn.datasets import load_mni152_template

    packaged = load_mni152_template(resolution=2)
    image = sitk.GetImageFromArray(np.asarray(packaged.dataobj, np.float32).T)
    image.SetSpacing(np.diag(packaged.affine)[:3].tolist())
    image.SetDirection((-1, 0, 0, 0, -1, 0, 0, 0, 1))
    image.SetOrigin((packaged.affine[:3, 3] * (-1, -1, 1)).tolist())
    return image, sitk.BinaryFillhole(sitk.BinaryMorphologicalClosing(image > 0.1, (3, 3, 3)))


@lru_cache(maxsize=4)
def template_at(spacing: float):
    """(template, its brain, its brain and 6 mm around it) on a grid of that many mm."""
    import SimpleITK as sitk

    image, brain = template()
    grid = coarse(image, spacing)
    masks = (brain, sitk.BinaryDilate(brain, (3, 3, 3)))
    return grid, *(sitk.Resample(mask, grid, sitk.Transform(), sitk.sitkNearestNeighbor) for mask in masks)


def coarse(image, spacing: float):
    """The image smoothed and resampled to about `spacing` mm along the axes where it is finer."""
    import SimpleITK as sitk

    fine, count = np.array(image.GetSpacing()), np.array(image.GetSize())
    size = np.maximum(np.rint(count * np.minimum(fine / spacing, 1)), 1)
    ratio = count / size
    smooth = sitk.DiscreteGaussian(image, np.where(ratio > 1, (0.5 * fine * ratio) ** 2, 0).tolist())
    grid = sitk.Image([int(pixels) for pixels in size], sitk.sitkFloat32)
    grid.SetDirection(image.GetDirection())
    grid.SetSpacing((fine * ratio).tolist())
    grid.SetOrigin(image.TransformContinuousIndexToPhysicalPoint((0.5 * ratio - 0.5).tolist()))
    return sitk.Resample(smooth, grid, sitk.Transform(), sitk.sitkLinear)


def head_mask(image):
    """Mask of the head: the largest part above Otsu's threshold, its holes filled. UserError: there is none."""
    import SimpleITK as sitk

    parts = sitk.RelabelComponent(sitk.ConnectedComponent(sitk.OtsuThreshold(image, 0, 1, 128)))
    mask = sitk.BinaryFillhole(parts == 1)
    if not sitk.GetArrayFromImage(mask).any():
        raise UserError("shows no head: all its voxels are alike")
    return mask


def unbiased(image):
    """The image [float32, 3-D] without the slow change of brightness that the coil adds."""
    import SimpleITK as sitk

    small = coarse(image, BIAS)
    corrector = sitk.N4BiasFieldCorrectionImageFilter()
    corrector.SetMaximumNumberOfIterations([20, 20, 20])
    corrector.Execute(sitk.Cast(sitk.Clamp(small, sitk.sitkFloat32, 1e-3), sitk.sitkFloat32), head_mask(small))
    return sitk.Cast(image / sitk.Exp(corrector.GetLogBiasFieldAsImage(image)), sitk.sitkFloat32)


def to_mni(image):
    """The affine transform from points of MNI152 to points of the image. UserError: the two are not alike even then."""
    import SimpleITK as sitk

    rough, fine = coarse(image, COARSE), coarse(image, FINE)
    results = [optimised(COARSE, rough, guess, 4.0) for guess in guesses(rough)]
    best = min(results, key=lambda result: result[0])[1]
    affine = sitk.AffineTransform(3)
    affine.SetMatrix(best.GetMatrix())
    affine.SetTranslation(best.GetTranslation())
    affine.SetCenter(best.GetCenter())
    affine = optimised(FINE, fine, affine, 0.5)[1]
    sizes = np.linalg.svd(np.array(affine.GetMatrix()).reshape(3, 3))[1]
    if sizes.min() < SCALES[0] or sizes.max() > SCALES[1] or likeness(fine, affine) < ALIKE:
        raise UserError(
            "could not be registered to MNI152: it is not a T1 image of a whole head, or its header is wrong"
        )
    return affine


def guesses(image):
    """Similarity transforms that put the template's brain where the image's should be, below the top of the head."""
    import SimpleITK as sitk

    voxels = np.argwhere(sitk.GetArrayFromImage(head_mask(image)))[:, ::-1] * np.array(image.GetSpacing())
    points = voxels @ np.array(image.GetDirection()).reshape(3, 3).T + np.array(image.GetOrigin())
    crown = np.percentile(points[:, 2], 99.9)
    upper = points[points[:, 2] > crown - 1.5 * UNDER_CROWN]
    middle = 0.5 * (upper.min(0) + upper.max(0))
    for size in SIZES:
        for tilt in TILTS:
            guess = sitk.Similarity3DTransform()
            guess.SetCenter(CENTRE)
            guess.SetRotation((1.0, 0.0, 0.0), tilt)
            guess.SetScale(size)
            centre = np.array([middle[0], middle[1], crown - UNDER_CROWN * size])
            guess.SetTranslation((centre - CENTRE).tolist())
            yield guess


def optimised(spacing: float, moving, start, step: float):
    """(negative mutual information, the transform of the kind of `start` that minimises it); 0 where it failed.

    spacing: mm of the grid. step: mm by which the first step moves points. `start` itself is changed.
    """
    import SimpleITK as sitk

    fixed, _, around = template_at(spacing)
    method = sitk.ImageRegistrationMethod()
    method.SetMetricAsMattesMutualInformation(32)
    method.SetMetricFixedMask(around)
    method.SetMetricSamplingStrategy(method.NONE)
    method.SetInterpolator(sitk.sitkLinear)
    method.SetOptimizerAsRegularStepGradientDescent(step, 0.02, 60, 0.6)
    method.SetOptimizerScalesFromPhysicalShift()
    method.SetInitialTransform(start, True)
    try:
        method.Execute(fixed, moving)
    except RuntimeError:  # the images do not overlap
        return 0.0, start
    return method.GetMetricValue(), start


def likeness(image, affine) -> float:
    """Correlation of the registered image and the template over the brain's voxels, -1 to 1."""
    import SimpleITK as sitk

    fixed, brain, _ = template_at(FINE)
    inside = sitk.GetArrayFromImage(brain).astype(bool)
    voxels = sitk.GetArrayFromImage(sitk.Resample(image, fixed, affine, sitk.sitkLinear))[inside]
    if voxels.std() == 0:
        return 0.0
    return float(np.corrcoef(voxels, sitk.GetArrayFromImage(fixed)[inside])[0, 1])
