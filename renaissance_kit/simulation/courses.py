"""Time courses of one model, with compiled equations."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from renaissance_kit.core.errors import ParameterError
from renaissance_kit.core.types import Array
from renaissance_kit.simulation import sundials
from renaissance_kit.simulation.callbacks import Problem, addresses
from renaissance_kit.simulation.equations import Feed, System
from renaissance_kit.simulation.integrators import (
    MAX_STEPS,
    RESTARTS,
    TimeCourse,
    Tolerances,
    Watch,
    attempted,
    integrate,
)


def course_of(
    system: System,
    start: ArrayLike,
    times_h: ArrayLike,
    *,
    scale: ArrayLike,
    feed: Feed | None = None,
    tolerances: Tolerances | None = None,
    solver: str = "cvode",
) -> TimeCourse:
    """Integrate the equations of a model from the first time to the last.

    The same as `integrate` with the functions of the system, to the last digit; with CVODE no
    Python is called between two kept times.

    Args:
        system: from `Dynamics.system`.
        start: (states,) at the first time, in mM and, for biomass, gDW/L.
        times_h: (points,) rising, at least two.
        scale: (states,) typical size of each variable, for its absolute tolerance.
        feed: of a reactor; nothing is fed if not given.
        tolerances: 1e-9 relative and 1e-9 of the scale if not given.
        solver: ``cvode``, or ``BDF`` or ``Radau`` of SciPy.

    Raises:
        ParameterError: as from `integrate`, or a start, scale or feed of another number of states
            than the system has.

    >>> import numpy as np
    >>> from renaissance_kit import KineticModels, Network, Perturbation, SteadyState
    >>> from renaissance_kit.simulation import Dynamics
    >>> network = Network.example("tiny")
    >>> models = KineticModels(network, SteadyState.from_folder(network), np.ones((1, 10)))
    >>> cell = Dynamics(models)
    >>> start = Perturbation(size=0.1).starts(models, 0)[0]  # with the totals as they are
    >>> course = course_of(cell.system(0), start, [0.0, 10.0], scale=cell.steady_state)
    >>> bool(np.allclose(course.states[-1], cell.steady_state))
    True
    """
    n = system.terms.n_states
    fed = feed or Feed.none(n)
    # compiled code would read and write beyond the end of arrays that are too short
    for name, values in (("start", start), ("scale", scale), ("mM of the feed", fed.mM)):
        if np.shape(values) != (n,):
            raise ParameterError(
                f"{name} has shape {np.shape(values)}; give ({n},), in the order of the names of "
                "the Dynamics that the system is of"
            )
    if solver == "cvode" and sundials.available():
        allowed = (tolerances or Tolerances()).evaluations
        where = map(sundials.address, ("N_VGetArrayPointer", "SUNDenseMatrix_Data"))
        problem = Problem.of(system, fed, allowed, *where)
        return attempted(
            _Attempt(problem), start, times_h, scale=scale, tolerances=tolerances, solver=solver
        )

    def derivative(t: float, y: Array, out: Array) -> None:
        system.derivative(y, out, fed.dilution_per_h(t), fed.mM)

    def jacobian(t: float, y: Array, out: Array) -> None:
        system.jacobian(y, out, fed.dilution_per_h(t))

    return integrate(
        derivative, jacobian, start, times_h, scale=scale, tolerances=tolerances, solver=solver
    )


class _Attempt:
    """One attempt at a course with CVODE; as that of `integrate`, without Python."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.memory = problem.in_memory()

    def __call__(
        self, watch: Watch, start: Array, times: Array, limits: tuple[float, Array], states: Array
    ) -> str:
        counts = self.problem.counts

        def look(reached_h: float) -> None:
            watch.evaluations, watch.reached_h = int(counts[0]), reached_h
            watch.look()

        begin, last, restarts = float(times[0]), float(times[-1]), 0
        with sundials.CVode(*addresses(), self.memory.ctypes.data, begin, start, *limits) as solver:
            for i, end in enumerate(times[1:], start=1):
                answer, reached = solver.advance(end, last, look, MAX_STEPS)
                while answer < 0:
                    restarts += 1
                    if (
                        reached <= begin
                        or restarts > RESTARTS
                        or not np.isfinite(solver.state).all()
                    ):
                        return f"{sundials.meaning(answer).rstrip('.')} at {reached:.4g} h"
                    begin = reached
                    solver.restart(begin)
                    answer, reached = solver.advance(end, last, look, MAX_STEPS)
                states[i] = solver.state
        return ""
