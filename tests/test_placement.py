"""Newton steps on the slowest eigenvalues: derivatives by differences, and what they reach."""

from __future__ import annotations

import numpy as np
import pytest

from renaissance_kit import KineticModels, KMRanges, SteadyStates
from renaissance_kit.search import (
    SearchSettings,
    fastest_dynamics,
    place_slowest,
    power_sum_derivatives,
    power_sums,
)
from renaissance_kit.search.placement import (
    FIRST,
    _least_change,
    _matched,
    _restricted,
    _single_derivative,
    _Steps,
)
from renaissance_kit.search.tracking import MODES


@pytest.fixture(scope="module")
def descended(ecoli):
    """A shipped state at the end of a short descent: models, ln KM, bounds."""
    ranges = KMRanges.of(ecoli)
    models = KineticModels(ecoli, SteadyStates.example(ecoli).default, ranges.middle_mM)
    settings = SearchSettings(steps=150, starts=1, margin=np.inf)
    found = fastest_dynamics(models, np.random.default_rng(1), settings=settings)
    return models, np.log(found.km_mM), np.log(ranges.low_mM), np.log(ranges.high_mM)


@pytest.fixture(scope="module")
def steps(descended):
    models, log_km, low, high = descended
    taken = _Steps(models, low, high, -2.5)
    taken._point(log_km, 10)
    return taken


def test_power_sums_and_derivatives_of_a_jordan_block():
    """At a defective eigenvalue, where single derivatives are infinite."""
    block = -2.0 * np.eye(5) + np.diag(np.full(4, 3.0), 1)
    found = power_sum_derivatives(block, -2.1, 0.5)

    def sums(matrix: np.ndarray) -> np.ndarray:
        scaled, power, out = (matrix + 2.1 * np.eye(5)) / 0.5, np.eye(5), []
        for _ in range(5):
            power = power @ scaled
            out.append(np.trace(power))
        return np.array(out)

    np.testing.assert_allclose(power_sums(np.full(5, -2.0 + 0j), -2.1, 0.5), sums(block))
    for i, j in np.ndindex(5, 5):
        change = np.zeros((5, 5))
        change[i, j] = 1e-6
        slope = (sums(block + change) - sums(block - change)) / 2e-6
        np.testing.assert_allclose(found[:, i, j], slope, rtol=1e-6, atol=1e-6)


def test_rows_are_the_derivatives_of_the_sums_by_the_constants(descended, steps, rng):
    _, log_km, _, _ = descended
    point = steps._point(log_km, 10)
    order = np.argsort(-point.slow.real)
    slow = np.zeros(MODES, dtype=bool)
    k = 4 + (point.slow[order[3]].imag > 0)  # pairs stay together
    slow[order[:k]] = True
    part = _restricted(point, slow)
    np.testing.assert_allclose(
        np.sort_complex(np.linalg.eigvals(part.matrix)), np.sort_complex(point.slow[slow])
    )
    np.testing.assert_allclose(part.left.T @ part.right, np.eye(k), atol=1e-8)
    centre, radius = float(point.slow[slow].real.mean()), 3.0
    by_entry = [part.by_entry(d) for d in power_sum_derivatives(part.matrix, centre, radius)]
    rows = steps.modes.by_log_km(point.model, np.array(by_entry))
    direction = rng.standard_normal(len(log_km))

    def sums(x: np.ndarray) -> np.ndarray:
        values = steps._point(x, 10).slow
        return power_sums(values[np.argsort(-values.real)][:k], centre, radius)

    slope = (sums(log_km + 1e-6 * direction) - sums(log_km - 1e-6 * direction)) / 2e-6
    np.testing.assert_allclose(rows @ direction, slope, rtol=1e-3, atol=1e-6)


def test_the_derivative_of_a_single_eigenvalue(rng):
    matrix = rng.standard_normal((9, 9))

    def top(m: np.ndarray) -> complex:
        values = np.linalg.eigvals(m)
        return values[values.real.argmax()]

    found = _single_derivative(matrix, top(matrix))
    for i, j in ((0, 0), (3, 7), (8, 2)):
        change = np.zeros((9, 9))
        change[i, j] = 1e-6
        slope = (top(matrix + change) - top(matrix - change)).real / 2e-6
        assert found[i, j] == pytest.approx(slope, rel=1e-5, abs=1e-7)


def test_one_step_moves_the_front_by_what_was_asked(descended, steps):
    _, log_km, _, _ = descended
    here = steps._point(log_km, 10)
    size = FIRST * (1 + abs(here.front))
    there, _ = steps._try(here, size, 0.3 * (1 + abs(here.front)), 0.5)
    assert there is not None
    assert there.front <= here.front - 0.5 * size
    assert np.abs(there.log_km - here.log_km).max() < 0.5


def test_it_gets_further_than_the_descent(descended):
    models, log_km, low, high = descended
    before = models.with_km(np.exp(log_km)).spectrum().lambda_max_per_h[0]
    placed = place_slowest(models, log_km, low, high, target_per_h=1.3 * before, most=150)
    after = models.with_km(np.exp(placed.log_km)).spectrum().lambda_max_per_h[0]
    assert after < before - 0.02 * abs(before)
    assert after <= placed.lambda_max_per_h + 1e-6 * abs(after)
    assert ((placed.log_km >= low) & (placed.log_km <= high)).all()
    assert 2 <= len(placed.history_per_h) < 160
    again = place_slowest(models, log_km, low, high, target_per_h=1.3 * before, most=150)
    np.testing.assert_array_equal(placed.log_km, again.log_km)
    assert placed.history_per_h == again.history_per_h


def test_constants_at_their_bounds_stay_there(rng):
    rows, missing = rng.standard_normal((3, 12)), rng.standard_normal(3)
    free = _least_change(rows, missing, np.full(12, np.inf), np.full(12, np.inf))
    np.testing.assert_allclose(free, np.linalg.pinv(rows) @ missing)
    above = np.full(12, 0.9 * np.abs(free).max())
    change = _least_change(rows, missing, above, above)
    assert (np.abs(change) <= above + 1e-12).all()
    np.testing.assert_allclose(rows @ change, missing, atol=1e-9)
    assert _least_change(rows, missing, np.zeros(12), np.zeros(12)) is None


def test_a_pair_is_never_divided_between_clusters():
    labels = np.array([0, 0, 1])
    wanted = np.array([-2 + 1j, -2 - 1j, -5 + 0j])
    np.testing.assert_array_equal(
        _matched(np.array([-5.2 + 0j, -2.1 - 1j, -2.1 + 1j]), wanted, labels), [1, 0, 0]
    )
    assert _matched(np.array([-2 + 0j, -4 + 1j, -4 - 1j]), wanted, labels) is None


def test_small_networks_are_given_back(tiny, tiny_state):
    models = KineticModels(tiny, tiny_state, np.ones(len(tiny.km_names)))
    x = np.zeros(len(tiny.km_names))
    placed = place_slowest(models, x, x - 1, x + 1, target_per_h=-1e9, most=50)
    np.testing.assert_array_equal(placed.log_km, x)
    assert placed.history_per_h == []
    assert placed.lambda_max_per_h == np.inf
