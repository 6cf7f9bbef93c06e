"""A conserved moiety in two volumes: a carrier that shuttles between cytosol and periplasm.

Amounts are conserved, not concentrations, so the ratio of the volume fractions stands in the link
matrix and in the totals. In both shipped networks every moiety keeps to one volume.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import minimize

from renaissance_kit import KineticModels, Network, SteadyState
from renaissance_kit.kinetics import eigenvalues
from renaissance_kit.simulation import Dynamics, integrate, keep_totals

PHI = {"p": 0.1, "c": 0.9}
CARRIER = {"car_p": "p", "cars_p": "p", "cars_c": "c", "car_c": "c"}


@pytest.fixture(scope="module")
def shuttle() -> Network:
    return Network.from_folder(Path(__file__).parent / "data" / "shuttle")


@pytest.fixture(scope="module")
def models(shuttle: Network) -> KineticModels:
    km = np.random.default_rng(3).uniform(0.05, 2.0, (4, len(shuttle.km_names)))
    return KineticModels(shuttle, SteadyState.from_folder(shuttle), km)


def amount(network: Network, concentrations: np.ndarray) -> float:
    """The carrier in all places, mmol per litre of cell."""
    return sum(PHI[CARRIER[m]] * c for m, c in zip(network.dynamic, concentrations, strict=True))


def test_the_dependent_member_makes_up_for_the_amounts_of_the_others(shuttle: Network) -> None:
    (moiety,) = shuttle.moieties
    assert set(moiety.coefficients) == set(CARRIER)
    own = PHI[CARRIER[moiety.dependent]]
    row = shuttle.link_matrix[shuttle.species_index[moiety.dependent]]
    for name, entry in zip(shuttle.independent, row, strict=True):
        assert entry == pytest.approx(-PHI[CARRIER[name]] / own)


def test_removing_the_moiety_removes_one_zero_and_nothing_else(models: KineticModels) -> None:
    whole = eigenvalues(models.jacobians_per_h(reduced=False))
    reduced = eigenvalues(models.jacobians_per_h())
    for all_of_them, rest in zip(whole, reduced, strict=True):
        order = np.argsort(np.abs(all_of_them))
        assert abs(all_of_them[order[0]]) < 1e-9 * abs(all_of_them[order[-1]])
        np.testing.assert_allclose(
            np.sort_complex(all_of_them[order[1:]]), np.sort_complex(rest), rtol=1e-9
        )


def test_totals_are_amounts(shuttle: Network, models: KineticModels) -> None:
    steady = models.state.concentrations_mM[: len(shuttle.dynamic)]
    rng = np.random.default_rng(1)
    for _ in range(20):
        start = keep_totals(shuttle, steady * rng.uniform(0.5, 1.5, len(steady)), steady, 0.5)
        assert amount(shuttle, start) == pytest.approx(amount(shuttle, steady), rel=1e-12)
        assert (np.abs(start / steady - 1) <= 0.5 + 1e-9).all()
        assert np.abs(start / steady - 1).max() > 0.01  # it did change


def test_the_amount_stays_along_a_time_course(shuttle: Network, models: KineticModels) -> None:
    cell = Dynamics(models)
    steady = cell.steady_state
    start = keep_totals(shuttle, steady * np.array([1.4, 0.7, 1.2, 0.9]), steady, 0.5)
    for model in range(len(models)):

        def derivative(_: float, y: np.ndarray, out: np.ndarray, model: int = model) -> None:
            out[:] = cell.derivative(model, y)

        def jacobian(_: float, y: np.ndarray, out: np.ndarray, model: int = model) -> None:
            out[:] = cell.jacobian(model, y)

        course = integrate(derivative, jacobian, start, np.linspace(0, 1, 11), scale=steady)
        for state in course.states:
            assert amount(shuttle, state) == pytest.approx(amount(shuttle, start), rel=1e-7)
        np.testing.assert_allclose(course.states[-1], steady, rtol=1e-4)


def test_what_keeps_the_totals_is_the_nearest_within_the_bounds(shuttle: Network) -> None:
    """Against a quadratic program: least change of c/c*, amounts kept, at most ±δ."""
    reference, size = np.array([0.5, 0.4, 0.2, 0.3]), 0.5
    weights = np.array([PHI[CARRIER[m]] for m in shuttle.dynamic]) * reference
    rng = np.random.default_rng(11)
    at_a_bound = 0
    for _ in range(10):
        given = reference * (1 + rng.choice([-size, size], 4) * rng.uniform(0.8, 1.0, 4))
        found = keep_totals(shuttle, given, reference, size) / reference - 1
        wanted = given / reference - 1
        exact = minimize(
            lambda x, wanted=wanted: ((x - wanted) ** 2).sum(), np.zeros(4),
            jac=lambda x, wanted=wanted: 2 * (x - wanted), method="SLSQP",
            bounds=[(-size, size)] * 4, options={"ftol": 1e-14},
            constraints={"type": "eq", "fun": lambda x: weights @ x, "jac": lambda x: weights},
        )  # fmt: skip
        at_a_bound += int((np.abs(exact.x) > size - 1e-6).any())
        np.testing.assert_allclose(found, exact.x, atol=2e-3)
    assert at_a_bound >= 3
