"""Derivatives of eigenvalues: closed forms, finite differences, extended precision, defects."""

from __future__ import annotations

from itertools import pairwise

import mpmath
import numpy as np
import pytest
import scipy.linalg

from renaissance_kit import KineticModels, KMRanges, SteadyStates
from renaissance_kit.core import ParameterError
from renaissance_kit.kinetics import GradientStatus, eigenvalue_gradients, smooth_lambda_max


@pytest.fixture(scope="module")
def ecoli_state(ecoli):
    return SteadyStates.example(ecoli).default


@pytest.fixture(scope="module")
def tiny_models(tiny, tiny_state):
    return KineticModels(tiny, tiny_state, KMRanges.of(tiny).uniform(6, np.random.default_rng(1)))


@pytest.fixture(scope="module")
def ecoli_models(ecoli, ecoli_state):
    km = KMRanges.of(ecoli).uniform(12, np.random.default_rng(2))
    return KineticModels(ecoli, ecoli_state, km)


def richardson(f, h: float, levels: int = 3):
    """Derivative of f at 0 from central differences, with errors up to h^(2·levels) removed."""
    table = [(f(h / 2**i) - f(-h / 2**i)) / (2 * h / 2**i) for i in range(levels)]
    for order in range(1, levels):
        table = [(4**order * fine - coarse) / (4**order - 1) for coarse, fine in pairwise(table)]
    return table[0]


def smooth_maximum(eigenvalues, tau: float) -> float:
    s = np.arcsinh(np.real(eigenvalues)) / tau
    return float(tau * (s.max() + np.log(np.exp(s - s.max()).sum())))


# --- rate laws -----------------------------------------------------------------------------


@pytest.mark.parametrize("which", ["tiny_models", "ecoli_models"])
def test_slot_derivatives_move_with_km_as_finite_differences_say(which, request):
    models = request.getfixturevalue(which)
    km = models.km_mM[0]
    g = models.rate_derivatives_per_h()[0]
    weights = np.random.default_rng(3).standard_normal(len(g)) / np.maximum(np.abs(g), 1e-30)
    state = models.state
    found = models.laws.derivatives_by_log_km(
        state.concentrations_mM, km, state.fluxes_mM_h, weights
    )

    def weighted(h: float):
        moved = models.with_km(km * np.exp(h * np.eye(len(km))))
        return (moved.rate_derivatives_per_h() - g) @ weights

    np.testing.assert_allclose(found, richardson(weighted, 0.02), rtol=1e-7, atol=1e-7)
    assert (found[~models.laws.influential_km] == 0).all()
    assert (found[models.laws.influential_km] != 0).all()


# --- matrices ------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(5))
def test_random_matrices_against_finite_differences(seed):
    rng = np.random.default_rng(seed)
    matrix = rng.standard_normal((9, 9)) * np.exp(rng.standard_normal((9, 1)))
    found = eigenvalue_gradients(matrix[None], tau=0.3)
    assert found.value[0] == pytest.approx(smooth_maximum(np.linalg.eigvals(matrix), 0.3))
    for _ in range(5):
        change = rng.standard_normal(matrix.shape)
        expected = richardson(
            lambda h, d=change: smooth_maximum(np.linalg.eigvals(matrix + h * d), 0.3), 1e-3
        )
        # single eigenvalues whose share is below a millionth have no part in the derivative
        assert (found.gradient[0] * change).sum() == pytest.approx(expected, rel=1e-5, abs=1e-7)


def test_the_result_of_every_member_stands_for_itself():
    rng = np.random.default_rng(4)
    batch = rng.standard_normal((5, 6, 6))
    batch[2, 1, 1] = np.nan
    together = eigenvalue_gradients(batch)
    assert together.status.tolist() == [0, 0, GradientStatus.NONE, 0, 0]
    assert np.isnan(together.value[2])
    assert np.isnan(together.lambda_max_per_h[2])
    assert (together.gradient[2] == 0).all()
    for i in (0, 1, 3, 4):
        np.testing.assert_array_equal(
            together.gradient[i], eigenvalue_gradients(batch[i : i + 1]).gradient[0]
        )


