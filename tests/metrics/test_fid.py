"""frechet_distance: parity with clean-fid, analytic Gaussians, invariances, wrong inputs."""

import subprocess
import sys

import numpy as np
import pytest

from ldcore.metrics import frechet_distance
from ldcore.runtime.errors import UserError


def sample(seed, n, d, scale=1.0, shift=0.0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, d)) @ rng.normal(size=(d, d)) * scale + shift


def clean_fid(a, b):
    from cleanfid.fid import frechet_distance as reference

    return reference(a.mean(0), np.cov(a, rowvar=False), b.mean(0), np.cov(b, rowvar=False))


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore:Matrix is singular")
@pytest.mark.parametrize("n, m, d", [(300, 200, 24), (60, 300, 64), (300, 40, 64), (40, 50, 64), (2, 3, 8)])
def test_parity_with_clean_fid(n, m, d):
    a, b = sample(0, n, d), sample(1, m, d, 1.3, 0.2)
    assert frechet_distance(a, b) == pytest.approx(clean_fid(a, b), rel=1e-6)


def test_one_dimension_is_analytic():
    a, b = sample(0, 50, 1), sample(1, 70, 1, 2.0, 3.0)
    expected = (a.mean() - b.mean()) ** 2 + (a.std(ddof=1) - b.std(ddof=1)) ** 2
    assert frechet_distance(a, b) == pytest.approx(expected, rel=1e-12)


def test_a_shift_and_a_scaling_are_analytic():
    a, shift = sample(0, 30, 40), np.linspace(-1, 1, 40)
    assert frechet_distance(a, a + shift) == pytest.approx(shift @ shift, rel=1e-9)
    trace = np.trace(np.cov(a, rowvar=False))
    assert frechet_distance(a, 3 * (a - a.mean(0)) + a.mean(0)) == pytest.approx(4 * trace, rel=1e-9)


def test_gaussian_samples_approach_the_population_value():
    rng, spread = np.random.default_rng(0), np.array([1.0, 2.0, 0.5])
    a, b = rng.normal(size=(200_000, 3)), 1.0 + spread * rng.normal(size=(200_000, 3))
    assert frechet_distance(a, b) == pytest.approx(3.0 + np.sum((spread - 1) ** 2), rel=0.02)


@pytest.mark.parametrize("n", [20, 200])
def test_identical_is_zero_and_order_does_not_matter(n):
    a, b = sample(0, n, 32), sample(1, n + 5, 32)
    rows = np.random.default_rng(2).permutation(n)
    assert 0 <= frechet_distance(a, a) < 1e-9 * np.trace(np.cov(a, rowvar=False))
    assert frechet_distance(a, b) == pytest.approx(frechet_distance(b, a), rel=1e-12)
    assert frechet_distance(a[rows], b) == pytest.approx(frechet_distance(a, b), rel=1e-10)
    assert isinstance(frechet_distance(a, b), float)


def test_torch_and_float32_are_accepted():
    import torch

    a, b = sample(0, 30, 8).astype(np.float32), sample(1, 30, 8).astype(np.float32)
    tensor = torch.from_numpy(a).requires_grad_()
    assert frechet_distance(tensor, b) == frechet_distance(a.astype(np.float64), b.astype(np.float64))


@pytest.mark.parametrize(
    "a, b, text",
    [
        (np.zeros(5), np.zeros((5, 2)), "first feature set has shape"),
        (np.zeros((5, 2)), np.zeros((5, 2, 1)), "second feature set has shape"),
        (np.zeros((5, 0)), np.zeros((5, 0)), "first feature set has shape"),
        (np.zeros((5, 2)), np.zeros((5, 3)), "2 and 3 columns"),
        (np.zeros((5, 2)), np.zeros((1, 2)), "second feature set has 1 row"),
        (np.full((5, 2), np.nan), np.zeros((5, 2)), "first feature set has NaN or infinity in 5 of its 5"),
    ],
)
def test_wrong_inputs(a, b, text):
    with pytest.raises(UserError, match=text):
        frechet_distance(a, b)


def test_import_is_light():
    code = "import sys, ldcore.metrics; print([m for m in ('torch', 'scipy', 'skimage', 'pandas') if m in sys.modules])"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == "[]"
