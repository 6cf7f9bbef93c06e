"""Time courses: ours against SciPy's solvers on the same equations."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from scipy.integrate import solve_ivp

from benchmarks.common import least_seconds, shipped_models
from benchmarks.rows import Row, alone, at_least, faster
from renaissance_kit import KineticModels, Perturbation
from renaissance_kit.simulation import (
    Bioreactor,
    Dynamics,
    Outcome,
    TimeCourse,
    batch_of,
    course_of,
)

HOURS = np.array([0.0, 10.0])


def perturbations(tiny: bool) -> list[Row]:
    """Displacements of ±50 %, 10 h at 1e-9, one model after the other, processor time; the median
    of 15 models. SciPy's BDF and Radau with the same compiled equations on the first three."""
    n = 1 if tiny else 15
    models = shipped_models(n)
    ours = [displaced(models, i, "cvode") for i in [0, *range(n)]][1:]
    others = {s: [displaced(models, i, s) for i in range(min(n, 3))] for s in ("BDF", "Radau")}
    cell = Dynamics(models)
    system, state, n_states = cell.system(0), cell.steady_state, len(cell.names)
    out, square, feed = np.empty(n_states), np.empty((n_states, n_states)), np.zeros(n_states)
    right = _microseconds(lambda: system.derivative(state, out, 0.0, feed))
    jacobian = _microseconds(lambda: system.jacobian(state, square, 0.0))
    first = _median(ours[: min(n, 3)])
    return [
        alone("±50 % over 10 h, models that finished",
              sum(c.outcome == Outcome.FINISHED for c in ours), f"of {n}"),
        alone("±50 % over 10 h, a model", 1e3 * _median(ours), "ms",
              note=f"{np.median([c.evaluations for c in ours]):.0f} evaluations"),
        alone("right-hand side, called from Python", right, "µs"),
        alone("Jacobian, called from Python", jacobian, "µs"),
        *(
            faster(f"±50 % over 10 h, against {s}", 1e3 * first, 1e3 * _median(found), "ms",
                   f"SciPy's {s}")
            for s, found in others.items()
        ),
    ]  # fmt: skip


def cultivations(tiny: bool) -> list[Row]:
    """60 h in the bioreactor at 1e-6, one model after the other, processor time; the median of six
    models. SciPy's LSODA with the same compiled right-hand side, Jacobian and tolerances on the
    first two. libRoadRunner: see *roadrunner*."""
    n, hours = (1, 2.0) if tiny else (6, 60.0)
    models = shipped_models(n)
    reactor = batch_of(models.network, duration_h=hours)
    dynamics = reactor.dynamics(models)
    courses = [reactor.run(dynamics, i)[0] for i in [0, *range(n)]][1:]
    few = min(n, 2)
    lsoda = [_lsoda(reactor, dynamics, i) for i in range(few)]
    return [
        alone(f"{hours:g} h bioreactor, models that finished",
              sum(c.outcome == Outcome.FINISHED for c in courses), f"of {n}"),
        alone(f"{hours:g} h bioreactor, longest", max(c.seconds for c in courses), "s"),
        faster(f"{hours:g} h bioreactor, a model", _median(courses[:few]), float(np.median(lsoda)),
               "s", "SciPy's LSODA", at_least(5.0)),
    ]  # fmt: skip


def displaced(models: KineticModels, model: int, solver: str, size: float = 0.5) -> TimeCourse:
    """A model displaced by ±size, for 10 h."""
    cell = Dynamics(models)
    return course_of(
        cell.system(model), Perturbation(size=size).starts(models, model)[0], HOURS,
        scale=cell.steady_state, solver=solver,
    )  # fmt: skip


def _lsoda(reactor: Bioreactor, dynamics: Dynamics, model: int) -> float:
    """Processor seconds of SciPy's LSODA; as it has no restarts, of one attempt."""
    system, start = dynamics.system(model), reactor.start(dynamics)
    scale = np.maximum(dynamics.steady_state, 1e-6)
    scale[dynamics.index["biomass"]] = reactor.conditions.inoculum_gDW_L
    n = len(start)
    out, square, feed = np.empty(n), np.empty((n, n)), np.zeros(n)

    def right(t: float, y: np.ndarray) -> np.ndarray:
        system.derivative(y, out, 0.0, feed)
        return out

    def slope(t: float, y: np.ndarray) -> np.ndarray:
        system.jacobian(y, square, 0.0)
        return square

    begin = time.thread_time()
    solve_ivp(
        right, (0.0, reactor.conditions.duration_h), start, method="LSODA", jac=slope,
        t_eval=reactor.times_h, rtol=reactor.tolerances.relative,
        atol=reactor.tolerances.absolute * scale,
    )  # fmt: skip
    return time.thread_time() - begin


def _median(courses: list[TimeCourse]) -> float:
    return float(np.median([c.seconds for c in courses]))


def _microseconds(function: Callable[[], object]) -> float:
    (least,) = least_seconds(lambda: [function() for _ in range(100)], repeats=9)
    return 1e6 * least / 100
