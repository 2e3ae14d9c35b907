"""kernel_distance: parity with clean-fid, an explicit double sum, unbiasedness, wrong inputs."""

import numpy as np
import pytest

from ldcore.metrics import kernel_distance
from ldcore.metrics import kid as kernel
from ldcore.runtime.errors import UserError


def sample(seed, n, d, shift=0.0):
    return np.random.default_rng(seed).normal(size=(n, d)) + shift


@pytest.mark.parametrize("n, d", [(50, 16), (40, 128), (1500, 8)])
def test_parity_with_clean_fid_on_all_samples(n, d):
    from cleanfid.fid import kernel_distance as reference

    a, b = sample(0, n, d), sample(1, n, d, 0.3)
    expected = reference(a, b, num_subsets=1, max_subset_size=n)  # a subset of everything: random order only
    assert kernel_distance(a, b) == pytest.approx(expected, rel=1e-6)


def test_unequal_sizes_match_the_double_sum():
    a, b = sample(0, 6, 3), sample(1, 9, 3, 0.5)

    def mean(x, y, same):
        pairs = [(i, j) for i in range(len(x)) for j in range(len(y)) if not (same and i == j)]
        return np.mean([(x[i] @ y[j] / 3 + 1) ** 3 for i, j in pairs])

    expected = mean(a, a, True) + mean(b, b, True) - 2 * mean(a, b, False)
    assert kernel_distance(a, b) == pytest.approx(expected, rel=1e-10)


def test_symmetry_order_and_row_blocks(monkeypatch):
    a, b = sample(0, 40, 12), sample(1, 30, 12, 0.2)
    value, rows = kernel_distance(a, b), np.random.default_rng(2).permutation(40)
    assert kernel_distance(b, a) == pytest.approx(value, rel=1e-10)
    assert kernel_distance(a[rows], b) == pytest.approx(value, rel=1e-10)
    monkeypatch.setattr(kernel, "ROWS", 7)
    assert kernel_distance(a, b) == pytest.approx(value, rel=1e-10)


def test_unbiased_for_one_distribution_and_positive_for_two():
    same = np.array([kernel_distance(sample(2 * s, 20, 8), sample(2 * s + 1, 20, 8)) for s in range(500)])
    assert abs(same.mean()) < 3 * same.std(ddof=1) / len(same) ** 0.5
    assert same.min() < 0 < same.max()
    assert kernel_distance(sample(0, 200, 8), sample(1, 200, 8, 1.0)) > 10 * same.std()


def test_a_set_against_itself_is_not_positive():
    assert kernel_distance(sample(0, 30, 8), sample(0, 30, 8)) < 0


def test_a_known_mean_difference():
    """For constant rows x and y of ones and zeros the kernel is 2^3, 1 and 1, whatever the sizes."""
    assert kernel_distance(np.ones((5, 4)), np.zeros((3, 4))) == pytest.approx(8 + 1 - 2, rel=1e-12)


@pytest.mark.parametrize(
    "a, b, text",
    [
        (np.zeros(5), np.zeros((5, 2)), "first feature set has shape"),
        (np.zeros((5, 2)), np.zeros((5, 3)), "2 and 3 columns"),
        (np.zeros((1, 2)), np.zeros((5, 2)), "first feature set has 1 row"),
        (np.zeros((5, 2)), np.full((5, 2), np.inf), "second feature set has NaN or infinity"),
    ],
)
def test_wrong_inputs(a, b, text):
    with pytest.raises(UserError, match=text):
        kernel_distance(a, b)
