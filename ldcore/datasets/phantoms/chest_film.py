"""The chest phantom's picture: attenuation summed along the beam, then the film's exposure.

Positions are in half frames: x from -1 (the patient's right side) to 1, y from -1 (top) to 1. Attenuation has no
unit; about 0.3 through lung, 1 through the mediastinum.
"""

import numpy as np
from scipy import ndimage
from scipy.special import expit

from ldcore.datasets.phantoms import chest_atlas as atlas


def project(state: dict, fine: int):
    """(attenuation, clear lung), each [fine, fine], of one subject in one pose."""
    own, scan = state["own"], state["scan"]
    axis = (np.arange(fine) + 0.5) / fine * 2 - 1
    angle = np.deg2rad(scan.normal(0, 1.5))
    shift = scan.normal(0, 0.025, 2)
    zoom = 1 + 0.03 * scan.standard_normal()
    right, down = axis[None] * zoom - shift[0], axis[:, None] * zoom - shift[1]
    x = np.cos(angle) * right + np.sin(angle) * down
    y = np.cos(angle) * down - np.sin(angle) * right
    wide, tall = 1 + 0.05 * own.standard_normal(2)
    x, y = (x / wide).astype(np.float32), (y / tall).astype(np.float32)
    masks = atlas.lungs()
    index = int(own.integers(len(masks["masks"])))
    column = (x / atlas.HALF_WIDTH + 1) / 2 * (atlas.GRID - 1)
    row = ((y + 0.02) / atlas.HALF_HEIGHT + 1) / 2 * (atlas.GRID - 1)
    lung = atlas.sample(masks["masks"][index], row, column)
    floor = np.interp(column, np.arange(atlas.GRID), masks["floor"][index])
    floor = floor + 0.06 * np.maximum(-column, column - atlas.GRID + 1).clip(0)
    under = expit((row / (atlas.GRID - 1) - floor) / 0.012)  # below the diaphragm
    body = _body(x, y)
    tissue = 0.62 * body * (1 - 0.35 * x**2)
    total = tissue * (1 - 0.62 * lung) + 0.42 * under * body * (1 - 0.3 * x**2)
    total += _bones(x, y, lung, body, own) + _middle(x, y, under, state["aorta"])
    total += _heart(x, y, state["ctr"]) * (1 - 0.75 * under)
    breasts = sum(np.exp(-((((x - side * 0.46) / 0.26) ** 2 + ((y - 0.42) / 0.22) ** 2) ** 2)) for side in (-1, 1))
    total += 0.26 * state["breasts"] * breasts
    vessels = _vessels(x, y, own)
    disease, cover = _disease(x, y, row / (atlas.GRID - 1), floor, lung, state)
    total += vessels * lung * (1 - cover) + disease
    if own.random() < 0.6:  # air in the stomach, under the left dome
        total -= 0.22 * under * np.exp(-((((x - 0.42) / 0.17) ** 2 + ((y - 0.70) / 0.09) ** 2) ** 2))
    total += 0.018 * ndimage.gaussian_filter(own.standard_normal((64, 64)), 1.5)[_cells(y), _cells(x)] * body * 3
    return np.clip(total, 0.02, None), lung * (1 - cover)


def _cells(position):
    """Cells of a 64-grid under positions in half frames."""
    return np.clip(((position + 1) * 32).astype(int), 0, 63)


def _body(x, y):
    """1 inside the body: neck, sloping shoulders, trunk with arms cut off by the frame."""
    half = np.interp(y, [-1.0, -0.93, -0.82, -0.62, 1.0], [0.42, 0.50, 0.90, 1.2, 1.06])
    return expit((half - np.abs(x)) / 0.02)


def _bar(distance, width):
    """A bone's profile across: dense rims around a softer middle."""
    inside = expit((width - np.abs(distance)) / (0.25 * width))
    return inside * (0.6 + 0.4 * np.clip(np.abs(distance) / width, 0, 1.2) ** 2)


def _bones(x, y, lung, body, own):
    """Ribs behind and in front, collar bones, spine, shoulder blades and the chest wall beside the lungs."""
    u, total = np.abs(x) / 0.84, np.zeros_like(x)
    start, step = -0.76 + float(own.normal(0, 0.015)), 0.145 * (1 + 0.03 * float(own.standard_normal()))
    tilt = 0.26 * (1 + 0.1 * float(own.standard_normal()))
    wobble = own.normal(0, 0.008, 9).tolist()
    cage = np.clip((1.06 - u) / 0.05, 0, 1) * np.clip((0.95 + 0.1 * np.cos(3 * y) - u) / 0.05 + 1, 0, 1)
    for rib in range(9):
        high = start + step * rib + wobble[rib]
        behind = high + tilt * u**2.2 - 0.09 * np.sin(np.pi * np.clip(u, 0, 1))
        total += 0.15 * _bar(y - behind, 0.026) * cage * (u > 0.1)
        if 1 <= rib <= 7:
            front = high + tilt + 0.02 + 0.30 * np.clip(1 - u, 0, 1) ** 1.4
            total += 0.085 * _bar(y - front, 0.028) * cage * np.clip((u - 0.32) / 0.15, 0, 1)
    lean = own.normal(0, 0.015, 2).tolist()
    for side in (0, 1):
        outwards = x if side else -x
        collar = -0.68 - 0.14 * np.clip(outwards, 0, 0.8) + 0.05 * np.sin(2 * np.pi * outwards / 0.8) + lean[side]
        inner, outer = np.clip((outwards - 0.07) / 0.03, 0, 1), np.clip((0.86 - outwards) / 0.05, 0, 1)
        total += 0.16 * _bar(y - collar, 0.03) * inner * outer
        blade = np.abs(outwards - 0.86 + 0.12 * (y + 0.2))
        total += 0.07 * np.exp(-((blade / 0.05) ** 2)) * np.exp(-(((y + 0.42) / 0.3) ** 4)) * (1 - lung)
    wall = ndimage.gaussian_filter(lung, 0.03 * len(x)) * (1 - lung) * np.clip((np.abs(x) - 0.35) / 0.2, 0, 1)
    vertebra = 0.85 + 0.15 * np.cos(2 * np.pi * y / 0.115 + own.uniform(0, 6))
    return (total + 0.25 * wall + 0.26 * np.exp(-((x / 0.085) ** 4)) * vertebra) * body


