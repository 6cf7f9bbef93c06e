"""Time courses: CVODE, and SciPy as an independent second solver, behind one call.

CVODE (variable-order BDF; Hindmarsh et al. 2005 ACM TOMS 31:363) comes through scikit-sundae.
SciPy's ``BDF`` and ``Radau`` are other codes with other step control; what they agree on is not a
property of one solver. All get the compiled right-hand side and the analytic Jacobian.
"""

from __future__ import annotations

import io
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import ArrayLike
from scipy.integrate import solve_ivp
from sksundae.cvode import CVODE

from renaissance_kit.core.arguments import require_kinds
from renaissance_kit.core.errors import ParameterError, nearest
from renaissance_kit.core.types import Array

Derivative = Callable[[float, Array, Array], None]  # (t, y, out), fills out with dy/dt
Jacobian = Callable[[float, Array, Array], None]  # (t, y, out), fills out with ∂(dy/dt)/∂y

SOLVERS = ("cvode", "BDF", "Radau")
MAX_STEPS = 50_000  # between two kept times
RESTARTS = 100
ATTEMPTS = (1.0, 1e-3)  # absolute tolerance of each attempt, as a share of the one asked for


class Outcome(IntEnum):
    """How an integration ended. Only FINISHED ones reach the last time."""

    FINISHED = 0
    FAILED = 1
    NEGATIVE = 2
    OUT_OF_TIME = 3

    @property
    def meaning(self) -> str:
        """The outcome in words."""
        return {
            Outcome.FINISHED: "reached the last time",
            Outcome.FAILED: "the solver gave up; the reason is kept",
            Outcome.NEGATIVE: "a concentration fell below zero by more than the tolerance",
            Outcome.OUT_OF_TIME: "took longer than allowed",
        }[self]


@dataclass(frozen=True)
class Tolerances:
    """Of an integration.

    Attributes:
        relative: error per step, relative.
        absolute: the same, as a share of the scale of each variable: a variable is computed to
            ``relative · |y| + absolute · scale``.
        seconds: processor time allowed for one integration; a safety net, as it depends on the
            machine. Other work on the machine does not count.
        evaluations: of the right-hand side allowed for one integration, the same everywhere. Far
            from its steady state a model may oscillate in seconds, which is all that takes so many.
    """

    relative: float = 1e-9
    absolute: float = 1e-9
    seconds: float = 60.0
    evaluations: int = 200_000

    def __post_init__(self) -> None:
        require_kinds(self)
        for name in ("relative", "absolute", "seconds", "evaluations"):
            value = getattr(self, name)
            if not value > 0:
                raise ParameterError(f"tolerance {name} is {value}; give a positive number")
        if self.relative < 1e-14:
            raise ParameterError(f"relative tolerance {self.relative:g} is below rounding errors")


@dataclass(frozen=True)
class TimeCourse:
    """One integration.

    Attributes:
        times_h: (points,) asked for.
        states: (points, states); NaN after the integration ended early.
        outcome: how it ended.
        reason: in words, empty where it finished.
        evaluations: of the right-hand side.
        seconds: processor time that it took.
    """

    times_h: Array
    states: Array
    outcome: Outcome
    reason: str
    evaluations: int
    seconds: float


class OutOfTime(Exception):
    """An integration took longer than its tolerances allow; says which limit."""


class Watch:
    """Counts the evaluations of an integration and looks at the clock; knows the time reached."""

    def __init__(self, tolerances: Tolerances) -> None:
        self.tolerances = tolerances
        self.evaluations = 0
        self.reached_h = 0.0
        self._begin = time.thread_time()

    @property
    def seconds(self) -> float:
        """Processor time so far."""
        return time.thread_time() - self._begin

    def look(self, *, clock: bool = True) -> None:
        """Raise `OutOfTime` where a limit is passed."""
        allowed, where = self.tolerances, f"to {self.reached_h:.4g} h"
        if self.evaluations > allowed.evaluations:
            raise OutOfTime(f"took more than {allowed.evaluations:,} evaluations {where}")
        if clock and self.seconds > allowed.seconds:
            raise OutOfTime(f"took more than {allowed.seconds:g} s {where}")


Attempt = Callable[[Watch, Array, Array, tuple[float, Array], Array], str]
"""(watch, start, times, tolerances, states): fills states; why it stopped early, empty if not."""


def integrate(
    derivative: Derivative,
    jacobian: Jacobian,
    start: ArrayLike,
    times_h: ArrayLike,
    *,
    scale: ArrayLike,
    tolerances: Tolerances | None = None,
    solver: str = "cvode",
) -> TimeCourse:
    """Integrate from the first time to the last.

    A solver that fails is an outcome with its reason, never an exception. Near a concentration of 0
    a step within the tolerance may leave the solver below zero, where there is no way back; the
    last part is then done again with a tighter absolute tolerance.

    Args:
        derivative, jacobian: functions of (t, y, out) that fill out.
        start: (states,) at the first time.
        times_h: (points,) rising, at least two.
        scale: (states,) typical size of each variable, for its absolute tolerance.
        tolerances: 1e-9 relative and 1e-9 of the scale if not given.
        solver: ``cvode``, or ``BDF`` or ``Radau`` of SciPy.

    Raises:
        ParameterError: wrong shapes, times that do not rise, an unknown solver, a start that is
            negative or not finite, or a scale that is not positive.
    """
    run = _cvode if solver == "cvode" else _scipy

    def attempt(
        watch: Watch, y0: Array, times: Array, limits: tuple[float, Array], states: Array
    ) -> str:
        def counted(t: float, y: Array, out: Array) -> None:
            watch.evaluations += 1
            watch.reached_h = t
            watch.look(clock=watch.evaluations % 100 == 0)
            derivative(t, y, out)

        return run(counted, jacobian, y0, times, limits, solver, states)

    return attempted(attempt, start, times_h, scale=scale, tolerances=tolerances, solver=solver)


