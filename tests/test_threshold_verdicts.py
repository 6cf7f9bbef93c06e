"""Models of E. coli at the threshold: the verdict in double precision is that of 160 bits."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from extended import ExtendedPrecision, spectrum_in_extended_precision

from renaissance_kit import KineticEnsemble, KineticModels, KMRanges, Network, SteadyStates
from renaissance_kit.search import SearchSettings, fastest_dynamics

BITS, DIGITS = 160, 36
THRESHOLD = -2.5
BAND_PER_H = 1e-7  # of λmax around the threshold; where λmax lies farther, the verdict is right
CLUSTERED = 1e-6  # relative error of λmax where descent has brought many eigenvalues together


def spectrum_exactly(model: KineticModels) -> list[mpmath.mpc]:
    """All eigenvalues of a model, by falling real part, from its constants on at 160 bits."""
    with mpmath.workprec(BITS):
        return spectrum_in_extended_precision(ExtendedPrecision(model, 0).jacobian(), DIGITS)


def at_the_threshold(models: KineticModels, bad: np.ndarray, within: float) -> KineticModels:
    """A model between a valid and an unstable one, with λmax nearly at the threshold."""
    good, bad = np.log(models.km_mM[0]), np.log(bad)
    for _ in range(200):
        middle = models.with_km(np.exp((good + bad) / 2))
        distance = middle.spectrum(threshold_per_h=THRESHOLD).lambda_max_per_h[0] - THRESHOLD
        if abs(distance) < within:
            return middle
        if distance <= 0:
            good = (good + bad) / 2
        else:
            bad = (good + bad) / 2
    raise AssertionError(f"bisection ended {distance} from the threshold")


def unstable(models: KineticModels, seed: int) -> np.ndarray:
    """Random constants with a positive eigenvalue."""
    km = KMRanges.of(models.network).uniform(60, np.random.default_rng(seed))
    return km[np.argmax(models.with_km(km).spectrum().lambda_max_per_h)]


def require_right(model: KineticModels) -> complex:
    """λmax at 160 bits, with which the verdict in double precision agrees."""
    exact = spectrum_exactly(model)[0]
    found = model.spectrum(threshold_per_h=THRESHOLD)
    assert abs(float(exact.real - found.lambda_max_per_h[0])) < BAND_PER_H
    if abs(exact.real - THRESHOLD) > BAND_PER_H:
        assert found.valid[0] == (exact.real <= THRESHOLD)
    return complex(exact)


@pytest.mark.slow
@pytest.mark.parametrize("number", range(3))
def test_verdicts_of_generated_models_at_the_threshold(ecoli: Network, number: int) -> None:
    """Between models of the shipped ensemble and unstable ones, nearer and nearer."""
    ensemble = KineticEnsemble.example(ecoli).models(ecoli)
    models = ensemble.with_km(ensemble.km_mM[[number]])
    bad = unstable(models, number)
    for within in (1e-4, 1e-6, 1e-8):
        require_right(at_the_threshold(models, bad, within))


@pytest.mark.slow
@pytest.mark.parametrize("state", [0, 833, 2499])
def test_verdicts_at_the_end_of_a_descent(ecoli: Network, state: int) -> None:
    """At other steady states; a pair of complex eigenvalues is the slowest at some."""
    models, rng = one_at(ecoli, state), np.random.default_rng(1)
    found = fastest_dynamics(models, rng, settings=SearchSettings(restarts=0, margin=0.0))
    models = models.with_km(found.km_mM)
    for within in (1e-4, 1e-6):
        require_right(at_the_threshold(models, unstable(models, state), within))
    assert state == 833 or spectrum_exactly(models)[0].imag != 0


@pytest.mark.slow
@pytest.mark.parametrize("state", [0, 833])
def test_eigenvalues_that_descent_has_brought_together(ecoli: Network, state: int) -> None:
    models, rng = one_at(ecoli, state), np.random.default_rng(1)
    settings = SearchSettings(steps=300, restarts=0, margin=np.inf)
    fast = models.with_km(fastest_dynamics(models, rng, settings=settings).km_mM)
    exact, found = spectrum_exactly(fast), fast.spectrum()
    together = [z for z in exact if z.real > 1.1 * exact[0].real]
    assert len(together) >= 8
    error = float(abs(exact[0].real - found.lambda_max_per_h[0]) / abs(exact[0]))
    assert error < CLUSTERED


def one_at(network: Network, state: int) -> KineticModels:
    """A model with random constants at one of the shipped steady states."""
    km = KMRanges.of(network).uniform(1, np.random.default_rng(2))
    return KineticModels(network, SteadyStates.example(network)[state], km)


def test_the_reference_knows_a_spectrum() -> None:
    """Roots of (x + 2.5)(x + 2.501)(x² + 6x + 10), of the companion matrix."""
    with mpmath.workprec(BITS):
        roots = [mpmath.mpf("-2.5"), mpmath.mpf("-2.501")]
        roots += [mpmath.mpc(-3, 1), mpmath.mpc(-3, -1)]
        coefficients = [mpmath.mpc(1)]
        for root in roots:
            shifted = [*coefficients, mpmath.mpc(0)]
            coefficients = [a - root * b for a, b in zip(shifted, [0, *coefficients], strict=True)]
        last = [-c.real for c in reversed(coefficients[1:])]
        matrix = [[mpmath.mpf(i + 1 == j) for j in range(4)] for i in range(3)] + [last]
        found = spectrum_in_extended_precision(matrix, DIGITS)
        for one, root in zip(found[:2], roots[:2], strict=True):
            assert abs(one - root) < mpmath.mpf(10) ** -30
        assert {complex(z) for z in found[2:]} == {-3 + 1j, -3 - 1j}