def test_bad_scaling_costs_no_precision():
    """D⁻¹ J D has the same eigenvalues, and a derivative that is scaled the other way."""
    rng = np.random.default_rng(5)
    matrix = rng.standard_normal((12, 12)) - 3 * np.eye(12)
    scale = 10.0 ** rng.uniform(-8, 8, 12)
    plain = eigenvalue_gradients(matrix[None])
    scaled = eigenvalue_gradients((matrix / scale[:, None] * scale)[None])
    assert scaled.value[0] == pytest.approx(plain.value[0], rel=1e-10)
    back = scaled.gradient[0] / scale[:, None] * scale
    np.testing.assert_allclose(back, plain.gradient[0], rtol=1e-7, atol=1e-10)


@pytest.mark.parametrize("d", [0.04, 1e-6, -1e-6, -0.04])
def test_where_two_real_eigenvalues_become_a_pair(d):
    """J = [[−1, 1], [d, −1]] has −1 ± √d: both sides in closed form."""
    tau = 0.2
    found = eigenvalue_gradients(np.array([[[-1.0, 1.0], [d, -1.0]]]), tau=tau)
    if d < 0:
        value, slope = np.arcsinh(-1) + tau * np.log(2), 0.0
    else:
        high, low = -1 + np.sqrt(d), -1 - np.sqrt(d)
        share = 1 / (1 + np.exp((np.arcsinh(low) - np.arcsinh(high)) / tau))
        value = np.arcsinh(high) - tau * np.log(share)
        rise = share / np.hypot(1, high) - (1 - share) / np.hypot(1, low)
        slope = rise / (2 * np.sqrt(d))
    assert found.value[0] == pytest.approx(value, rel=1e-12)
    assert found.gradient[0, 1, 0] == pytest.approx(slope, rel=1e-6, abs=1e-9)
    assert found.status[0] == GradientStatus.EXACT


def cluster(block: np.ndarray, others: np.ndarray, seed: int):
    """A matrix with this block at its right end, in a random basis, and the block's projector."""
    n = len(block) + len(others)
    basis = np.random.default_rng(seed).standard_normal((n, n))
    inverse = np.linalg.inv(basis)
    matrix = basis @ scipy.linalg.block_diag(block, np.diag(others)) @ inverse
    return matrix, basis[:, : len(block)] @ inverse[: len(block)]


JORDAN = {
    "double": np.array([[-1.0, 1.0], [0.0, -1.0]]),
    "triple": np.diag([-1.0] * 3) + np.diag([1.0] * 2, 1),
    "pair": np.array(
        [[-1.0, 2.0, 1.0, 0.0], [-2.0, -1.0, 0.0, 1.0], [0, 0, -1.0, 2.0], [0, 0, -2.0, -1.0]]
    ),
}


@pytest.mark.parametrize("kind", JORDAN)
@pytest.mark.parametrize("seed", range(3))
def test_a_defective_eigenvalue_moves_as_the_mean_of_its_cluster(kind, seed):
    block = JORDAN[kind]
    matrix, projector = cluster(block, np.array([-30.0, -60.0, -80.0, -99.0]), seed)
    found = eigenvalue_gradients(matrix[None], tau=0.1)
    # all of the sum is in the cluster: ds = mean of dλ / √(1 + λ²)
    expected = projector.T / len(block) / np.sqrt(2)
    assert found.status[0] == GradientStatus.CLUSTERED
    np.testing.assert_allclose(
        found.gradient[0], expected, atol=1e-4 * np.abs(expected).max(), rtol=0
    )


