"""2-D tables cut from nilearn's packaged MNI152 (ICBM 2009a nonlinear, skull-stripped T1, grey and white matter maps).

Every map is [y, x] on a 1-mm grid (y from posterior to anterior, x from left to right, in MNI millimetres), one per
1-mm axial slice from Z_FIRST to Z_LAST. The source files ship inside nilearn, so nothing is downloaded.
"""

from functools import lru_cache

import numpy as np
from scipy import ndimage

Z_FIRST, Z_LAST = 14, 23  # mm above the AC-PC plane: bodies and horns of the lateral ventricles
X_FIRST, Y_FIRST = -95, -131  # mm of the first column and row
WIDTH, HEIGHT = 191, 229  # columns and rows
FLOW_STEP = 1.0  # mm at the fastest point
FLOW_STEPS = 36  # length of the table
FLOW_START = 6  # rows of shrinking flow
CHANNELS = ("intensity", "ventricle", "brain", "sulcus", "rim", "outside_mm")


@lru_cache(maxsize=1)
def tables():
    """The tables, once per process (about 1 s), all float32.

    Returns a dict: maps [Z, HEIGHT, WIDTH, C] with CHANNELS last, in [0, 1] but for outside_mm, the distance to the
    brain's smoothed outline (0 inside); rim is white matter beside the ventricles.  flow [Z, T, h, w, 2]:
    displacements (dy, dx) in mm on a 2-mm grid, T from shrunken to wide ventricles.  area [Z, T]: the ventricles'
    area over the template's own.
    """
    t1, grey, white, brain = _template()
    fluid = np.clip(1 - grey - white, 0, 1) * brain
    ventricle = _ventricles(fluid)
    sulcus = _sulci(grey, white, ventricle, brain)
    outside = np.stack([_outside(plane) for plane in brain])
    intensity = _intensity(t1, grey, white, ventricle)
    rim = np.clip(2.5 * white * ndimage.gaussian_filter(ventricle, (0, 5.0, 5.0)), 0, 1)
    maps = np.stack([intensity, ventricle, brain, sulcus, rim, outside], axis=-1).astype(np.float32)
    flows, areas = zip(*(_flow(plane) for plane in ventricle))
    return {"maps": maps, "flow": np.stack(flows), "area": np.stack(areas)}


def _template():
    """T1, grey, white in [0, 1] and the brain mask {0, 1}, each [Z, HEIGHT, WIDTH]."""
    from nilearn import datasets

    def crop(image):
        corner = (X_FIRST, Y_FIRST, Z_FIRST) - image.affine[:3, 3]
        x, y, z = (int(round(place)) for place in corner)
        block = image.dataobj[x : x + WIDTH, y : y + HEIGHT, z : z + Z_LAST - Z_FIRST + 1]
        block = np.asarray(block, dtype=np.float32)
        return np.ascontiguousarray(block.transpose(2, 1, 0))

    t1 = crop(datasets.load_mni152_template(resolution=1))
    grey = crop(datasets.load_mni152_gm_template(resolution=1))
    white = crop(datasets.load_mni152_wm_template(resolution=1))
    brain = np.stack([ndimage.binary_fill_holes(plane) for plane in t1 > 0.05]).astype(np.float32)
    return t1, grey, white, brain


def _ventricles(fluid):
    """Soft mask of the lateral (and top of the third) ventricles: the central fluid component, [Z, H, W] in [0, 1]."""
    y = np.arange(HEIGHT)[:, None] + Y_FIRST
    x = np.abs(np.arange(WIDTH) + X_FIRST)[None]
    centre = (x < 36) & (y > -52) & (y < 34) & ~((x < 6) & (y < -41))
    labels, _ = ndimage.label((fluid > 0.45) & centre)
    sizes = np.bincount(labels.ravel())
    core = np.isin(labels, np.flatnonzero(sizes > 150)[1:])
    near = np.stack([ndimage.binary_dilation(plane, iterations=2) for plane in core])
    return fluid * near * centre


def _sulci(grey, white, ventricle, brain):
    """How far out in the cortex a point lies, in [0, 1], smooth: high in sulci and at the brain's edge.

    The averaged template has few open sulci, so depth counts too: cortex far from white matter lies along a sulcus.
    """
    empty = (1 - np.clip(grey + white, 0, 1)) * brain + (1 - brain)
    empty = empty * (1 - np.stack([ndimage.maximum_filter(plane, 9) for plane in ventricle]))
    depth = np.stack([ndimage.distance_transform_edt(plane < 0.45) for plane in white])
    y = (np.arange(HEIGHT)[:, None] + Y_FIRST + 8) / 44
    x = (np.arange(WIDTH)[None] + X_FIRST) / 37
    cortex = np.clip((np.hypot(y, x) - 0.9) / 0.2, 0, 1)  # leaves out the thalamus and the basal ganglia
    ridge = np.clip(depth / 6.5, 0, 1) * cortex * brain + (1 - brain)
    return ndimage.gaussian_filter(0.35 * empty + 0.65 * ridge, (0, 1.0, 1.0))


