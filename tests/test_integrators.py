"""Time courses against closed forms and against each other."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from scipy.linalg import expm

from renaissance_kit import (
    KineticEnsemble,
    KineticModels,
    Network,
    Perturbation,
    SteadyState,
)
from renaissance_kit.core import ParameterError
from renaissance_kit.simulation import (
    SOLVERS,
    Dynamics,
    Outcome,
    TimeCourse,
    Tolerances,
    integrate,
    integrators,
    linear_response,
)

MATRIX = np.array([[-1.0, 0.5, 0.0], [1.0, -200.0, 3.0], [0.0, 2.0, -30.0]])
START = np.array([1.0, 2.0, 3.0])


def linear(out: np.ndarray, y: np.ndarray) -> None:
    out[:] = MATRIX @ y


def run(**changes: Any) -> TimeCourse:
    arguments: dict[str, Any] = {
        "derivative": lambda t, y, out: linear(out, y),
        "jacobian": lambda t, y, out: out.__setitem__(slice(None), MATRIX),
        "start": START, "times_h": np.linspace(0, 2, 9), "scale": np.ones(3), **changes,
    }  # fmt: skip
    return integrate(**arguments)


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("times", [np.linspace(0, 2, 9), np.array([0.0, 2.0])])
def test_linear_system(solver: str, times: np.ndarray) -> None:
    course = run(solver=solver, times_h=times)
    assert course.outcome == Outcome.FINISHED
    exact = np.array([expm(MATRIX * t) @ START for t in times])
    np.testing.assert_allclose(course.states, exact, rtol=1e-6, atol=1e-8)


@pytest.mark.slow
@pytest.mark.parametrize("solver", SOLVERS)
def test_a_solution_that_blows_up_fails_with_a_reason(solver: str) -> None:
    course = integrate(
        lambda t, y, out: out.__setitem__(slice(None), y**2),
        lambda t, y, out: out.__setitem__(slice(None), np.diag(2 * y)),
        [1.0], [0.0, 0.5, 2.0], scale=[1.0], solver=solver, tolerances=Tolerances(seconds=20),
    )  # fmt: skip
    assert course.outcome in (Outcome.FAILED, Outcome.OUT_OF_TIME)
    assert course.reason
    assert course.states[1, 0] == pytest.approx(2.0, rel=1e-6)  # 1/(1 − t); blows up at t = 1
    assert np.isnan(course.states[2]).all()


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("solver", SOLVERS)
def test_a_failure_puts_nothing_on_the_screen(
    solver: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(integrators, "MAX_STEPS", 1000)
    course = integrate(
        lambda t, y, out: out.__setitem__(slice(None), y**2),
        lambda t, y, out: out.__setitem__(slice(None), np.diag(2 * y)),
        [1.0], [0.0, 2.0], scale=[1.0], solver=solver, tolerances=Tolerances(1e-5, 1e-5),
    )  # fmt: skip
    assert course.outcome == Outcome.FAILED
    assert capfd.readouterr() == ("", "")


def test_out_of_time() -> None:
    course = run(tolerances=Tolerances(seconds=1e-9), times_h=np.linspace(0, 2, 500))
    assert course.outcome == Outcome.OUT_OF_TIME
    assert "1e-09 s" in course.reason


def test_a_concentration_below_zero_is_an_outcome() -> None:
    course = integrate(
        lambda t, y, out: out.__setitem__(slice(None), -1.0),
        lambda t, y, out: out.__setitem__(slice(None), 0.0),
        [1.0], [0.0, 0.5, 2.0], scale=[1.0],
    )  # fmt: skip
    assert course.outcome == Outcome.NEGATIVE


def test_errors_in_the_equations_are_a_reason() -> None:
    def broken(t: float, y: np.ndarray, out: np.ndarray) -> None:
        raise ValueError("no such rate")

    course = run(derivative=broken)
    assert (course.outcome, course.reason) == (Outcome.FAILED, "no such rate")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"solver": "cvodes"}, "did you mean 'cvode'"),
        ({"times_h": [0.0]}, "two rising times"),
        ({"times_h": [0.0, 0.0]}, "two rising times"),
        ({"start": [1.0, np.nan, 1.0]}, "finite"),
        ({"start": [1.0, -1.0, 1.0]}, "not negative"),
        ({"scale": [1.0, 0.0, 1.0]}, "positive"),
        ({"scale": [1.0]}, "shape"),
    ],
)
def test_wrong_input(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        run(**changes)


def test_an_integration_has_a_number_of_evaluations_that_does_not_depend_on_the_machine() -> None:
    course = run(tolerances=Tolerances(evaluations=20), times_h=np.linspace(0, 2, 500))
    assert course.outcome == Outcome.OUT_OF_TIME
    assert re.fullmatch(r"took more than 20 evaluations to \S+ h", course.reason)
    assert course.evaluations == 21
    again = run(tolerances=Tolerances(evaluations=20), times_h=np.linspace(0, 2, 500))
    np.testing.assert_array_equal(course.states, again.states)


@pytest.mark.parametrize("name", ["relative", "absolute", "seconds", "evaluations"])
def test_wrong_tolerances(name: str) -> None:
    with pytest.raises(ParameterError, match=name):
        Tolerances(**{name: 0.0})


def course_of(
    dynamics: Dynamics, model: int, start: np.ndarray, times: np.ndarray, **options: Any
) -> TimeCourse:
    system, no_feed = dynamics.system(model), np.zeros(len(start))
    return integrate(
        lambda t, y, out: system.derivative(y, out, 0.0, no_feed),
        lambda t, y, out: system.jacobian(y, out, 0.0),
        start, times, scale=dynamics.steady_state, **options,
    )  # fmt: skip


@pytest.fixture(scope="module")
def valid(ecoli: Network) -> KineticModels:
    models = KineticEnsemble.load(ecoli.folder / "valid_models.nc").models(ecoli)
    return models.with_km(models.km_mM[:10])


@pytest.mark.slow
def test_ten_models_against_an_independent_solver(valid: KineticModels) -> None:
    """CVODE and SciPy's Radau agree to 1e-6 on displacements of half."""
    cell = Dynamics(valid)
    times = np.array([0.0, 0.01, 0.1, 0.4, 1.0])
    for model in range(len(valid)):
        start = Perturbation().starts(valid, model)[0]
        ours = course_of(cell, model, start, times)
        other = course_of(cell, model, start, times, solver="Radau")
        assert ours.outcome == other.outcome == Outcome.FINISHED
        np.testing.assert_allclose(ours.states, other.states, rtol=1e-6)


