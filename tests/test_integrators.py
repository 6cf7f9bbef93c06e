"""Integrations that fail: an outcome with its reason, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from renaissance_kit import integrators
from renaissance_kit.integrators import SOLVERS, Outcome, Tolerances, integrate


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("times", [[0.0, 0.5, 2.0], [0.0, 2.0]])
def test_a_solution_that_ends_is_an_outcome_and_not_a_line_on_the_screen(
    solver: str,
    times: list[float],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """dy/dt = y² from 1 is 1/(1 − t), up to t = 1."""
    monkeypatch.setattr(integrators, "MAX_STEPS", 1000)

    def derivative(t: float, y: np.ndarray, out: np.ndarray) -> None:
        out[0] = y[0] ** 2

    def jacobian(t: float, y: np.ndarray, out: np.ndarray) -> None:
        out[0, 0] = 2 * y[0]

    course = integrate(
        derivative, jacobian, [1.0], times, scale=[1.0], solver=solver,
        tolerances=Tolerances(relative=1e-5, absolute=1e-5),
    )  # fmt: skip
    assert course.outcome == Outcome.FAILED
    assert course.reason
    assert np.isnan(course.states[-1, 0])
    if len(times) == 3:
        assert course.states[1, 0] == pytest.approx(2.0, rel=1e-3)
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", "")