def test_an_exact_jordan_block_by_itself():
    """LAPACK's vectors are parallel here; the mean of the eigenvalues is half the trace."""
    found = eigenvalue_gradients(JORDAN["double"][None])
    assert found.status[0] == GradientStatus.CLUSTERED
    np.testing.assert_allclose(found.gradient[0], np.eye(2) / 2 / np.sqrt(2), atol=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_a_multiple_eigenvalue_with_all_its_vectors(seed):
    matrix, projector = cluster(-np.eye(3), np.array([-30.0, -60.0, -80.0]), seed)
    found = eigenvalue_gradients(matrix[None], tau=0.1)
    expected = projector.T / 3 / np.sqrt(2)
    np.testing.assert_allclose(
        found.gradient[0], expected, atol=1e-6 * np.abs(expected).max(), rtol=0
    )


def test_equal_eigenvalues_of_a_diagonal_matrix():
    found = eigenvalue_gradients(np.diag([-1.0, -1.0, -50.0])[None], tau=0.1)
    np.testing.assert_allclose(found.gradient[0], np.diag([0.5, 0.5, 0]) / np.sqrt(2), atol=1e-12)


def test_a_multiple_eigenvalue_beside_a_simple_one():
    """The projector splits the cluster off; the simple one keeps its own share."""
    tau, values = 0.5, np.array([-1.0, -1.0, -1.5, -40.0])
    matrix, projector = cluster(JORDAN["double"], values[2:], 3)
    found = eigenvalue_gradients(matrix[None], tau=tau)
    share = np.exp(np.arcsinh(values) / tau)
    weights = share / share.sum() / np.hypot(1, values)
    basis = np.random.default_rng(3).standard_normal((4, 4))
    single = [np.outer(basis[:, i], np.linalg.inv(basis)[i]) for i in (2, 3)]
    expected = (weights[0] * projector + weights[2] * single[0] + weights[3] * single[1]).T
    assert found.status[0] == GradientStatus.CLUSTERED
    np.testing.assert_allclose(
        found.gradient[0], expected, atol=1e-6 * np.abs(expected).max(), rtol=0
    )


def test_tau_must_be_positive():
    for tau in (0.0, -1.0, float("nan")):
        with pytest.raises(ParameterError, match=r"tau is .*; give a positive number"):
            eigenvalue_gradients(-np.eye(2)[None], tau=tau)


# --- kinetic models ------------------------------------------------------------------------


def test_the_tiny_network_against_finite_differences(tiny_models):
    tau = 0.2
    found = smooth_lambda_max(tiny_models, tau=tau)
    assert (found.status == GradientStatus.EXACT).all()
    size = tiny_models.km_mM.shape[1]
    for m, km in enumerate(tiny_models.km_mM):

        def values(h: float, km=km):
            moved = tiny_models.with_km(km * np.exp(h * np.eye(size)))
            spectra = moved.spectrum(workers=1).eigenvalues_per_h
            return np.array([smooth_maximum(e, tau) for e in spectra])

        expected = richardson(values, 0.02)
        np.testing.assert_allclose(
            found.gradient[m], expected, atol=1e-6 * np.abs(expected).max(), rtol=1e-6
        )


def rightmost_exactly(matrix: np.ndarray) -> mpmath.mpf:
    """The rightmost eigenvalue, real and simple, to 30 digits: Newton's method in mpmath.

    The corrections come from a double-precision factorisation of the bordered matrix
    [[J − λ, −u], [uᵀ, 0]]; the residual is taken in extended precision.
    """
    balanced, scaling = scipy.linalg.matrix_balance(matrix, permute=False)
    exact = np.diag(scaling)
    values, vectors = np.linalg.eig(balanced)
    i = int(values.real.argmax())
    assert values[i].imag == 0
    n = len(matrix)
    u0, scale = vectors[:, i].real, 2.0 ** np.round(np.log2(np.diag(scaling)))
    np.testing.assert_array_equal(scale, exact)  # powers of two: balancing rounds nothing
    border = np.block([[balanced - values[i].real * np.eye(n), -u0[:, None]], [u0, np.zeros(1)]])
    factors = scipy.linalg.lu_factor(border)
    with mpmath.workdps(40):
        rows = [[mpmath.mpf(float(x)) for x in row] for row in balanced]
        u, value = [mpmath.mpf(float(x)) for x in u0], mpmath.mpf(float(values[i].real))
        for _ in range(12):
            residual = [mpmath.fdot(rows[k], u) - value * u[k] for k in range(n)]
            size = max(abs(x) for x in residual)
            if size == 0:
                break
            right = np.array([float(-x / size) for x in residual] + [0.0])
            step = scipy.linalg.lu_solve(factors, right)
            u = [a + size * mpmath.mpf(float(b)) for a, b in zip(u, step[:-1], strict=True)]
            change = size * mpmath.mpf(float(step[-1]))
            value += change
            if abs(change) < abs(value) * mpmath.mpf(10) ** -28:
                break
        else:
            raise AssertionError("Newton's method did not converge")
        return value


def test_ecoli_against_finite_differences_in_extended_precision(ecoli_models):
    """With a small τ the smooth maximum is the largest eigenvalue alone."""
    rng = np.random.default_rng(7)
    tau, checked = 1e-3, 0
    found = smooth_lambda_max(ecoli_models, tau=tau)
    leading = ecoli_models.spectrum().eigenvalues_per_h[:, :2]
    for m, km in enumerate(ecoli_models.km_mM):
        apart = np.diff(np.arcsinh(leading[m].real))[0] < -0.1
        if not apart or leading[m, 0].imag != 0:
            continue  # another eigenvalue has a part in the maximum
        direction = rng.standard_normal(len(km))

        def value(h: float, km=km, direction=direction):
            jacobian = ecoli_models.with_km(km * np.exp(h * direction)).jacobians_per_h()[0]
            return rightmost_exactly(jacobian)

        slope = float(richardson(value, 0.01)) / np.hypot(1.0, leading[m, 0].real)
        scale = np.linalg.norm(found.gradient[m])
        assert found.gradient[m] @ direction == pytest.approx(slope, rel=1e-6, abs=1e-7 * scale)
        checked += 1
        if checked == 2:
            break
    assert checked == 2


def test_ecoli_against_plain_finite_differences(ecoli_models):
    """All eigenvalues of double precision: less exact, but through the whole chain as it is."""
    rng, tau = np.random.default_rng(8), 0.2
    found = smooth_lambda_max(ecoli_models, tau=tau)
    for m, km in enumerate(ecoli_models.km_mM):
        direction = found.gradient[m] / np.linalg.norm(found.gradient[m])
        direction = direction + 0.02 * rng.standard_normal(len(km))

        def value(h: float, km=km, direction=direction):
            spectrum = ecoli_models.with_km(km * np.exp(h * direction)).spectrum(workers=1)
            return smooth_maximum(spectrum.eigenvalues_per_h[0], tau)

        expected = richardson(value, 0.02)
        assert found.gradient[m] @ direction == pytest.approx(expected, rel=1e-4)


def test_lambda_max_is_that_of_the_spectrum(ecoli_models):
    found = smooth_lambda_max(ecoli_models)
    expected = ecoli_models.spectrum().lambda_max_per_h
    np.testing.assert_allclose(found.lambda_max_per_h, expected, rtol=1e-6)
    assert (found.value >= np.arcsinh(expected)).all()
    assert (found.value <= np.arcsinh(expected) + 0.2 * np.log(85)).all()


def test_neither_threads_nor_company_change_a_derivative(ecoli_models):
    many = ecoli_models.with_km(np.repeat(ecoli_models.km_mM, 7, axis=0))
    one, three = smooth_lambda_max(many, workers=1), smooth_lambda_max(many, workers=3)
    np.testing.assert_array_equal(one.gradient, three.gradient)
    alone = smooth_lambda_max(ecoli_models, workers=1)
    np.testing.assert_array_equal(one.gradient[::7], alone.gradient)


def test_constants_without_influence_have_no_derivative(ecoli_models):
    silent = ~ecoli_models.laws.influential_km
    assert silent.any()
    assert (smooth_lambda_max(ecoli_models).gradient[:, silent] == 0).all()


def test_another_state_shares_the_tables(ecoli, ecoli_models):
    other = SteadyStates.example(ecoli)[7]
    shared = ecoli_models.at(other)
    afresh = KineticModels(ecoli, other, ecoli_models.km_mM)
    np.testing.assert_array_equal(shared.jacobians_per_h(), afresh.jacobians_per_h())