def _middle(x, y, under, aorta):
    """Great vessels, hila and the windpipe's column of air."""
    total = 0.20 * np.exp(-((x / 0.16) ** 4)) * np.clip((y + 0.75) / 0.2, 0, 1)
    total += 0.16 * aorta * np.exp(-(((x - 0.15) / 0.085) ** 2 + ((y + 0.27) / 0.09) ** 2))
    for side, high in ((-1, 0.03), (1, -0.01)):
        total += 0.17 * np.exp(-(((x - side * 0.21) / 0.075) ** 2 + ((y - high) / 0.13) ** 2))
    air = np.exp(-(((x - 0.01) / 0.032) ** 2)) * np.clip((-0.18 - y) / 0.08, 0, 1)
    return total * (1 - under) - 0.15 * air


def _heart(x, y, ctr):
    """A leaning ellipsoid whose width is `ctr` of the chest's inner width; a third of it to the patient's right."""
    half = ctr * atlas.HALF_WIDTH
    centre = 0.30 * half
    dx, dy = (x - centre) / half, (y - 0.27 + 0.08 * (x - centre) / half * -1) / (0.78 * half + 0.06)
    depth = np.sqrt(np.clip(1 - np.abs(dx) ** 2.2 - np.abs(dy) ** 2.2, 0, 1))
    return 0.50 * ndimage.gaussian_filter(np.minimum(depth * 1.25, 1), 0.006 * len(x))


def _vessels(x, y, own, count=22):
    """Branches that leave each hilum and thin out, as one map."""
    total = np.zeros_like(x)
    for side in (-1, 1):
        angles, lengths = own.uniform(-1.25, 1.25, count), own.uniform(0.18, 0.55, count)
        starts, bends = own.uniform(0.0, 0.3, count), own.normal(0, 0.9, count)
        near = (side * x > 0.05) & (side * x < 0.85) & (np.abs(y) < 0.8)
        away, down, tree = side * x[near] - 0.19, y[near] - 0.02, np.zeros(near.sum(), x.dtype)
        for angle, length, start, bend in zip(*(values.tolist() for values in (angles, lengths, starts, bends))):
            along = np.cos(angle) * away + np.sin(angle) * down
            across = np.cos(angle) * down - np.sin(angle) * away - bend * (along - start) ** 2
            share = np.clip((along - start) / length, 0, 1)
            width = 0.013 * (1.2 - share)
            branch = 0.085 * (1 - 0.7 * share) * np.exp(-((across / width) ** 2))
            tree += branch * (along > start) * (along < start + length)
        total[near] += tree
    return np.minimum(total, 0.22)


def _disease(x, y, depth, floor, lung, state):
    """(attenuation, share of the lung that is covered, 0 to 1) of fluid and consolidation; both zero without them."""
    own = state["own"]
    side, both = (1 if own.random() < 0.5 else -1), own.random() < 0.35
    share = own.uniform(0.4, 0.8)
    place = np.stack([own.uniform(0.30, 0.48, 2), own.uniform(-0.15, 0.35, 2)])
    spots = own.normal(0, 0.11, (6, 2))
    cover, total = np.zeros_like(x), np.zeros_like(x)
    if state["effusion"]:
        for which, amount in ((side, 1.0), (-side, share * both)):
            outwards = np.clip(which * x / 0.7, 0, 1.2)
            level = floor - state["effusion"] * amount * (0.45 + 0.75 * outwards**2.5) + 0.03
            fluid = lung * (which * x > 0) * expit((depth - level) / 0.022) * (amount > 0)
            total, cover = total + 0.58 * fluid, np.maximum(cover, fluid)
    if state["opacity"]:
        cloud = sum(
            np.exp(-(((side * x - place[0, 0] - dx) / 0.15) ** 2 + ((y - place[1, 0] - dy) / 0.13) ** 2))
            for dx, dy in spots
        )
        patch = np.clip(cloud * 0.55, 0, 1) * lung * (side * x > 0)
        total, cover = total + 0.46 * state["opacity"] * patch, np.maximum(cover, 0.7 * patch)
    return total, cover


def expose(attenuation, state: dict, size: int) -> np.ndarray:
    """uint8 [size, size]: the transmitted dose as a display shows it (bone white), with exposure, blur and noise."""
    scan = state["scan"]
    gain = 1 + 0.05 * scan.standard_normal()
    contrast = np.exp(scan.normal(0, 0.07))
    sigma = scan.uniform(0.006, 0.014)
    fine = ndimage.gaussian_filter(attenuation, 0.004 * len(attenuation))
    times = len(fine) // size
    pixels = fine.reshape(size, times, size, times).mean((1, 3))
    shown = 1.12 * (1 - np.exp(-1.45 * gain * pixels)) ** (1.25 * contrast)
    return np.rint(np.clip(shown + sigma * scan.standard_normal((size, size)), 0, 1) * 255).astype(np.uint8)
