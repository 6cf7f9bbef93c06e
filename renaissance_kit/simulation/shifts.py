"""Shifts: the enzymes of a cell, or its surroundings, change at once, and the cell follows.

The cell is that of `renaissance_kit.simulation.dynamics` in a medium that stays as it is. At the
time of a step some maximal velocities are multiplied, or constant metabolites take another
concentration. After a knock-out (a factor of 0) the cell goes to a new steady state, if it has one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from renaissance_kit.core.errors import ParameterError, nearest
from renaissance_kit.core.runs import RUN, Run, run_chunks
from renaissance_kit.core.types import Array, Index, Mask
from renaissance_kit.kinetics.models import KineticModels
from renaissance_kit.network.network import Network
from renaissance_kit.simulation.balances import Balances
from renaissance_kit.simulation.courses import course_of
from renaissance_kit.simulation.dynamics import Dynamics
from renaissance_kit.simulation.equations import System
from renaissance_kit.simulation.integrators import Outcome, Tolerances
from renaissance_kit.simulation.perturbation import identity

CHUNK = 10  # models
SHIFT_TOLERANCES = Tolerances(1e-8, 1e-8)
STEADY = 1e-4  # 1/h: largest |dc/dt| / c of a steady state; and largest distance from one


@dataclass(frozen=True)
class Step:
    """What changes at a time.

    Attributes:
        time_h: from then on.
        vmax_factors: by reaction, of the maximal velocity at the first steady state; 0 is a
            knock-out.
        constants_mM: concentrations of constant metabolites. Those of a step before come back.
    """

    time_h: float = 0.0
    vmax_factors: Mapping[str, float] = field(default_factory=dict)
    constants_mM: Mapping[str, float] = field(default_factory=dict)

    def check(self, network: Network) -> None:
        """Raise ParameterError for an unknown reaction or metabolite, or a negative number."""
        network.require_reactions(self.vmax_factors)
        for name, factor in self.vmax_factors.items():
            if not 0 <= factor < np.inf:
                raise ParameterError(f"factor of {name} is {factor}; give 0 (knock-out) or more")
        for name, value in self.constants_mM.items():
            if name not in network.constant:
                raise ParameterError(
                    f"{name!r} is no constant metabolite{nearest(name, network.constant)}"
                )
            if not 0 <= value < np.inf:
                raise ParameterError(f"{name} is {value} mM; give 0 or more")


@dataclass(frozen=True)
class Shifted:
    """Time courses of shifted cells.

    Attributes:
        times_h: (times,).
        states_mM: (models, times, dynamic); NaN after an integration ended early.
        rates: (models, times, reactions) rates over those of the first steady state.
        outcome: (models,) values of `Outcome`.
        steady: (models,) True where the last state is a steady one: no |dc/dt| above 1e-4 of the
            concentration in an hour, or a steady state within 1e-4 of every concentration (where
            fast reactions are near equilibrium, dc/dt is all error of the integration).
        numbers: (models,) which of the batch these are: all, unless the run was stopped.
    """

    times_h: Array
    states_mM: Array
    rates: Array
    outcome: NDArray[np.int8]
    steady: Mask
    numbers: Index

    @property
    def finished(self) -> Mask:
        """(models,) True where the integration reached the end."""
        return np.asarray(self.outcome == Outcome.FINISHED)


def shift(
    models: KineticModels,
    steps: tuple[Step, ...],
    times_h: Array,
    *,
    tolerances: Tolerances = SHIFT_TOLERANCES,
    run: Run = RUN,
) -> Shifted:
    """Change the enzymes or the surroundings of every model of a batch, and integrate.

    Args:
        models: a batch at its steady state.
        steps: by rising time, the first at 0.
        tolerances: of the integrations.
        times_h: (times,) that are kept, rising from 0 to after the last step.
        run: workers, progress and stop; chunks of 10 models.

    Raises:
        ParameterError: unknown names, or times that do not rise.

    >>> import numpy as np
    >>> from renaissance_kit import KineticModels, Network, SteadyState
    >>> from renaissance_kit.core import Run
    >>> network = Network.example("tiny")
    >>> models = KineticModels(network, SteadyState.from_folder(network), np.ones((2, 10)))
    >>> half = shift(
    ...     models, (Step(vmax_factors={"HEX": 0.5}),), np.array([0, 100.0]), run=Run(workers=1)
    ... )
    >>> bool(half.steady.all())
    True
    """
    times = np.asarray(times_h, dtype=np.float64)
    starts = [step.time_h for step in steps]
    if not steps or starts[0] != 0 or not (np.diff(starts) > 0).all():
        raise ParameterError("give steps by rising time, the first at 0 h")
    if times.ndim != 1 or len(times) < 2 or times[0] != 0 or not (np.diff(times) > 0).all():
        raise ParameterError("times_h must rise from 0, with at least two times")
    if starts[-1] >= times[-1]:
        raise ParameterError(f"the step at {starts[-1]:g} h is not before the end, {times[-1]:g} h")
    for step in steps:
        step.check(models.network)
    columns = run_chunks(
        _Task(models, steps, times, tolerances), len(models), name="shift", chunk=CHUNK, run=run,
        settings={"steps": repr(steps), "times_h": times.tolist(), "tolerances": repr(tolerances),
                  **identity(models)},
    )  # fmt: skip
    if not len(columns["item"]):
        raise ParameterError("stopped before any model was done; nothing to return")
    return Shifted(
        times, columns["states"], columns["rates"], columns["outcome"], columns["steady"],
        columns["item"],
    )  # fmt: skip


@dataclass(frozen=True)
class _Task:
    """Shifts some models; goes to the worker processes."""

    models: KineticModels
    steps: tuple[Step, ...]
    times: Array
    tolerances: Tolerances

    def __call__(self, items: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
        dynamics = Dynamics(self.models.with_km(self.models.km_mM[items]))
        members = [self._member(dynamics, i) for i in range(len(items))]
        return {key: np.stack([m[key] for m in members]) for key in members[0]}

    def _member(self, dynamics: Dynamics, model: int) -> dict[str, NDArray[Any]]:
        n, steady = len(dynamics.names), dynamics.steady_state
        first_rates = dynamics.rates_mM_h(model, steady)
        state, outcome = steady, Outcome.FINISHED
        states = np.full((len(self.times), n), np.nan)
        rates = np.full((len(self.times), len(first_rates)), np.nan)
        none, slope = np.zeros(n), np.full(n, np.nan)
        ends = [step.time_h for step in self.steps[1:]] + [float(self.times[-1])]
        for number, (step, end) in enumerate(zip(self.steps, ends, strict=True)):
            system = self._system(dynamics, model, step)
            # at the time of a later step the values before it are kept
            here = (self.times > step.time_h) & (self.times <= end) | (self.times == 0) & (
                number == 0
            )
            points = np.unique(np.concatenate([[step.time_h], self.times[here], [end]]))
            course = course_of(system, state, points, scale=steady, tolerances=self.tolerances)
            kept = course.states[np.isin(points, self.times[here])]
            states[here] = kept
            reached = np.isfinite(kept).all(axis=1)
            found = np.full((len(kept), len(first_rates)), np.nan)
            for i in np.flatnonzero(reached):
                found[i] = system.rates(np.ascontiguousarray(kept[i]))
            rates[here] = found / first_rates
            if course.outcome != Outcome.FINISHED:
                outcome = course.outcome
                break
            state = np.maximum(course.states[-1], 0.0)
            system.derivative(state, slope, 0.0, none)
        size = STEADY * np.maximum(np.abs(state), 1e-9 * steady)
        still = outcome == Outcome.FINISHED and bool((np.abs(slope) <= size).all())
        if outcome == Outcome.FINISHED and not still:
            rest = Balances.of(self.models.network, steady).step(system, state)
            still = rest is not None and bool((np.abs(rest) <= size).all())
        return {
            "states": states,
            "rates": rates,
            "outcome": np.array(outcome, dtype=np.int8),
            "steady": np.array(still),
        }

    def _system(self, dynamics: Dynamics, model: int, step: Step) -> System:
        network, system = self.models.network, dynamics.system(model)
        system.vmax = system.vmax.copy()
        for name, factor in step.vmax_factors.items():
            system.vmax[network.reaction_index[name]] *= factor
        for name, value in step.constants_mM.items():
            system.concentrations[network.species_index[name]] = value
        return system
