"""Measures of diversity against distributions whose values are known."""

from __future__ import annotations

import numpy as np
import pytest

from renaissance_kit.analysis import (
    coverage,
    diversity_of,
    nearest_neighbour_entropy,
    neighbour_distances,
    pair_coverage,
)
from renaissance_kit.core import ParameterError


def test_entropy_of_a_gaussian():
    """½ ln det(2πe Σ), with correlated axes of different lengths."""
    rng = np.random.default_rng(1)
    mixing = np.array([[2.0, 0.0, 0.0], [1.0, 0.5, 0.0], [-1.0, 0.3, 3.0]])
    sample = rng.standard_normal((8_000, 3)) @ mixing.T
    exact = 0.5 * np.log(2 * np.pi * np.e) + np.log(abs(np.linalg.det(mixing))) / 3
    assert nearest_neighbour_entropy(sample) == pytest.approx(exact, abs=0.03)


def test_entropy_of_a_uniform_distribution():
    sample = np.random.default_rng(2).uniform(-2.0, 3.0, (8_000, 2))
    assert nearest_neighbour_entropy(sample) == pytest.approx(np.log(5.0), abs=0.03)


def test_entropy_of_coinciding_points():
    assert nearest_neighbour_entropy(np.zeros((5, 2))) == -np.inf


def test_neighbour_distances_by_brute_force():
    sample = np.random.default_rng(3).standard_normal((30, 4))
    distance = np.linalg.norm(sample[:, None] - sample[None], axis=2)
    for k in (1, 3):
        expected = np.sort(distance, axis=1)[:, k]  # the first is the point itself
        np.testing.assert_allclose(neighbour_distances(sample, k), expected, rtol=1e-6)


def test_independent_columns():
    rng = np.random.default_rng(4)
    found = diversity_of(rng.uniform(0, 6, (4000, 8)), rng)
    assert found.std_mean == pytest.approx(6 / np.sqrt(12), rel=0.02)
    assert found.effective_width == pytest.approx(6, rel=0.05)
    assert found.participation == pytest.approx(8, rel=0.02)
    assert found.components_95 == 8
    assert found.joint_deficit == pytest.approx(0, abs=0.02)
    assert found.correlation == pytest.approx(found.correlation_independent, abs=0.01)


def test_one_latent_direction_is_found_out():
    """Every column as wide as can be, and all of them one number."""
    rng = np.random.default_rng(5)
    sample = rng.uniform(0, 6, (1000, 1)) + 0.01 * rng.standard_normal((1000, 8))
    found = diversity_of(sample, rng)
    assert found.std_mean == pytest.approx(6 / np.sqrt(12), rel=0.05)
    assert found.participation == pytest.approx(1, abs=0.01)
    assert found.components_95 == 1
    assert found.correlation > 0.99 > 0.1 > found.correlation_independent
    assert found.participation_independent > 7
    assert found.joint_deficit > 2
    assert found.as_dict()["joint_deficit"] == found.joint_deficit


def test_the_participation_ratio_of_known_axes():
    rng = np.random.default_rng(6)
    variance = np.array([4.0, 2.0, 1.0])
    sample = rng.standard_normal((100_000, 3))[:2000] * np.sqrt(variance)
    expected = variance.sum() ** 2 / (variance**2).sum()
    assert diversity_of(sample, rng).participation == pytest.approx(expected, rel=0.05)


def test_a_column_at_one_value_has_no_width():
    rng = np.random.default_rng(7)
    sample = rng.uniform(0, 6, (4000, 4))
    sample[:, 2] = 1.3
    found = diversity_of(sample, rng)
    assert found.std_least == 0
    assert found.effective_width == pytest.approx(0.75 * 6, rel=0.05)
    assert found.correlation < 0.1


def test_coverage():
    """1 − Π (n − i)/(2n − i) over i to k for two samples of one distribution."""
    rng = np.random.default_rng(8)
    a, b = rng.standard_normal((2, 500, 3))
    expected = 1 - np.prod([(500 - i) / (1000 - i) for i in range(5)])
    assert coverage(a, b) == pytest.approx(expected, abs=0.03)
    assert coverage(a, b, k=1) == pytest.approx(0.5, abs=0.08)
    assert coverage(a + 100, b) == 0
    half = coverage(a[a[:, 0] > 0], b)
    assert 0.4 < half < 0.75  # only half of the space holds points
    assert coverage(b, a[a[:, 0] > 0]) > 0.9


def test_coverage_in_many_dimensions():
    """A sample collapsed to the middle covers all in the full space, and little pair by pair."""
    rng = np.random.default_rng(9)
    a, b = rng.uniform(-1, 1, (2, 200, 100))
    assert coverage(0.1 * a, b) == 1
    assert pair_coverage(0.1 * a, b, rng, pairs=40) < 0.2
    assert pair_coverage(a, b, rng, pairs=40) == pytest.approx(1 - 2**-5, abs=0.02)


@pytest.mark.parametrize(
    "sample",
    [
        np.zeros((5, 3)),
        np.zeros((50, 3)),
        np.random.default_rng(1).random((50, 1)),
        np.random.default_rng(1).random(50),
        np.full((50, 3), np.nan),
    ],
)
def test_samples_that_say_nothing_are_refused(sample):
    with pytest.raises(ParameterError):
        diversity_of(sample, np.random.default_rng(1))


def test_coverage_of_unlike_samples():
    with pytest.raises(ParameterError, match="same dimension"):
        coverage(np.zeros((10, 2)), np.zeros((10, 3)))