def _outside(brain):
    """Distance in mm to the smoothed outline of one slice's brain, 0 inside it."""
    hull = ndimage.binary_closing(np.pad(brain > 0, 20), iterations=12)[20:-20, 20:-20]
    hull = ndimage.gaussian_filter(hull.astype(np.float32), 3) > 0.5
    return ndimage.distance_transform_edt(~(hull | (brain > 0)))


def _intensity(t1, grey, white, ventricle):
    """T1 weighting with the contrast of one person's scan; the template average alone is too flat."""
    fluid = np.clip(1 - grey - white, 0, 1)
    model = 0.16 * fluid + 0.55 * grey + 0.88 * white
    average = np.clip((t1 - 0.35) / 0.65, 0, 1) * 0.9
    return np.where(ventricle > 0.5, 0.16, 0.6 * model + 0.4 * average)


def _flow(ventricle):
    """Displacements [T, h, w, 2] on a 2-mm grid and area ratios [T] of one slice's widening ventricles.

    A fixed velocity field points out of the ventricles; following it backwards from each point for a time says where
    that point came from, which cannot fold however wide the ventricles become.
    """
    smooth = 0.5 * ndimage.gaussian_filter(ventricle, 4.0) + 2.0 * ndimage.gaussian_filter(ventricle, 8.0)
    velocity = -np.stack(np.gradient(smooth), axis=-1).astype(np.float32)
    velocity /= np.linalg.norm(velocity, axis=-1).max()
    rows, columns = np.mgrid[0:HEIGHT:2, 0:WIDTH:2].astype(np.float32)
    tables = {}
    for sign, count in ((1, FLOW_START), (-1, FLOW_STEPS - FLOW_START)):
        y, x = rows.copy(), columns.copy()
        for step in range(count):
            tables[-sign * step] = np.stack([y - rows, x - columns], axis=-1)
            moved = sample(velocity, y, x)
            y, x = y + sign * FLOW_STEP * moved[..., 0], x + sign * FLOW_STEP * moved[..., 1]
    flow = np.stack([tables[key] for key in sorted(tables)])
    area = np.array([sample(ventricle[..., None], rows + by[..., 0], columns + by[..., 1]).sum() for by in flow])
    return flow.astype(np.float32), (area / area[FLOW_START - 1]).astype(np.float32)


def sample(table, y, x):
    """Bilinear values [..., C] of `table` [H, W, C] at float positions y, x (grid units), held at the border."""
    height, width, channels = table.shape
    y = np.clip(y, 0, height - 1.001)
    x = np.clip(x, 0, width - 1.001)
    row, column = y.astype(np.int32), x.astype(np.int32)
    dy, dx = (y - row)[..., None], (x - column)[..., None]
    flat, corner = table.reshape(-1, channels), row * width + column
    above = flat[corner] * (1 - dx) + flat[corner + 1] * dx
    below = flat[corner + width] * (1 - dx) + flat[corner + width + 1] * dx
    return above * (1 - dy) + below * dy


def widen(y, x, low, share, ratio, lean):
    """Move grid positions y, x (mm from the first row, column) so the ventricles' area is `ratio` times the template's.

    `low`, `share`: slice below and weight of the slice above; `lean` [2]: relative extra on the right and in front.
    The ratio is held to the table's range, about 0.4 to 4.3.
    """
    area, flow = tables()["area"], tables()["flow"]
    area = area[low] * (1 - share) + area[low + 1] * share
    row = float(np.interp(ratio, area, np.arange(len(area))))
    step = min(int(row), len(area) - 2)
    rest = np.float32(row - step)
    near, far = (flow[plane, step] * (1 - rest) + flow[plane, step + 1] * rest for plane in (low, low + 1))
    moved = sample(near * (1 - share) + far * share, y / 2, x / 2)
    side = 1 + lean[0] * np.tanh((x + X_FIRST) / 12) + lean[1] * np.tanh((y + Y_FIRST + 8) / 25)
    side = side.astype(np.float32)
    return y + moved[..., 0] * side, x + moved[..., 1] * side


def field(rng, count, fine):
    """A smooth random field [fine, fine] of about unit variance with `count` bumps along each side."""
    basis = _basis(count, fine)
    return basis @ rng.standard_normal((count, count)).astype(np.float32) @ basis.T


@lru_cache(maxsize=16)
def _basis(count, fine):
    """Gaussian bumps [fine, count] over the frame, rows of unit norm."""
    place = (np.arange(fine) + 0.5) / fine * (count - 1)
    bumps = np.exp(-0.5 * ((place[:, None] - np.arange(count)) / 0.75) ** 2)
    return (bumps / np.linalg.norm(bumps, axis=1, keepdims=True)).astype(np.float32)


def shrink(image, size):
    """Area average of a [k size, k size] map down to [size, size]."""
    times = len(image) // size
    return image.reshape(size, times, size, times).mean(axis=(1, 3))
