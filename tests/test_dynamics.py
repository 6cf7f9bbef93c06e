"""Right-hand side and Jacobian of the nonlinear model, in a cell and in a reactor."""

from __future__ import annotations

import numpy as np
import pytest

from renaissance_kit import KineticModels, KMRanges, Network, SteadyState, SteadyStates
from renaissance_kit.core import DataError, ParameterError
from renaissance_kit.kinetics import RateLaws
from renaissance_kit.simulation import Dilution, Dynamics, Transfer

MODEL = 1
FEED = 0.2
GROWTH, EXCHANGE = 331.5, 280.0
GAS = {"o2_e": Transfer(90.0, 0.21), "co2_e": Transfer(30.0, 0.0)}


@pytest.fixture(scope="module")
def models(ecoli: Network) -> KineticModels:
    km = KMRanges.of(ecoli).uniform(2, np.random.default_rng(5))
    return KineticModels(ecoli, SteadyStates.example(ecoli).default, km)


@pytest.fixture(scope="module")
def reactor(models: KineticModels) -> Dynamics:
    """With everything at once: two densities, a gas that brings oxygen and one that takes CO2."""
    return Dynamics(
        models, reactor=True, dilution=Dilution.ALL, held=("h_e",),
        growth_density_gDW_L=GROWTH, exchange_density_gDW_L=EXCHANGE, transfer=GAS,
    )  # fmt: skip


def displaced(dynamics: Dynamics) -> np.ndarray:
    factor = np.random.default_rng(2).uniform(0.5, 1.5, len(dynamics.names))
    return dynamics.steady_state * factor


def test_nothing_changes_at_the_steady_state(models: KineticModels) -> None:
    cell = Dynamics(models)
    flow = np.abs(models.network.stoichiometry) @ np.abs(models.state.fluxes_mM_h)
    residual = cell.derivative(MODEL, cell.steady_state) * models.network.volume_fractions
    assert (np.abs(residual) < 1e-9 * flow).all()


def test_jacobian_is_that_of_the_linear_model(models: KineticModels) -> None:
    cell = Dynamics(models)
    linear = models.jacobians_per_h(reduced=False)[MODEL]
    np.testing.assert_allclose(
        cell.jacobian(MODEL, cell.steady_state), linear, atol=1e-13 * np.abs(linear).max()
    )


@pytest.mark.parametrize("inside", [True, False])
def test_jacobian_against_differences(
    models: KineticModels, reactor: Dynamics, inside: bool
) -> None:
    dynamics = Dynamics(models) if inside else reactor
    feed = {} if inside else {"feed_per_h": FEED}
    y = displaced(dynamics)
    jacobian = dynamics.jacobian(MODEL, y, **feed)
    for j in range(len(y)):
        h = 1e-5 * y[j]
        step = np.eye(len(y))[j] * h

        def at(k: int, step: np.ndarray = step) -> np.ndarray:
            return dynamics.derivative(MODEL, y + k * step, **feed)

        slope = (8 * (at(1) - at(-1)) - (at(2) - at(-2))) / (12 * h)
        size = np.abs(jacobian[:, j]).max() + 1e-9 * np.abs(at(0)).max() / h
        assert np.abs(slope - jacobian[:, j]).max() < 1e-6 * size, dynamics.names[j]


def test_reactor_against_the_equations_written_out(
    ecoli: Network, models: KineticModels, reactor: Dynamics
) -> None:
    y = displaced(reactor)
    state = dict(zip(reactor.names, y, strict=True))
    c = np.array([state[name] for name in ecoli.species])
    laws = RateLaws.of(ecoli)
    v = models.vmax_mM_h[MODEL] * laws.rates(c, models.km_mM[MODEL], models.log_keq)
    x = state["biomass"]
    mu = v[ecoli.reaction_index["GROWTH"]] / GROWTH
    rows = ecoli.stoichiometric_matrix(ecoli.species, ecoli.kinetic_reactions) @ v
    feed = np.full(len(y), 0.3)
    found = reactor.derivative(MODEL, y, feed_per_h=FEED, feed=feed)
    for name, value in zip(reactor.names, found, strict=True):
        if name == "biomass":
            expected = (mu - FEED) * x + FEED * 0.3
        elif name == "h_e":
            expected = 0.0
        else:
            row = rows[ecoli.species_index[name]]
            phi = ecoli.compartments[ecoli.metabolites[name].compartment].volume_fraction
            if phi is None:
                expected = x / EXCHANGE * row + FEED * (0.3 - state[name])
                if name in GAS:
                    expected += GAS[name].kla_per_h * (GAS[name].saturation_mM - state[name])
            else:
                expected = row / phi - mu * state[name]
        assert value == pytest.approx(expected, rel=1e-9, abs=1e-9 * max(1.0, np.abs(v).max()))


