"""Slow modes followed along a path, against all eigenvalues at every point of it."""

from __future__ import annotations

import numpy as np
import pytest

from renaissance_kit import KineticModels, KMRanges, SteadyStates
from renaissance_kit.kinetics import smooth_lambda_max
from renaissance_kit.search import SlowModes
from renaissance_kit.search.tracking import LONGEST

TAU = 0.1


@pytest.fixture(scope="module")
def start(ecoli):
    """The middle of the bounds at a shipped state: models, ln KM."""
    middle = KMRanges.of(ecoli).middle_mM
    return KineticModels(ecoli, SteadyStates.example(ecoli).default, middle), np.log(middle)


def test_followed_values_and_derivatives_are_those_of_all_eigenvalues(start, rng):
    models, log_km = start
    follow = SlowModes(models)
    followed = []
    for _ in range(120):
        log_km = log_km + 0.02 * rng.normal(size=len(log_km))
        found = follow(log_km, tau=TAU)
        if not found.exact:
            followed.append((found, log_km))
    assert len(followed) > 60
    truth = smooth_lambda_max(models.with_km(np.exp([x for _, x in followed])), tau=TAU)
    values = np.array([f.lambda_max_per_h for f, _ in followed])
    gradients = np.array([f.gradient for f, _ in followed])
    np.testing.assert_allclose(values, truth.lambda_max_per_h, rtol=1e-2)
    assert np.median(np.abs(values / truth.lambda_max_per_h - 1)) < 1e-4
    size = np.linalg.norm(truth.gradient, axis=1)
    error = np.linalg.norm(gradients - truth.gradient, axis=1) / size
    assert np.median(error) < 1e-2
    assert np.quantile(error, 0.9) < 0.1


def test_a_small_lambda_max_is_confirmed(start):
    models, log_km = start
    follow = SlowModes(models)
    for _ in range(3 * LONGEST):
        found = follow(log_km, tau=TAU)
    followed = [follow(log_km, tau=TAU) for _ in range(LONGEST)]
    assert sum(not f.exact for f in followed) == LONGEST - 1
    above = found.lambda_max_per_h + 1.0
    assert all(follow(log_km, tau=TAU, confirm_below=above).exact for _ in range(3))


def test_an_eigenvalue_far_to_the_right_is_seen(ecoli, start, rng):
    """On the way from one model to an unstable one, λmax jumps past the slow modes."""
    models, log_km = start
    ranges = KMRanges.of(ecoli)
    random = np.log(ranges.uniform(200, rng))
    largest = smooth_lambda_max(models.with_km(np.exp(random))).lambda_max_per_h
    unstable = random[largest.argmax()]
    assert largest.max() > 1e3
    follow = SlowModes(models)
    for share in np.linspace(0, 1, 60):
        follow((1 - share) * log_km + share * unstable, tau=TAU)
    found = [follow(unstable, tau=TAU) for _ in range(LONGEST)]
    assert found[-1].exact
    assert found[-1].lambda_max_per_h == pytest.approx(largest.max(), rel=1e-9)


def test_small_networks_and_bad_matrices_are_left_to_all_eigenvalues(tiny, tiny_state, start):
    models = KineticModels(tiny, tiny_state, np.ones(len(tiny.km_names)))
    found = SlowModes(models)(np.zeros(10), tau=TAU)
    truth = smooth_lambda_max(models, tau=TAU)
    assert found.exact
    assert found.lambda_max_per_h == truth.lambda_max_per_h[0]
    np.testing.assert_array_equal(found.gradient, truth.gradient[0])
    models, log_km = start
    lost = SlowModes(models, modes=4)
    lost.bases[0][:] = 0.0
    assert lost(log_km, tau=TAU).exact
