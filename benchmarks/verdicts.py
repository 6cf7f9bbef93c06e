"""Whether verdicts are right: 20,000 models at ten states, by another way and at 160 bits."""

from __future__ import annotations

import sys
from pathlib import Path

import mpmath
import numpy as np

from benchmarks.rows import Row, alone, at_most
from renaissance_kit import KineticModels, KMRanges, Network, SteadyStates
from renaissance_kit.analysis import unsaturated_ranges
from renaissance_kit.core import single_threaded

TESTS = Path(__file__).parents[1] / "tests"
BITS, DIGITS = 160, 36
NEAR_PER_H = 2e-3  # of the threshold; models that are as near are asked at 160 bits


def verdicts(tiny: bool) -> list[Row]:
    """Unbiased models at ten shipped states, half of them with the constants of substrates above
    their concentrations, so that about a third is valid. The verdict of each against LAPACK's
    eigenvalues of the same Jacobian in logarithms of the concentrations (other rounding, no second
    look), and of those within 0.002 1/h of the threshold against all eigenvalues at 160 bits, from
    the constants on."""
    network = Network.example()
    shipped, rng = SteadyStates.example(network), np.random.default_rng(1)
    places = np.linspace(0, len(shipped) - 1, 2 if tiny else 10).round().astype(int)
    each = 10 if tiny else 1000
    differing, near, gaps, valid = 0, [], [], []
    for place in places:
        state = shipped[int(place)]
        for ranges in (KMRanges.of(network), unsaturated_ranges(network, state)):
            models = KineticModels(network, state, ranges.uniform(each, rng))
            found = models.spectrum()
            other = _in_logarithms(models)
            gap = found.lambda_max_per_h - found.threshold_per_h
            differing += int((found.valid != (other <= found.threshold_per_h)).sum())
            gaps.append(np.abs(gap))
            valid.append(found.valid)
            near += [
                (models.with_km(models.km_mM[[i]]), bool(found.valid[i]))
                for i in np.flatnonzero(np.abs(gap) < NEAR_PER_H)
            ]
    near = near[:1] if tiny else near
    wrong = sum(_exactly(model) != verdict for model, verdict in near)
    distance = np.concatenate(gaps)
    n = len(distance)
    return [
        alone("models", n, ""),
        alone("valid", np.concatenate(valid).mean(), "of the models"),
        alone("within 0.1 1/h of the threshold", int((distance < 0.1).sum()), "models"),
        alone("verdicts that differ from those in logarithms", differing, "models", at_most(0)),
        alone("asked at 160 bits", len(near), "models", note=f"nearest {distance.min():.1e} 1/h"),
        alone("of these wrong", wrong, "models", at_most(0)),
    ]


def _in_logarithms(models: KineticModels) -> np.ndarray:
    """λmax in 1/h from the Jacobian of ln x."""
    network = models.network
    rows = [network.species_index[m] for m in network.independent]
    c = models.state.concentrations_mM[rows]
    with single_threaded():
        return np.array(
            [np.linalg.eigvals(j * c / c[:, None]).real.max() for j in models.jacobians_per_h()]
        )


def _exactly(model: KineticModels) -> bool:
    """The verdict with all eigenvalues at 160 bits."""
    if str(TESTS) not in sys.path:
        sys.path.append(str(TESTS))
    from extended import ExtendedPrecision, spectrum_in_extended_precision

    threshold = model.network.conditions["eigenvalue_threshold"].value
    with mpmath.workprec(BITS):
        jacobian = ExtendedPrecision(model, 0).jacobian()
        return bool(spectrum_in_extended_precision(jacobian, DIGITS)[0].real <= threshold)