def attempted(
    attempt: Attempt,
    start: ArrayLike,
    times_h: ArrayLike,
    *,
    scale: ArrayLike,
    tolerances: Tolerances | None,
    solver: str,
) -> TimeCourse:
    """What `integrate` says of an integration, for any way to make an attempt at it.

    Raises:
        ParameterError: as from `integrate`.
    """
    chosen = tolerances or Tolerances()
    y0 = np.array(start, dtype=np.float64)
    times = np.asarray(times_h, dtype=np.float64)
    scales = np.asarray(scale, dtype=np.float64)
    _check(y0, times, scales, solver)
    watch = Watch(chosen)
    states = np.full((len(times), len(y0)), np.nan)
    states[0] = y0
    for factor in ATTEMPTS:
        limits = chosen.relative, factor * chosen.absolute * scales
        first = _last_sound(states, chosen.absolute * scales)
        states[first + 1 :] = np.nan
        outcome, reason = Outcome.FINISHED, ""
        try:
            reason = attempt(watch, states[first], times[first:], limits, states[first:])
            if reason:
                outcome = Outcome.FAILED
        except OutOfTime as limit:
            outcome, reason = Outcome.OUT_OF_TIME, str(limit)
        except (ArithmeticError, ValueError, np.linalg.LinAlgError) as error:
            outcome, reason = Outcome.FAILED, str(error)
        if (np.nan_to_num(states) < -1e3 * chosen.absolute * scales).any():
            worst = int(np.nanargmin(np.nanmin(states / scales, axis=0)))
            outcome, reason = Outcome.NEGATIVE, f"variable {worst} fell below zero"
        if outcome in (Outcome.FINISHED, Outcome.OUT_OF_TIME):
            break
    return TimeCourse(times, states, outcome, reason, watch.evaluations, watch.seconds)


def _last_sound(states: Array, absolute: Array) -> int:
    """Number of the last kept state before anything fell below zero or the integration ended."""
    sound = (states >= -absolute).all(axis=1)
    return max(int(np.argmin(sound)) - 1, 0)


def _check(start: Array, times: Array, scale: Array, solver: str) -> None:
    if solver not in SOLVERS:
        raise ParameterError(f"solver {solver!r} is unknown{nearest(solver, SOLVERS)}")
    if times.ndim != 1 or len(times) < 2 or not (np.diff(times) > 0).all():
        raise ParameterError("times_h must hold at least two rising times in hours")
    if start.ndim != 1 or scale.shape != start.shape:
        raise ParameterError(f"start has shape {start.shape}, scale {scale.shape}; give (states,)")
    if not (np.isfinite(start).all() and (start >= 0).all()):
        raise ParameterError("the start must be finite and not negative")
    if not (np.isfinite(scale).all() and (scale > 0).all()):
        raise ParameterError("the scale of each variable must be positive and finite")


def _cvode(
    derivative: Derivative,
    jacobian: Jacobian,
    start: Array,
    times: Array,
    limits: tuple[float, Array],
    solver: str,
    states: Array,
) -> str:
    """Fill states; returns why it stopped early, empty if it did not.

    CVODE gives up after seven rejected attempts at one step, which abrupt turns need more of, so
    it starts again from the last state that it accepted.
    """
    integrator = CVODE(
        derivative,
        jacfn=lambda t, y, yp, out: jacobian(t, y, out),
        rtol=limits[0],
        atol=limits[1],
        max_num_steps=MAX_STEPS,
    )
    states[0] = start
    with _quiet():
        begin, restarts = times[0], 0
        integrator.init_step(begin, start)
        for i, end in enumerate(times[1:], start=1):
            found = integrator.step(end, "normal", times[-1])
            while not found.success:
                restarts += 1
                if found.t <= begin or restarts > RESTARTS or not np.isfinite(found.y).all():
                    return f"{str(found.message).rstrip('.')} at {found.t:.4g} h"
                begin = found.t
                integrator.init_step(begin, found.y)
                found = integrator.step(end, "normal", times[-1])
            states[i] = found.y
    return ""


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep SUNDIALS from printing: what went wrong is in the outcome."""
    name = "SUNLOGGER_WARNING_FILENAME"  # read when the solver is set up
    before = os.environ.get(name)
    os.environ[name] = before or os.devnull
    try:
        with redirect_stdout(io.StringIO()):
            yield
    finally:
        if before is None:
            del os.environ[name]


def _scipy(
    derivative: Derivative,
    jacobian: Jacobian,
    start: Array,
    times: Array,
    limits: tuple[float, Array],
    solver: str,
    states: Array,
) -> str:
    """As `_cvode`, with SciPy."""
    n = len(start)

    def right(t: float, y: Array) -> Array:
        out = np.empty(n)
        derivative(t, y, out)
        return out

    def jac(t: float, y: Array) -> Array:
        out = np.empty((n, n))
        jacobian(t, y, out)
        return out

    found = solve_ivp(
        right, (times[0], times[-1]), start, method=solver, t_eval=times, jac=jac,
        rtol=limits[0], atol=limits[1],
    )  # fmt: skip
    states[: found.y.shape[1]] = found.y.T
    return "" if found.success else str(found.message)
