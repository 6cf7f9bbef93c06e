"""CVODE with compiled equations: the same numbers as with Python at every step."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from renaissance_kit import KineticEnsemble, KineticModels, Network, Perturbation, SteadyState
from renaissance_kit.core import ParameterError
from renaissance_kit.simulation import (
    Dynamics,
    Feed,
    Outcome,
    TimeCourse,
    Tolerances,
    course_of,
    integrate,
    sundials,
)

TIMES = np.linspace(0.0, 10.0, 6)


@pytest.fixture(scope="module")
def models(tiny: Network, tiny_state) -> KineticModels:
    return KineticModels(tiny, tiny_state, np.ones((1, 10)))


@pytest.mark.usefixtures("defaults_of_cvode")
def test_steps_are_the_same_to_the_last_digit(models: KineticModels) -> None:
    cell = Dynamics(models)
    system, start = cell.system(0), Perturbation(size=0.3).starts(models, 0)[0]
    feed = Feed(0.01, 1.0, 0.005, 0.0, np.zeros(len(start)))
    ours = course_of(system, start, TIMES, scale=cell.steady_state, feed=feed)
    other = integrate(
        lambda t, y, out: system.derivative(y, out, feed.dilution_per_h(t), feed.mM),
        lambda t, y, out: system.jacobian(y, out, feed.dilution_per_h(t)),
        start, TIMES, scale=cell.steady_state,
    )  # fmt: skip
    assert ours.outcome == Outcome.FINISHED
    np.testing.assert_array_equal(ours.states, other.states)
    assert ours.evaluations == other.evaluations


def test_equations_of_steps_are_solved_closely_enough(
    ecoli: Network, request: pytest.FixtureRequest
) -> None:
    """Against the defaults: nearer to a much closer solution, and cheaper."""
    models = KineticEnsemble.example(ecoli).models(ecoli)
    cell, times = Dynamics(models), np.array([0.0, 0.01, 0.1, 1.0])

    def courses(tolerance: float = 1e-7) -> list[TimeCourse]:
        limits = Tolerances(tolerance, tolerance)
        found = [
            course_of(
                cell.system(i), Perturbation().starts(models, i)[0], times,
                scale=cell.steady_state, tolerances=limits,
            )
            for i in range(4)
        ]  # fmt: skip
        assert all(course.outcome == Outcome.FINISHED for course in found)
        return found

    def errors(found: list[TimeCourse]) -> np.ndarray:
        apart = np.array([a.states - b.states for a, b in zip(found, exact, strict=True)])
        return np.abs(apart / cell.steady_state).max(axis=(1, 2))

    ours = courses()
    request.getfixturevalue("defaults_of_cvode")
    other, exact = courses(), courses(1e-10)
    assert sum(c.evaluations for c in ours) < sum(c.evaluations for c in other)
    assert errors(ours).mean() < errors(other).mean()


@pytest.mark.parametrize("kind", [np.int64, np.float32])
def test_states_of_other_kinds_of_numbers_are_taken_for_what_they_are(
    tiny: Network, tiny_state: SteadyState, kind: type
) -> None:
    """Compiled code would read their memory as doubles."""
    ones = np.ones(len(tiny_state.concentrations_mM))
    courses = []
    for values in (ones, ones.astype(kind)):
        state = replace(tiny_state, concentrations_mM=values)
        models = KineticModels(tiny, state, np.ones((1, 10)))
        cell = Dynamics(models)
        courses.append(
            course_of(cell.system(0), 1.3 * cell.steady_state, TIMES, scale=cell.steady_state)
        )
    np.testing.assert_array_equal(courses[1].states, courses[0].states)


def test_what_compiled_code_would_misread_is_refused(models: KineticModels) -> None:
    cell = Dynamics(models)
    system = cell.system(0)
    system.vmax = system.vmax.astype(np.float32)
    with pytest.raises(TypeError, match=r"float32, \(5,\), cannot be handed to C"):
        course_of(system, cell.steady_state, TIMES, scale=cell.steady_state)


def test_limits_are_outcomes(models: KineticModels) -> None:
    cell = Dynamics(models)
    start = 1.3 * cell.steady_state
    for limits, text in (
        (Tolerances(evaluations=50), "50 evaluations"), (Tolerances(seconds=1e-9), "1e-09 s"),
    ):  # fmt: skip
        course = course_of(cell.system(0), start, TIMES, scale=cell.steady_state, tolerances=limits)
        assert course.outcome == Outcome.OUT_OF_TIME
        assert text in course.reason
        assert np.isnan(course.states[-1]).all()


@pytest.mark.usefixtures("defaults_of_cvode")
def test_without_its_functions_the_python_interface_is_taken(
    models: KineticModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    cell = Dynamics(models)
    start = 1.3 * cell.steady_state
    compiled = course_of(cell.system(0), start, TIMES, scale=cell.steady_state)
    monkeypatch.setattr(sundials, "available", lambda: False)
    python = course_of(cell.system(0), start, TIMES, scale=cell.steady_state)
    np.testing.assert_array_equal(compiled.states, python.states)


def test_whole_numbers_are_numbers(ecoli: Network) -> None:
    """Compiled code reads memory by kinds: 2 in the place of 2.0 must not be read as nothing."""
    ensemble = KineticEnsemble.example(ecoli)
    few = ensemble.select(np.flatnonzero(ensemble.valid)[:1]).models(ecoli)
    written = {}
    for kind in (float, int):
        culture = Dynamics(
            few, reactor=True, growth_density_gDW_L=kind(300), exchange_density_gDW_L=kind(300),
        )  # fmt: skip
        start = culture.steady_state.copy()
        fed = np.zeros(len(start), dtype=kind)
        feed = Feed(kind(1), kind(2), kind(1), kind(0), fed)
        course = course_of(
            culture.system(0), start, [0.0, 0.1], scale=culture.steady_state, feed=feed,
            tolerances=Tolerances(1e-6, 1e-6),
        )  # fmt: skip
        assert course.outcome == Outcome.FINISHED, course.reason
        written[kind] = course.states
    np.testing.assert_array_equal(written[int], written[float])
    assert written[int][-1, -1] < start[-1]  # the feed dilutes


@pytest.mark.parametrize("what", ["start", "scale", "feed"])
def test_arrays_of_another_length_are_refused(models: KineticModels, what: str) -> None:
    cell = Dynamics(models)
    given = {"start": cell.steady_state, "scale": cell.steady_state, "feed": cell.steady_state}
    given[what] = given[what][:-1]
    feed = Feed(0.0, 1.0, 0.0, 0.0, given["feed"])
    with pytest.raises(ParameterError, match=rf"{what}.*shape"):
        course_of(cell.system(0), given["start"], TIMES, scale=given["scale"], feed=feed)
