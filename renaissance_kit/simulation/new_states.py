"""New steady states after changes of enzymes or surroundings, by continuation.

From the first steady state a branch is followed while ln Vmax (and the logarithms of concentrations
that are held) move in a straight line to their new values: a step along the tangent, then Newton's
method in ln x. A step is halved where that needs more than a few iterations, or where the
determinant of the Jacobian changes its sign, that is, where another branch was met. The branch ends
at a fold, or where a metabolite runs away. For a knock-out the factor falls to 1e-6 so, and is set
to 0 then.

This is what a cell would reach if enzymes changed slowly. After a sudden change, `shift` may find
another state where there are several.

Reference: Allgower & Georg 1990, Numerical Continuation Methods, chapter 2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from renaissance_kit.core.errors import ParameterError
from renaissance_kit.core.runs import RUN, Run, run_chunks
from renaissance_kit.core.types import Array
from renaissance_kit.kinetics.models import KineticModels
from renaissance_kit.kinetics.spectrum import eigenvalues
from renaissance_kit.simulation.balances import Balances, Linear
from renaissance_kit.simulation.dynamics import Dynamics
from renaissance_kit.simulation.equations import System
from renaissance_kit.simulation.perturbation import identity
from renaissance_kit.simulation.shifts import Step

CHUNK = 10  # models
SMALLEST_FACTOR = 1e-6  # before a knock-out
LARGEST_MOVE = 0.7  # of ln x along the tangent in a step
CONVERGED = 1e-9  # of ln x
FEW = 6  # iterations of Newton's method
SHORTEST = 1e-5  # of the way
STILL = 1e-4  # of its first flux: what an enzyme that is nearly gone may carry
RUNAWAY = 14.0  # in ln x: a concentration a million times that of the first state


class NewState(IntEnum):
    """What was found of a model after a change."""

    STABLE = 0
    UNSTABLE = 1
    LOST = 2
    NOT_UNIQUE = 3
    STOPPED = 4

    @property
    def meaning(self) -> str:
        """The status in words."""
        return {
            NewState.STABLE: "a steady state to which the cell returns",
            NewState.UNSTABLE: "a steady state from which the cell departs",
            NewState.LOST: "no steady state on the branch: it ends, or a metabolite runs away",
            NewState.NOT_UNIQUE: "the knock-out cuts a pool off, which keeps what it has",
            NewState.STOPPED: "the run was stopped before this model was followed",
        }[self]


@dataclass(frozen=True)
class NewStates:
    """New steady states of a batch of models, each after each of several changes.

    Attributes:
        changes: what was changed.
        states_mM: (models, changes, dynamic); NaN where there is none.
        rates: (models, changes, reactions) rates over those of the first steady state.
        lambda_max_per_h: (models, changes) λmax at the new state; NaN where there is none.
        reached: (models, changes) part of the way, in the logarithms of what changes, along which
            the branch was followed; 1 where it was reached.
        status: (models, changes) values of `NewState`.
    """

    changes: tuple[Step, ...]
    states_mM: Array
    rates: Array
    lambda_max_per_h: Array
    reached: Array
    status: NDArray[np.int8]

    def counts(self) -> dict[str, int]:
        """Number of models and changes by status."""
        return {s.name: int((self.status == s).sum()) for s in NewState}


def new_steady_states(
    models: KineticModels, changes: Sequence[Step], *, run: Run = RUN
) -> NewStates:
    """Find the steady state of every model of a batch after each of several changes.

    Args:
        models: a batch at its steady state.
        changes: each from the first steady state; their times have no part in it.
        run: workers, store, progress and stop; chunks of 10 models. Models that are left when it
            is stopped keep their place, with the status ``STOPPED``.

    Raises:
        ParameterError: no change, unknown names, or a concentration of 0 (a Vmax factor may be 0).

    >>> import numpy as np
    >>> from renaissance_kit import KineticModels, Network, SteadyState
    >>> from renaissance_kit.core import Run
    >>> network = Network.example("tiny")
    >>> models = KineticModels(network, SteadyState.from_folder(network), np.ones((2, 10)))
    >>> scan = [Step(vmax_factors={"HEX": f}) for f in (0.5, 2.0)]
    >>> new_steady_states(models, scan, run=Run(workers=1)).rates[0, :, 0].round(2)
    array([0.76, 1.19])
    """
    if not changes:
        raise ParameterError("no change; give at least one")
    for change in changes:
        change.check(models.network)
        none = [name for name, value in change.constants_mM.items() if value == 0]
        if none:
            raise ParameterError(f"{none[0]} is 0 mM; give a small positive concentration")
    chosen = tuple(changes)
    columns = run_chunks(
        _Task(models, chosen), len(models), name="new_states", chunk=CHUNK, run=run,
        settings={"changes": repr(chosen), **identity(models)},
    )  # fmt: skip
    if not len(columns["item"]):
        raise ParameterError("stopped before any model was done; nothing to return")
    done, shape = columns["item"], (len(models), len(chosen))

    def placed(name: str, nothing: float) -> Any:
        """What was found of each model, in the order of the batch."""
        whole = np.full((*shape, *columns[name].shape[2:]), nothing, dtype=columns[name].dtype)
        whole[done] = columns[name]
        return whole

    return NewStates(
        chosen, placed("states", np.nan), placed("rates", np.nan), placed("lambda_max", np.nan),
        placed("reached", 0.0), placed("status", NewState.STOPPED),
    )  # fmt: skip


def knock_outs(
    models: KineticModels, reactions: Sequence[str] = (), *, run: Run = RUN
) -> NewStates:
    """New steady states without each of several enzymes.

    Args:
        models: a batch at its steady state.
        reactions: all kinetic reactions if none is given.
        run: as for `new_steady_states`.

    >>> import numpy as np
    >>> from renaissance_kit import KineticModels, Network, SteadyState
    >>> from renaissance_kit.core import Run
    >>> network = Network.example("tiny")
    >>> models = KineticModels(network, SteadyState.from_folder(network), np.ones((2, 10)))
    >>> knock_outs(models, ["PGI"], run=Run(workers=1)).counts()
    {'STABLE': 2, 'UNSTABLE': 0, 'LOST': 0, 'NOT_UNIQUE': 0, 'STOPPED': 0}
    """
    names = tuple(reactions) or models.network.kinetic_reactions
    return new_steady_states(models, [Step(vmax_factors={name: 0.0}) for name in names], run=run)


@dataclass(frozen=True)
class _Task:
    """Follows the branches of some models; goes to the worker processes."""

    models: KineticModels
    changes: tuple[Step, ...]

    def __call__(self, items: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
        dynamics = Dynamics(self.models.with_km(self.models.km_mM[items]))
        balances = Balances.of(self.models.network, dynamics.steady_state)
        found = [
            [_Branch(dynamics.system(i), balances, change).end() for change in self.changes]
            for i in range(len(items))
        ]
        return {
            key: np.array([[one[key] for one in member] for member in found]) for key in found[0][0]
        }


class _Branch:
    """The branch of steady states of one model under one change."""

    def __init__(self, system: System, balances: Balances, change: Step) -> None:
        self.system, self.balances, self.start = system, balances, balances.start
        network = balances.network
        self.first_vmax, self.first_held = system.vmax.copy(), system.concentrations.copy()
        self.first_rates = system.rates(self.start)
        factors = {network.reaction_index[r]: f for r, f in change.vmax_factors.items()}
        self.gone = [r for r, factor in factors.items() if factor == 0]
        self.log_vmax = {r: np.log(max(f, SMALLEST_FACTOR)) for r, f in factors.items()}
        self.log_held = {
            (i := network.species_index[m]): np.log(c / self.first_held[i])
            for m, c in change.constants_mM.items()
        }

    def end(self) -> dict[str, Any]:
        """The state at the end of the way, and what it is."""
        y, reached = self._followed()
        status, x, lambda_max = NewState.LOST, np.full(len(y), np.nan), np.nan
        rates = np.full(len(self.first_rates), np.nan)
        if reached == 1.0:
            status, x = NewState.STABLE, self.start * np.exp(y)
            if self.gone:
                status, x = self._without(x)
        if status == NewState.STABLE:
            rates, lambda_max = self.system.rates(x) / self.first_rates, self._lambda_max(x)
            status = NewState.STABLE if lambda_max <= 0 else NewState.UNSTABLE
        return {
            "states": x, "rates": rates, "lambda_max": lambda_max, "reached": reached,
            "status": np.int8(status),
        }  # fmt: skip

    def _followed(self) -> tuple[Array, float]:
        """ln x/x⁰ at the end, and how far of the way that is."""
        y, at, length = np.zeros(len(self.start)), 0.0, 1.0
        self._go(0.0)
        linear = self.balances.at(self.system, self.start, by=self.start)
        if linear is None:
            return y, at
        sign, tangent = linear.sign, self._tangent(y, at, linear)
        while True:
            longest = LARGEST_MOVE / max(float(np.abs(tangent).max()), 1e-9)
            length = min(length, longest, 1.0 - at)
            if length < SHORTEST and at + length < 1.0:
                return y, at
            self._go(at + length)
            found = self._corrected(y + length * tangent)
            if found is None or found[1].sign != sign:
                length /= 2
                continue
            if found[0].max() > RUNAWAY:
                return y, at
            (y, linear, iterations), at = found, at + length
            if at > 1.0 - 1e-12:
                return y, 1.0
            tangent = self._tangent(y, at, linear)
            length *= 2.0 if iterations <= 3 else 1.0

    def _go(self, at: float) -> None:
        """Set the system to a place on the way."""
        vmax = self.first_vmax.copy()
        for r, log_factor in self.log_vmax.items():
            vmax[r] *= np.exp(at * log_factor)
        self.system.vmax = vmax
        for species, log_ratio in self.log_held.items():
            self.system.concentrations[species] = self.first_held[species] * np.exp(at * log_ratio)

    def _tangent(self, y: Array, at: float, linear: Linear) -> Array:
        """dy along the way: from how the balances change a little further on."""
        x, further = self.start * np.exp(y), 1e-6
        here, there = np.empty(len(y)), np.empty(len(y))
        self.system.derivative(x, here, 0.0, np.zeros(len(y)))
        self._go(at + further)
        self.system.derivative(x, there, 0.0, np.zeros(len(y)))
        change = (there - here) / further / linear.scale
        change[self.balances.dependent] = 0.0
        return linear.solve(-change)

    def _corrected(self, y: Array) -> tuple[Array, Linear, int] | None:
        """Newton's method in ln x; None where it does not converge in a few iterations."""
        for iteration in range(1, FEW + 1):
            x = self.start * np.exp(y)
            linear = self.balances.at(self.system, x, by=x)
            if linear is None:
                return None
            step = linear.solve(-linear.residual)
            largest = float(np.abs(step).max())
            if not largest < LARGEST_MOVE:
                return None
            y = y + step
            if largest < CONVERGED:
                return y, linear, iteration
        return None

    def _without(self, x: Array) -> tuple[NewState, Array]:
        """Newton's method in x itself, which may end at 0, once the enzymes are gone."""
        # An enzyme that still carries flux at the smallest factor has let a metabolite pile up.
        left = np.abs(self.system.rates(x) / self.first_rates)[self.gone].max()
        self.system.vmax[self.gone] = 0.0
        none = np.full(len(x), np.nan)
        status = NewState.NOT_UNIQUE if left < STILL else NewState.LOST
        for _ in range(FEW):
            step = self.balances.step(self.system, x)
            if step is None:
                return status, none
            before, x, status = x, np.maximum(x + step, 0.0), NewState.LOST
            if (np.abs(x - before) <= 1e-8 * np.maximum(x, 1e-9 * self.start)).all():
                return NewState.STABLE, x
        return NewState.LOST, none

    def _lambda_max(self, x: Array) -> float:
        jacobian = np.empty((len(x), len(x)))
        self.system.jacobian(x, jacobian, 0.0)
        reduced = jacobian[self.balances.independent] @ self.balances.network.link_matrix
        return float(eigenvalues(reduced[None])[0, 0].real)
