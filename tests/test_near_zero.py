"""Pools that run empty: rates continue smoothly below zero, and the solver gets past."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from renaissance_kit import KineticModels, KMRanges, Network, SteadyStates
from renaissance_kit.simulation import (
    Bioreactor,
    Dynamics,
    Outcome,
    Tolerances,
    batch_of,
    integrate,
)


@pytest.fixture(scope="module")
def models(ecoli: Network) -> KineticModels:
    """The six fastest of 400 unbiased models: far from valid, their pools run empty in a batch."""
    state = SteadyStates.example(ecoli).default
    km = KMRanges.of(ecoli).uniform(400, np.random.default_rng(0))
    models = KineticModels(ecoli, state, km)
    fastest = np.argsort(models.spectrum().lambda_max_per_h)[:6]
    return models.with_km(km[fastest])


@pytest.fixture(scope="module")
def reactor(ecoli: Network) -> Bioreactor:
    return replace(batch_of(ecoli), tolerances=Tolerances(1e-6, 1e-6, seconds=300.0))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["q8h2_c", "nadh_c", "g6p_c", "glc__D_p", "o2_c", "coa_c"])
def test_below_zero_the_equations_follow_their_tangent(models: KineticModels, name: str) -> None:
    cell = Dynamics(models)
    at_zero = cell.steady_state.copy()
    at_zero[cell.index[name]] = 0.0
    slope = cell.jacobian(0, at_zero)[:, cell.index[name]]
    value = cell.derivative(0, at_zero)
    size = np.abs(value) + np.abs(slope)
    for step in (1e-9, 1e-6, 1e-3):
        below = at_zero.copy()
        below[cell.index[name]] = -step
        got = cell.derivative(0, below)
        np.testing.assert_allclose(got, value - step * slope, atol=1e-12 * size.max(), rtol=1e-9)
    above = at_zero.copy()
    above[cell.index[name]] = 1e-9
    gain = (cell.derivative(0, above) - value) / 1e-9
    np.testing.assert_allclose(gain, slope, rtol=1e-3, atol=1e-6 * np.abs(slope).max())


def test_below_their_least_protons_follow_their_tangent(models: KineticModels) -> None:
    """Where a proton's concentration has a negative power, the tangent begins above zero."""
    cell = Dynamics(models)
    proton = cell.index["h_c"]
    least = 1e-6 * cell.steady_state[proton]
    at_least, below = cell.steady_state.copy(), cell.steady_state.copy()
    at_least[proton] = least
    slope = cell.jacobian(0, at_least)[:, proton]
    for step in (0.1 * least, least, 3 * least):
        below[proton] = least - step
        expected = cell.derivative(0, at_least) - step * slope
        np.testing.assert_allclose(
            cell.derivative(0, below), expected, rtol=1e-9, atol=1e-9 * np.abs(expected).max()
        )


def test_two_empty_substrates_do_not_react(models: KineticModels) -> None:
    cell = Dynamics(models)
    oxidase = models.network.reaction_index["CYTBO3_4pp"]
    state = cell.steady_state.copy()
    state[[cell.index["q8h2_c"], cell.index["o2_c"]]] = -1e-6
    assert cell.rates_mM_h(0, state)[oxidase] == 0.0
    state[cell.index["o2_c"]] = 1e-3
    assert cell.rates_mM_h(0, state)[oxidase] < 0.0  # brings the quinol back


def test_protons_have_no_pole(models: KineticModels) -> None:
    cell = Dynamics(models)
    for value in (0.0, -1e-9, -1.0):
        state = cell.steady_state.copy()
        state[cell.index["h_p"]] = value
        assert np.isfinite(cell.derivative(0, state)).all()
        assert np.isfinite(cell.jacobian(0, state)).all()


@pytest.mark.slow
def test_cultivations_get_past_empty_pools(models: KineticModels, reactor: Bioreactor) -> None:
    dynamics = reactor.dynamics(models)
    courses = [reactor.run(dynamics, i)[0] for i in (0, 1, 5)]
    assert [c.outcome for c in courses] == [Outcome.FINISHED] * len(courses)
    least = np.min([c.states / dynamics.steady_state for c in courses])
    assert least < 1e-3, "the test is about pools that run empty"
    assert sum(c.evaluations for c in courses) < 300_000


