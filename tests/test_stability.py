"""Eigenvalues of known matrices, the status of each model, and what cannot be computed."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import scipy.linalg
import scipy.stats

from renaissance_kit import KineticModels, KMRanges, SteadyStates
from renaissance_kit.core import ParameterError
from renaissance_kit.kinetics import (
    Status,
    eigenvalues,
    incidence_of,
    is_valid,
    spectrum as spectrum_module,
    spectrum_of,
)
from renaissance_kit.kinetics.qr import plain_eigenvalues
from renaissance_kit.kinetics.spectrum import CHUNK, confirmed, with_slow_from_inverse

THRESHOLD = -2.5


def spectrum(matrices, threshold=THRESHOLD, workers=1):
    matrices = np.asarray(matrices, dtype=float)
    return spectrum_of(
        len(matrices), lambda a, b: matrices[a:b], threshold_per_h=threshold, workers=workers
    )


def test_eigenvalues_of_known_matrices():
    """A diagonal, a rotation with decay (−3 ± 4i), a defective block and a companion matrix."""
    values = eigenvalues(
        np.array([
            np.diag([-5.0, -1.0, -3.0]),
            [[-3, -4, 0], [4, -3, 0], [0, 0, -9]],
            [[-2, 1, 0], [0, -2, 1], [0, 0, -2]],
            [[0, 1, 0], [0, 0, 1], [-6, -11, -6]],
        ])
    )  # fmt: skip
    np.testing.assert_allclose(values[0], [-1, -3, -5])
    np.testing.assert_allclose(values[1, 2], -9)
    np.testing.assert_allclose(sorted(values[1, :2].imag), [-4, 4])
    np.testing.assert_allclose(values[1, :2].real, [-3, -3])
    np.testing.assert_allclose(values[2], [-2, -2, -2])
    np.testing.assert_allclose(values[3], [-1, -2, -3])


def test_eigenvalues_come_by_falling_real_part():
    matrices = np.random.default_rng(1).standard_normal((20, 7, 7))
    values = eigenvalues(matrices)
    assert (np.diff(values.real, axis=1) <= 0).all()
    np.testing.assert_allclose(values.sum(axis=1).real, np.trace(matrices, axis1=1, axis2=2))
    np.testing.assert_allclose(values.prod(axis=1).real, np.linalg.det(matrices))


def test_badly_scaled_matrices_keep_their_rightmost_eigenvalue():
    """Triangular, with entries over 16 orders of magnitude, in a badly scaled basis."""
    triangle = np.array([[-1e8, 1e6, 1e4], [0, -3.0, 1e3], [0, 0, -1e4]])
    basis = np.diag([1e-6, 1.0, 1e6])
    values = eigenvalues((basis @ triangle @ np.linalg.inv(basis))[None])
    assert values[0, 0].real == pytest.approx(-3.0, rel=1e-9)


@pytest.mark.parametrize("n", [1, 2, 76, 120])
def test_the_plain_algorithm_gives_the_eigenvalues_of_numpy(n):
    rng = np.random.default_rng(n)
    full = rng.standard_normal((n, n)) * np.exp(rng.normal(0, 3, (n, 1)))
    rows = np.arange(n)
    rng.shuffle(rows)
    split = np.triu(full)[rows][:, rows]  # balancing splits all of it off
    for matrix in (full, split, np.diag(np.arange(1.0, n + 1))):
        values = np.sort_complex(plain_eigenvalues(np.array([matrix, matrix]))[1])
        expected = np.sort_complex(np.linalg.eigvals(matrix).astype(complex))
        np.testing.assert_allclose(values, expected, rtol=1e-8, atol=1e-10 * np.abs(expected).max())


def test_complex_matrices_are_taken_at_every_size():
    for n in (3, 80):
        values = eigenvalues(np.array([np.diag(np.arange(1.0, n + 1) * 1j - 1.0)]))
        np.testing.assert_allclose(values[0].real, -1.0)


def test_the_same_bits_in_a_fresh_process():
    """Libraries of linear algebra that are loaded late would not be held to one thread."""
    code = (
        "import numpy as np\n"
        "from renaissance_kit.kinetics import spectrum_of\n"
        "j = np.random.default_rng(1).standard_normal((4, 200, 200)) - 20 * np.eye(200)\n"
        "a, b = (spectrum_of(4, lambda s, e: j[s:e], threshold_per_h=-2.5, workers=1)"
        ".eigenvalues_per_h for _ in range(2))\n"
        "assert (a == b).all()"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_what_the_plain_algorithm_cannot_do_is_left_to_numpy(monkeypatch):
    matrices = np.random.default_rng(1).standard_normal((3, 80, 80))
    expected = eigenvalues(matrices)

    def failing(matrices):
        values = plain_eigenvalues(matrices)
        values[1] = np.nan
        return values

    monkeypatch.setattr(spectrum_module, "plain_eigenvalues", failing)
    np.testing.assert_allclose(eigenvalues(matrices).real, expected.real, rtol=1e-9, atol=1e-9)


def clustered(slow):
    """A matrix with these eigenvalues, that have nearly met, and fast ones; exact in doubles."""
    values = [*slow, -(2.0**23), -(2.0**20), -(2.0**16)]
    n = len(values)
    triangle = np.diag(values) + np.diag([1.0] * len(slow) + [0.0] * (n - len(slow) - 1), 1)
    ones = np.eye(n) + np.eye(n, k=-1)
    signs = np.tril((-1.0) ** (np.arange(n)[:, None] - np.arange(n)))
    np.testing.assert_array_equal(ones @ signs, np.eye(n))
    return ones @ ones.T @ triangle @ signs.T @ signs


@pytest.mark.parametrize("many", [4, 6, 8])
def test_slow_eigenvalues_that_have_met_come_from_the_inverse(many):
    slow = -2.625 - np.arange(many) / 8
    matrix = clustered(slow)[None]
    assert abs(eigenvalues(matrix)[0, 0] + 2.625) > 0.05  # LAPACK alone
    values = eigenvalues(matrix, near=THRESHOLD)[0]
    np.testing.assert_allclose(values[:many], slow, rtol=2e-3)
    assert values[0].real == pytest.approx(-2.625, rel=1e-6)
    np.testing.assert_allclose(values[many:], [-(2.0**16), -(2.0**20), -(2.0**23)], rtol=1e-4)
    np.testing.assert_array_equal(eigenvalues(matrix, near=-100.0), eigenvalues(matrix))
    assert spectrum(clustered(-2.505 - np.arange(many) / 8)[None]).valid.all()
    assert not spectrum(clustered(-2.495 - np.arange(many) / 8)[None]).valid.any()


def test_where_both_ways_agree_those_of_lapack_stay():
    matrices = np.random.default_rng(2).standard_normal((40, 7, 7)) - 4.0 * np.eye(7)
    values = eigenvalues(matrices)
    assert (np.abs(values[:, 0].real + 2.5) < 0.5).any()
    np.testing.assert_array_equal(eigenvalues(matrices, near=THRESHOLD), values)
    for singular in (np.diag([0.0, -2.5, -9.0]), np.diag([-2.5])):
        values = np.linalg.eigvals(singular).astype(complex)
        np.testing.assert_array_equal(with_slow_from_inverse(singular, values), values)


def test_a_newton_step_confirms_what_is_right_and_nothing_else(ecoli):
    """Of matrices with known eigenvalues, and of models as with the eigenvalues of the inverse."""
    for many in (4, 6, 8):
        matrix = clustered(-2.625 - np.arange(many) / 8)
        assert not confirmed(matrix, eigenvalues(matrix[None])[0], aside=0.0)  # they have moved
    turning = scipy.linalg.block_diag([[-2.5, -9.0], [9.0, -2.5]], np.diag([-2.6, -3.5, -1e7]))
    right = np.array([-2.5 + 9j, -2.5 - 9j, -2.6, -3.5, -1e7])
    assert confirmed(turning, right, aside=0.2)
    for place, by, aside, seen in (
        (0, 1e-4, 0.0, 1),
        (0, 1e-4j, 0.0, 1),
        (2, 1e-4, 0.2, 1),
        (3, 1e-4, 0.2, 0),
    ):
        wrong = right.copy()
        wrong[place] += by
        assert confirmed(turning, wrong, aside=aside) is not bool(seen)
    km = KMRanges.of(ecoli).uniform(60, np.random.default_rng(5))
    matrices = KineticModels(ecoli, SteadyStates.example(ecoli).default, km).jacobians_per_h()
    values = eigenvalues(matrices)
    known = [confirmed(m, v, aside=0.35) for m, v in zip(matrices, values, strict=True)]
    assert np.mean(known) > 0.9
    for matrix, value in zip(matrices[known], values[known], strict=True):
        np.testing.assert_array_equal(with_slow_from_inverse(matrix, value), value)


def test_eigenvalues_of_one_size_are_all_kept():
    """They come in any order from the matrix and from its inverse, and no list may be cut there."""
    real = np.array([-2.4, -2.8, -2.9])
    blocks = [[[a, np.sqrt(9 - a * a)], [-np.sqrt(9 - a * a), a]] for a in real]
    block = scipy.linalg.block_diag(*blocks, -3.0)
    rng = np.random.default_rng(3)
    for _ in range(500):
        basis = scipy.stats.ortho_group.rvs(7, random_state=rng)
        values = eigenvalues((basis @ block @ basis.T)[None], near=THRESHOLD)[0]
        np.testing.assert_allclose(values.real, [*np.repeat(real, 2), -3.0], rtol=1e-9)


STATUS = {
    "at the threshold": (np.diag([-2.5, -4.0]), Status.VALID),
    "faster than the threshold": (np.diag([-2.6, -9.0]), Status.VALID),
    "one mode just slower": (np.diag([np.nextafter(-2.5, 0), -9.0]), Status.SLOW),
    "stable and slow": (np.diag([-0.1, -9.0]), Status.SLOW),
    "at rest": (np.diag([0.0, -9.0]), Status.SLOW),
    "unstable": (np.diag([0.1, -9.0]), Status.UNSTABLE),
    "unstable spiral": (np.array([[1.0, -5.0], [5.0, 1.0]]), Status.UNSTABLE),
    "NaN": (np.array([[-3.0, np.nan], [0.0, -3.0]]), Status.NOT_FINITE),
    "infinite": (np.array([[-np.inf, 0.0], [0.0, -3.0]]), Status.NOT_FINITE),
}


@pytest.mark.parametrize("case", STATUS)
def test_status(case):
    matrix, expected = STATUS[case]
    result = spectrum([matrix])
    assert Status(int(result.status[0])) is expected
    assert result.valid[0] == (expected is Status.VALID)
    assert result.counts() == {s.name: int(s is expected) for s in Status}


def test_every_status_is_explained():
    texts = {status.meaning for status in Status}
    assert len(texts) == len(Status)


def test_models_that_are_not_finite_are_counted_apart_and_spoil_no_neighbour():
    matrices = [matrix for matrix, _ in STATUS.values()]
    together = spectrum(matrices)
    assert [Status(int(s)) for s in together.status] == [status for _, status in STATUS.values()]
    for i, matrix in enumerate(matrices):
        np.testing.assert_array_equal(
            together.eigenvalues_per_h[i], spectrum([matrix]).eigenvalues_per_h[0]
        )
    assert together.counts()["NOT_FINITE"] == 2
    assert together.incidence == 2 / 9  # of all models, those without eigenvalues included
    assert np.isnan(together.lambda_max_per_h[together.status == Status.NOT_FINITE]).all()


def test_a_jacobian_that_overflows_is_not_finite(reference):
    """KM of 1e-300 mM are legal numbers whose rates are not."""
    models = reference.models[0]
    km = models.km_mM[:3].copy()
    km[1] = 1e-300
    result = models.with_km(km).spectrum()
    assert Status(int(result.status[1])) is Status.NOT_FINITE
    np.testing.assert_array_equal(
        result.eigenvalues_per_h[[0, 2]], models.spectrum().eigenvalues_per_h[[0, 2]]
    )


def test_one_matrix_at_which_lapack_fails_spoils_no_neighbour(monkeypatch):
    real = np.linalg.eigvals

    def failing(matrices):
        if (np.asarray(matrices)[..., 0, 0] == -77.0).any():
            raise np.linalg.LinAlgError("Eigenvalues did not converge")
        return real(matrices)

    matrices = np.array([np.diag([-3.0, -4.0]), np.diag([-77.0, -5.0]), np.diag([1.0, -6.0])])
    expected = spectrum(matrices)
    monkeypatch.setattr(np.linalg, "eigvals", failing)
    result = spectrum(matrices)
    assert [Status(int(s)) for s in result.status] == [
        Status.VALID, Status.NOT_CONVERGED, Status.UNSTABLE,
    ]  # fmt: skip
    assert np.isnan(result.eigenvalues_per_h[1]).all()
    assert np.isnan(result.dominant_time_constant_min[1])
    np.testing.assert_array_equal(
        result.eigenvalues_per_h[[0, 2]], expected.eigenvalues_per_h[[0, 2]]
    )


def test_time_constants_in_minutes():
    """−60/λmax: 2.5 1/h is 24 min; a model that does not settle takes for ever."""
    result = spectrum([np.diag([-2.5, -9]), np.diag([-60.0, -90]), np.diag([1.0, -9]),
                       np.diag([0.0, -1]), np.full((2, 2), np.nan)])  # fmt: skip
    np.testing.assert_array_equal(
        result.dominant_time_constant_min, [24, 1, np.inf, np.inf, np.nan]
    )


def test_threads_change_no_bit(reference):
    """Batches of several chunks, one of them not full."""
    rng = np.random.default_rng(3)
    models = reference.models[0]
    km = models.km_mM[[0]] * np.exp(rng.normal(0, 0.3, (2 * CHUNK + 7, models.km_mM.shape[1])))
    batch = models.with_km(km)
    one, two = batch.spectrum(workers=1), batch.spectrum(workers=3)
    np.testing.assert_array_equal(one.eigenvalues_per_h, two.eigenvalues_per_h)
    np.testing.assert_array_equal(one.status, two.status)


@pytest.mark.parametrize("n", [1, CHUNK - 1, CHUNK, CHUNK + 1])
def test_every_model_is_looked_at_once(n):
    asked = []

    def jacobians(start, stop):
        asked.extend(range(start, stop))
        return np.full((stop - start, 1, 1), -3.0)

    result = spectrum_of(n, jacobians, threshold_per_h=THRESHOLD, workers=1)
    assert asked == list(range(n))
    assert result.incidence == 1.0


def test_the_threshold_of_the_network_is_the_default(tiny, tiny_state):
    models = KineticModels(tiny, tiny_state, np.ones(10))
    assert models.spectrum().threshold_per_h == -2.5
    lambda_max = models.spectrum().lambda_max_per_h[0]
    assert models.spectrum(threshold_per_h=lambda_max).valid.all()
    assert not models.spectrum(threshold_per_h=np.nextafter(lambda_max, -np.inf)).valid.any()


def test_an_empty_batch_and_a_missing_threshold_are_errors():
    with pytest.raises(ParameterError, match="no models in the batch; give at least one"):
        spectrum(np.empty((0, 2, 2)))
    with pytest.raises(ParameterError, match="threshold_per_h is nan"):
        spectrum([np.eye(2)], threshold=np.nan)


def test_valid_is_at_or_below_the_threshold_and_never_nan():
    values = np.array([-2.5, np.nextafter(-2.5, 0), -np.inf, np.inf, np.nan])
    assert is_valid(values, -2.5).tolist() == [True, False, True, False, False]
    assert is_valid(-2.5, -2.5)
    assert not is_valid(np.nan, 0.0)
    assert incidence_of(values, -2.5) == 0.4
    assert incidence_of([np.nan], 0.0) == 0.0
    assert np.isnan(incidence_of([], 0.0))