def test_totals_stay_and_small_displacements_follow_the_matrix_exponential(
    ecoli: Network, valid: KineticModels
) -> None:
    cell = Dynamics(valid)
    times = np.array([0.0, 1.0, 5.0, 20.0, 60.0])
    steady = cell.steady_state
    for model in range(3):
        start = Perturbation(size=1e-6).starts(valid, model)[0]
        course = course_of(cell, model, start, times / 60, tolerances=Tolerances(1e-13, 1e-13))
        expected = linear_response(valid, model, start, times)
        size = np.abs(start - steady) / steady
        np.testing.assert_allclose(
            (course.states - steady) / steady, (expected - steady) / steady,
            atol=1e-3 * size.max(),
        )  # fmt: skip
        half = course_of(cell, model, Perturbation().starts(valid, model)[0], times / 60)
        for moiety in ecoli.moieties:
            rows = [ecoli.species_index[m] for m in moiety.coefficients]
            weights = np.array(list(moiety.coefficients.values()))
            totals = half.states[:, rows] @ (weights * ecoli.volume_fractions[rows])
            np.testing.assert_allclose(totals, totals[0], rtol=1e-9)


def test_the_tiny_network_comes_back(tiny: Network) -> None:
    models = KineticModels(tiny, SteadyState.from_folder(tiny), np.ones((1, 10)))
    cell = Dynamics(models)
    start = Perturbation(size=0.3).starts(models, 0)[0]
    course = course_of(cell, 0, start, np.array([0.0, 10.0]))
    np.testing.assert_allclose(course.states[-1], cell.steady_state, rtol=1e-6)
