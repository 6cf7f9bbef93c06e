"""Newton steps on the slowest eigenvalues: derivatives by differences, and what they reach."""

from __future__ import annotations

import numpy as np
import pytest

from renaissance_kit import KineticModels, KMRanges, SteadyStates
from renaissance_kit.search import (
    SchurForm,
    SearchSettings,
    SlowModes,
    eigenvalue_derivative,
    fastest_dynamics,
    least_change,
    matched_labels,
    place_slowest,
    power_sum_derivatives,
    power_sums,
    restricted,
)
from renaissance_kit.search.placement import FIRST


@pytest.fixture(scope="module")
def descended(ecoli):
    """A shipped state at the end of a short descent: models, ln KM, bounds."""
    ranges = KMRanges.of(ecoli)
    models = KineticModels(ecoli, SteadyStates.example(ecoli).default, ranges.middle_mM)
    settings = SearchSettings(steps=150, restarts=0, margin=np.inf)
    found = fastest_dynamics(models, np.random.default_rng(1), settings=settings)
    return models, np.log(found.km_mM), np.log(ranges.low_mM), np.log(ranges.high_mM)


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


def test_derivatives_of_the_sums_by_the_constants(descended, rng):
    """Against differences of all eigenvalues of J: the last of the modes that are followed are not
    sharply divided from the rest, so that their block can have an eigenvalue that J has not."""
    models, log_km, _, _ = descended
    model = models.with_km(np.exp(log_km))

    def rightmost(x: np.ndarray) -> np.ndarray:
        values = np.linalg.eigvals(models.with_km(np.exp(x)).jacobians_per_h()[0])
        return values[np.argsort(-values.real, kind="stable")]

    values = rightmost(log_km)
    k = 4 + int(np.isclose(values[3], values[4].conj()))  # a pair stays together
    modes = SlowModes(models)
    modes.block(model, 10)
    block = modes.block(model, 10)
    schur = SchurForm.of(block.matrix)
    distance = np.abs(schur.values[:, None] - values[None, :k])
    chosen = np.isin(np.arange(len(schur.values)), distance.argmin(axis=0))
    assert distance.min(axis=0).max() < 1e-4
    part = restricted(block, schur, chosen)
    np.testing.assert_allclose(
        np.sort_complex(np.linalg.eigvals(part.matrix)), np.sort_complex(schur.values[chosen])
    )
    np.testing.assert_allclose(part.left.T @ part.right, np.eye(k), atol=1e-8)
    centre, radius = float(values[:k].real.mean()), 3.0
    by_entry = [part.by_entry(d) for d in power_sum_derivatives(part.matrix, centre, radius)]
    rows = modes.by_log_km(model, np.array(by_entry))
    direction = rng.standard_normal(len(log_km))
    sums = [
        power_sums(rightmost(log_km + h * direction)[:k], centre, radius) for h in (-1e-5, 1e-5)
    ]
    slope = (sums[1] - sums[0]) / 2e-5
    np.testing.assert_allclose(rows @ direction, slope, rtol=1e-3, atol=1e-3 * abs(slope).max())


def test_an_invariant_subspace_never_divides_a_pair(descended):
    models, log_km, _, _ = descended
    modes = SlowModes(models)
    block = modes.block(models.with_km(np.exp(log_km)), 10)
    schur = SchurForm.of(block.matrix)
    one = np.zeros(len(schur.values), dtype=bool)
    one[np.abs(schur.values.imag).argmax()] = True
    assert restricted(block, schur, one) is None


def test_the_derivative_of_a_single_eigenvalue(rng):
    matrix = rng.standard_normal((9, 9))

    def top(m: np.ndarray) -> complex:
        values = np.linalg.eigvals(m)
        return values[values.real.argmax()]

    found = eigenvalue_derivative(matrix, top(matrix))
    for i, j in ((0, 0), (3, 7), (8, 2)):
        change = np.zeros((9, 9))
        change[i, j] = 1e-6
        slope = (top(matrix + change) - top(matrix - change)).real / 2e-6
        assert found[i, j] == pytest.approx(slope, rel=1e-5, abs=1e-7)


def test_one_step_moves_the_slowest_by_what_was_asked(descended):
    models, log_km, low, high = descended
    placed = place_slowest(models, log_km, low, high, target_per_h=-1e3, most=3)
    before = placed.history_per_h[0]
    assert placed.history_per_h[1] == pytest.approx(before)  # the modes are found in two turns
    assert placed.lambda_max_per_h <= before - 0.5 * FIRST * (1 + abs(before))
    assert placed.lambda_max_per_h == placed.history_per_h[-1]
    assert 0 < np.abs(placed.log_km - log_km).max() < 0.5


def test_it_gets_further_than_the_descent(descended):
    models, log_km, low, high = descended
    before = models.with_km(np.exp(log_km)).spectrum().lambda_max_per_h[0]
    placed = place_slowest(models, log_km, low, high, target_per_h=1.3 * before, most=150)
    after = models.with_km(np.exp(placed.log_km)).spectrum().lambda_max_per_h[0]
    assert after < before - 0.02 * abs(before)
    assert after <= placed.lambda_max_per_h + 1e-6 * abs(after)
    assert ((placed.log_km >= low) & (placed.log_km <= high)).all()
    assert 2 <= len(placed.history_per_h) < 460  # as many again while it moves
    again = place_slowest(models, log_km, low, high, target_per_h=1.3 * before, most=150)
    np.testing.assert_array_equal(placed.log_km, again.log_km)
    assert placed.history_per_h == again.history_per_h


def test_constants_at_their_bounds_stay_there(rng):
    rows, missing = rng.standard_normal((3, 12)), rng.standard_normal(3)
    free = least_change(rows, missing, np.full(12, np.inf), np.full(12, np.inf))
    np.testing.assert_allclose(free, np.linalg.pinv(rows) @ missing)
    above = np.full(12, 0.9 * np.abs(free).max())
    change = least_change(rows, missing, above, above)
    assert (np.abs(change) <= above + 1e-12).all()
    np.testing.assert_allclose(rows @ change, missing, atol=1e-9)
    assert least_change(rows, missing, np.zeros(12), np.zeros(12)) is None


def test_a_pair_is_never_divided_between_clusters():
    labels = np.array([0, 0, 1])
    wanted = np.array([-2 + 1j, -2 - 1j, -5 + 0j])
    np.testing.assert_array_equal(
        matched_labels(np.array([-5.2 + 0j, -2.1 - 1j, -2.1 + 1j]), wanted, labels), [1, 0, 0]
    )
    assert matched_labels(np.array([-2 + 0j, -4 + 1j, -4 - 1j]), wanted, labels) is None


def test_small_networks_are_given_back(tiny, tiny_state):
    models = KineticModels(tiny, tiny_state, np.ones(len(tiny.km_names)))
    x = np.zeros(len(tiny.km_names))
    placed = place_slowest(models, x, x - 1, x + 1, target_per_h=-1e9, most=50)
    np.testing.assert_array_equal(placed.log_km, x)
    assert placed.history_per_h == []
    assert placed.lambda_max_per_h == np.inf