def test_growth_spares_the_members_of_moieties(ecoli: Network, models: KineticModels) -> None:
    y = displaced(Dynamics(models, reactor=True))
    change = {
        kind: Dynamics(models, reactor=True, dilution=kind).derivative(MODEL, y)
        for kind in Dilution
    }
    members = {name for moiety in ecoli.moieties for name in moiety.coefficients}
    replaced = Dynamics(models, reactor=True)
    mu = replaced.growth_rate_per_h(MODEL, y)
    for i, name in enumerate(replaced.inside):
        lost = change[Dilution.NONE][i] - change[Dilution.REPLACED][i]
        assert lost == pytest.approx(0.0 if name in members else mu * y[i], rel=1e-4, abs=1e-6)
        lost = change[Dilution.NONE][i] - change[Dilution.ALL][i]
        assert lost == pytest.approx(mu * y[i], rel=1e-4, abs=1e-6)


def test_without_densities_those_of_the_steady_state(models: KineticModels) -> None:
    y = displaced(Dynamics(models, reactor=True))
    rho = models.state.density_gDW_L
    given = Dynamics(models, True, growth_density_gDW_L=rho, exchange_density_gDW_L=rho)
    plain = Dynamics(models, True)
    np.testing.assert_array_equal(given.derivative(MODEL, y), plain.derivative(MODEL, y))
    assert (plain.growth_density, plain.exchange_density) == (rho, rho)
    doubled = Dynamics(models, True, growth_density_gDW_L=2 * rho)
    assert doubled.growth_rate_per_h(MODEL, y) == pytest.approx(
        plain.growth_rate_per_h(MODEL, y) / 2
    )


def test_there_are_113_equations(reactor: Dynamics) -> None:
    assert len(reactor.names) == 113
    assert reactor.names[-1] == "biomass"
    assert len(reactor.medium) == 21


def test_engineered_maximal_velocities(ecoli: Network, models: KineticModels) -> None:
    cell = Dynamics(models)
    strain = cell.with_vmax_factors({"DDPA": 3.0})
    y = cell.steady_state
    before, after = cell.rates_mM_h(MODEL, y), strain.rates_mM_h(MODEL, y)
    i = ecoli.reaction_index["DDPA"]
    assert after[i] == pytest.approx(3 * before[i])
    np.testing.assert_array_equal(np.delete(after, i), np.delete(before, i))
    with pytest.raises(ParameterError, match="did you mean 'DDPA'"):
        cell.with_vmax_factors({"DPPA": 2.0})
    with pytest.raises(ParameterError, match="positive"):
        cell.with_vmax_factors({"DDPA": 0.0})


def test_what_a_reactor_needs() -> None:
    tiny = Network.example("tiny")
    models = KineticModels(tiny, SteadyState.from_folder(tiny), np.ones((1, 10)))
    with pytest.raises(DataError, match=r"write 'growth' in the column role of reactions\.csv"):
        Dynamics(models, reactor=True)
    with pytest.raises(ParameterError, match="did you mean 'glc__D_c'"):
        Dynamics(models, held=("glc_D_c",))


def test_gas_is_exchanged_with_the_medium(models: KineticModels) -> None:
    with pytest.raises(ParameterError, match="transfer: 'o2_c' is not in the medium"):
        Dynamics(models, reactor=True, transfer={"o2_c": Transfer(90.0, 0.21)})