@pytest.mark.slow
@pytest.mark.usefixtures("defaults_of_cvode")
def test_a_solver_that_gives_up_at_a_turn_starts_anew(
    models: KineticModels, reactor: Bioreactor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With CVODE's own settings, with which it gives up at one of these turns."""
    monkeypatch.setattr("renaissance_kit.simulation.integrators.ATTEMPTS", (1.0,))
    dynamics = reactor.dynamics(models)

    def outcomes() -> set[Outcome]:
        return {reactor.run(dynamics, i)[0].outcome for i in (0, 1, 5)}

    assert Outcome.FAILED not in outcomes()
    for module in ("integrators", "courses"):
        monkeypatch.setattr(f"renaissance_kit.simulation.{module}.RESTARTS", 0)
    assert Outcome.FAILED in outcomes()


def test_a_step_too_far_below_zero_is_done_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Uptake −c/(c + K): beyond −K, well within the tolerance, it drives the pool further down."""
    constant = 1e-6

    def uptake(t: float, y: np.ndarray, out: np.ndarray) -> None:
        out[:] = -y / (y + constant)

    def slope(t: float, y: np.ndarray, out: np.ndarray) -> None:
        out[:] = -constant / (y + constant) ** 2

    times = np.linspace(0, 3, 13)
    chosen = Tolerances(1e-6, 1e-4)
    course = integrate(uptake, slope, [1.0], times, scale=[1.0], tolerances=chosen)
    assert course.outcome == Outcome.FINISHED
    before = times < 1  # c + K ln c = 1 − t
    np.testing.assert_allclose(course.states[before, 0], 1 - times[before], atol=1e-4)
    assert np.abs(course.states[times > 1.1]).max() < 1e-6
    monkeypatch.setattr("renaissance_kit.simulation.integrators.ATTEMPTS", (1.0,))
    course = integrate(uptake, slope, [1.0], times, scale=[1.0], tolerances=chosen)
    assert course.outcome != Outcome.FINISHED
    assert "below zero" in course.reason


@pytest.mark.slow
def test_solvers_agree_through_empty_pools(models: KineticModels, reactor: Bioreactor) -> None:
    dynamics = reactor.dynamics(models)
    chosen = [dynamics.index[name] for name in ("biomass", "glc__D_e", "anth_e")]
    for model in (1, 5):
        ours = reactor.run(dynamics, model)[0].states[:, chosen]
        other = replace(reactor, solver="Radau").run(dynamics, model)[0].states[:, chosen]
        largest = np.abs(other).max(axis=0)
        np.testing.assert_allclose(ours / largest, other / largest, atol=1e-3)


def test_nothing_is_printed(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def sliding(t: float, y: np.ndarray, out: np.ndarray) -> None:
        out[:] = -1e6 * np.sign(y - 0.5)

    def flat(t: float, y: np.ndarray, out: np.ndarray) -> None:
        out[:] = 0.0

    for module in ("integrators", "courses"):
        monkeypatch.setattr(f"renaissance_kit.simulation.{module}.RESTARTS", 0)
    monkeypatch.setattr("renaissance_kit.simulation.integrators.MAX_STEPS", 2000)
    course = integrate(sliding, flat, [1.0], [0.0, 0.5, 1.0], scale=[1e-9])
    assert course.outcome == Outcome.FAILED
    assert course.reason
    assert capfd.readouterr() == ("", "")


@pytest.mark.slow
def test_states_before_a_failure_are_kept() -> None:
    def poisoned(t: float, y: np.ndarray, out: np.ndarray) -> None:
        out[:] = -y if t < 1 else np.nan

    def slope(t: float, y: np.ndarray, out: np.ndarray) -> None:
        out[:] = -1.0

    course = integrate(
        poisoned, slope, [1.0], [0.0, 0.5, 0.9, 2.0], scale=[1.0],
        tolerances=Tolerances(evaluations=2_000_000),
    )  # fmt: skip
    assert course.outcome == Outcome.FAILED
    np.testing.assert_allclose(course.states[:3, 0], np.exp([0.0, -0.5, -0.9]), rtol=1e-6)
    assert np.isnan(course.states[3, 0])


def test_two_times_are_enough() -> None:
    def decay(t: float, y: np.ndarray, out: np.ndarray) -> None:
        out[:] = -y

    def slope(t: float, y: np.ndarray, out: np.ndarray) -> None:
        out[:] = -1.0

    course = integrate(decay, slope, [1.0], [0.0, 3.0], scale=[1.0])
    np.testing.assert_allclose(course.states[:, 0], [1.0, np.exp(-3)], rtol=1e-7)
