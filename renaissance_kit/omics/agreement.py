"""As many demands as can hold together: a mixed-integer program, its alternatives, its conflicts.

A demand is a set of inequalities that may be let go. Each gets a binary variable z that lets them
go with a constant M that is large enough: ``a·x ≥ b − M (1 − z)``. The sum of z is maximised;
an integer cut takes each solution out before the next is looked for. Solver: HiGHS, through SciPy.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array, hstack, vstack

from renaissance_kit.core.errors import InfeasibleError
from renaissance_kit.core.types import Array, Mask
from renaissance_kit.states.polytope import LinearProgram
from renaissance_kit.states.requirements import minimal_conflict

SECONDS = 60.0
"""For one solution, after which the best one found counts."""
_OPTIMAL, _TIME_LIMIT = 0, 1
_GAP = 1e-6


@dataclass(frozen=True)
class Demand:
    """Inequalities ``Σ coefficient · variable ≥ least`` that are met together or not at all.

    Attributes:
        name: of the reaction or metabolite.
        label: in words, for tables and errors.
        rows: (coefficient by variable, least) of each inequality.
    """

    name: str
    label: str
    rows: tuple[tuple[Mapping[str, float], float], ...]


@dataclass(frozen=True)
class Agreement:
    """One largest set of demands that hold together.

    Attributes:
        met: names of the demands.
        values: of the variables, at a point where they hold.
        optimal: False where the time ran out before it was proven that no larger set holds.
    """

    met: tuple[str, ...]
    values: Mapping[str, float]
    optimal: bool


class Program:
    """A `LinearProgram` with demands. Sparse, so that two copies of a cell cost little."""

    def __init__(self, base: LinearProgram, demands: Sequence[Demand]) -> None:
        names = [d.name for d in demands]
        assert len(set(names)) == len(names)
        self.base = base
        self.demands = {d.name: d for d in demands}
        self.index = {name: j for j, name in enumerate(base.names)}
        self.matrix = csr_array(base.matrix)
        self._rows = {
            d.name: [(self.row(terms), least) for terms, least in d.rows] for d in demands
        }

    def row(self, terms: Mapping[str, float]) -> Array:
        """(variables,) coefficients of a row."""
        row = np.zeros(len(self.index))
        for name, coefficient in terms.items():
            row[self.index[name]] += coefficient
        return row

    def agreements(
        self, alternatives: int, *, within: int = 0, seconds: float = SECONDS
    ) -> list[Agreement]:
        """Largest sets of demands that hold together, the largest first.

        Args:
            alternatives: most sets to look for.
            within: a set may have so many demands fewer than the largest.
            seconds: for each.

        Raises:
            InfeasibleError: the program has no solution even without demands.
        """
        found: list[Agreement] = []
        cuts: list[tuple[Array, float]] = []
        names = list(self.demands)
        relaxed = [self._relaxed(name) for name in names]
        while len(found) < alternatives:
            solution = self._most(relaxed, cuts, seconds)
            if solution is None:
                break
            met, optimal = solution
            held = tuple(n for n, z in zip(names, met, strict=True) if z)
            if found and len(held) < len(found[0].met) - within:
                break
            cuts.append((np.where(met, -1.0, 1.0), 1.0 - met.sum()))  # some z must differ
            values = self.point(held)
            if values is None:
                continue  # held only within the solver's tolerance of whole numbers
            found.append(Agreement(held, values, optimal))
        if not found:
            raise InfeasibleError("no solution, with any of the demands or without")
        return found

    def point(self, held: Sequence[str], seconds: float = SECONDS) -> Mapping[str, float] | None:
        """Values of the variables where some demands hold, without tolerance of whole numbers.

        Returns:
            By variable; None where there is no such point, or none is found in time.
        """
        rows = [row for name in held for row in self._rows[name]]
        found = self._solve(rows, np.zeros(len(self.index)), self.base.integer, seconds)
        if found is None:
            return None
        fixed = self.fixed(dict(zip(self.base.names, found, strict=True)))
        again = Program(fixed, [])._solve(
            rows, np.zeros(len(self.index)), np.zeros(len(self.index), dtype=bool), seconds
        )
        return None if again is None else dict(zip(self.base.names, again, strict=True))

    def fixed(self, values: Mapping[str, float]) -> LinearProgram:
        """The program without demands, with the whole numbers fixed at given values."""
        base = self.base
        at = np.round([values[name] for name in base.names])
        return replace(
            base,
            lower=np.where(base.integer, at, base.lower),
            upper=np.where(base.integer, at, base.upper),
            integer=np.zeros(len(at), dtype=bool),
        )

    def conflict(self, unmet: str, held: Sequence[str], seconds: float = SECONDS) -> list[str]:
        """A smallest set of demands that a further one contradicts.

        Smallest in the sense that any one of them let go, the rest of the set agrees. Sets that are
        not decided in time count as consistent.

        Args:
            unmet: name of the further demand.
            held: names of demands that hold together.

        Returns:
            Names among ``held``; none where the program itself contradicts the demand.
        """

        def consistent(names: Sequence[str]) -> bool:
            rows = [row for name in (unmet, *names) for row in self._rows[name]]
            return self._solve(
                rows, np.zeros(len(self.index)), self.base.integer, seconds, undecided=True
            ) is not None  # fmt: skip

        if not consistent([]):
            return []
        return minimal_conflict(list(held), consistent)

    def extremes(self, terms: Mapping[str, float], seconds: float = SECONDS) -> tuple[float, float]:
        """Least and largest value of a sum of variables.

        Raises:
            InfeasibleError: there is no solution, or none is found in time.
        """
        row = self.row(terms)
        ends = []
        for sign in (1.0, -1.0):
            found = self._solve([], sign * row, self.base.integer, seconds)
            if found is None:
                raise InfeasibleError("no solution, even without any demand")
            ends.append(float(row @ found))
        return ends[0], ends[1]

    # --- solving ---------------------------------------------------------------------------------

    def _relaxed(self, name: str) -> list[tuple[Array, float, float]]:
        """(row, least, M) of each inequality, M from the least value of the row without demands."""
        found = []
        for row, least in self._rows[name]:
            lowest = self._lowest(row)
            found.append((row, least, max(0.0, least - lowest)))
        return found

    def _lowest(self, row: Array) -> float:
        """Least value of a row, whole numbers taken as real ones."""
        found = milp(
            row, constraints=LinearConstraint(self.matrix, self.base.low, self.base.high),
            bounds=Bounds(self.base.lower, self.base.upper),
        )  # fmt: skip
        if found.x is None:
            raise InfeasibleError("no solution, with any of the demands or without")
        return float(found.fun)

    def _most(
        self,
        relaxed: list[list[tuple[Array, float, float]]],
        cuts: list[tuple[Array, float]],
        seconds: float,
    ) -> tuple[Array, bool] | None:
        """(demands,) True where one holds in a largest set, and whether that is proven."""
        n, k = len(self.index), len(relaxed)
        rows, limits = [], []
        for j, parts in enumerate(relaxed):
            for row, least, big in parts:
                if big > 0:  # else it holds anyway
                    rows.append(np.concatenate([row, -big * np.eye(k)[j]]))
                    limits.append(least - big)
        for cut, least in cuts:
            rows.append(np.concatenate([np.zeros(n), cut]))
            limits.append(least)
        base = self.base
        whole = hstack([self.matrix, csr_array((self.matrix.shape[0], k))])
        constraints = [LinearConstraint(whole, base.low, base.high)]
        if rows:
            constraints.append(LinearConstraint(csr_array(np.array(rows)), limits, np.inf))
        found = milp(
            np.concatenate([np.zeros(n), -np.ones(k)]),
            constraints=constraints,
            bounds=Bounds(
                np.concatenate([base.lower, np.zeros(k)]), np.concatenate([base.upper, np.ones(k)])
            ),
            integrality=np.concatenate([base.integer, np.ones(k)]).astype(int),
            options={"time_limit": seconds, "mip_rel_gap": _GAP},
        )
        if found.x is None:
            return None
        return np.round(found.x[n:]).astype(bool), found.status == _OPTIMAL

    def _solve(
        self,
        rows: Sequence[tuple[Array, float]],
        objective: Array,
        integer: Mask,
        seconds: float,
        *,
        undecided: bool = False,
    ) -> Array | None:
        """A point where further rows hold; None where there is none.

        Args:
            undecided: what counts as a point where time runs out: zeros, instead of none.
        """
        base, matrix, low = self.base, self.matrix, self.base.low
        high = base.high
        if rows:
            matrix = vstack([matrix, csr_array(np.array([row for row, _ in rows]))])
            low = np.concatenate([low, [least for _, least in rows]])
            high = np.concatenate([high, np.full(len(rows), math.inf)])
        found = milp(
            objective, constraints=LinearConstraint(matrix, low, high),
            bounds=Bounds(base.lower, base.upper), integrality=integer.astype(int),
            options={"time_limit": seconds},
        )  # fmt: skip
        if found.x is None and found.status == _TIME_LIMIT and undecided:
            return np.zeros(len(self.index))
        return None if found.x is None else np.asarray(found.x)
