"""Polytopes: read out of a solver model, reduced to free coordinates, and centred.

A polytope is ``{x : M x = r, A x ≤ b}``. Equalities are eliminated by reduced row echelon form,
which is unique, so that the free coordinates are the same on every machine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.linalg import block_diag
from scipy.optimize import linprog
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from renaissance_kit.core.errors import InfeasibleError
from renaissance_kit.core.linear import row_echelon
from renaissance_kit.core.types import Array, Mask

_WIDTH = 1e-9  # a variable whose range is narrower than this is a constant


@dataclass(frozen=True)
class Polytope:
    """``x = origin + basis z`` with ``A z ≤ b``, full-dimensional in z.

    Attributes:
        names: (variables,) of x.
        origin: (variables,).
        basis: (variables, free).
        A, b: (inequalities, free) and (inequalities,); rows of unit length.
    """

    names: tuple[str, ...]
    origin: Array
    basis: Array
    A: Array
    b: Array

    @classmethod
    def of(
        cls,
        names: Sequence[str],
        *,
        equalities: tuple[Array, Array],
        inequalities: tuple[Array, Array],
        bounds: tuple[Array, Array],
    ) -> Polytope:
        """Eliminate the equalities and turn bounds into inequalities.

        Args:
            names: (variables,).
            equalities, inequalities: (rows, variables) and (rows,): M x = r, M x ≤ r.
            bounds: lower and upper, (variables,) each.

        Raises:
            InfeasibleError: the equalities contradict each other.
        """
        n = len(names)
        lower, upper = bounds
        fixed = upper - lower < _WIDTH
        extra = np.eye(n)[fixed]
        matrix = np.vstack([equalities[0], extra])
        right = np.concatenate([equalities[1], ((lower + upper) / 2)[fixed]])
        pivots, reduced, values = row_echelon(matrix, right)
        free = [j for j in range(n) if j not in set(pivots)]
        origin, basis = np.zeros(n), np.zeros((n, len(free)))
        origin[pivots] = values
        basis[free, range(len(free))] = 1.0
        basis[pivots] = -reduced[:, free]
        loose = ~fixed
        rows = np.vstack([inequalities[0], np.eye(n)[loose], -np.eye(n)[loose]])
        limit = np.concatenate([inequalities[1], upper[loose], -lower[loose]])
        A, b = rows @ basis, limit - rows @ origin
        length = np.linalg.norm(A, axis=1)
        if (b[length < 1e-12] < -1e-7).any():
            raise InfeasibleError("the equalities leave no room inside the bounds")
        keep = (length >= 1e-12) & np.isfinite(b)
        A, b = A[keep] / length[keep, None], b[keep] / length[keep]
        return cls(tuple(names), origin, basis, A, b)

    @property
    def dimension(self) -> int:
        """Number of free coordinates."""
        return self.basis.shape[1]

    def expand(self, z: Array) -> Array:
        """Free coordinates (..., free) to variables (..., variables)."""
        return self.origin + z @ self.basis.T

    def within(self, lower: Array, upper: Array) -> Polytope:
        """The part where the variables are inside further bounds.

        Args:
            lower, upper: (variables,); infinite where there is no further bound.
        """
        rows = np.vstack([self.basis, -self.basis])
        limit = np.concatenate([upper - self.origin, self.origin - lower])
        length = np.linalg.norm(rows, axis=1)
        keep = (length >= 1e-12) & np.isfinite(limit)
        return Polytope(
            self.names,
            self.origin,
            self.basis,
            np.vstack([self.A, rows[keep] / length[keep, None]]),
            np.concatenate([self.b, limit[keep] / length[keep]]),
        )

    def chebyshev_centre(self) -> Array:
        """Centre of a largest ball inside, (free,).

        Raises:
            InfeasibleError: the polytope is empty or flat.
        """
        n = self.dimension
        found = linprog(
            np.append(np.zeros(n), -1.0),
            A_ub=np.column_stack([self.A, np.ones(len(self.A))]),
            b_ub=self.b,
            bounds=[(None, None)] * n + [(0, 1.0)],
            method="highs",
        )
        if found.status != 0 or found.x[-1] < 1e-10:
            raise InfeasibleError(
                f"the polytope of {self.names[0]}, {self.names[1]}, ... is empty or flat; widen "
                "the constraints"
            )
        return np.asarray(found.x[:-1])

    def analytic_centre(self) -> tuple[Array, Array]:
        """The point of greatest Σ ln(b − A z), and the barrier's Hessian there.

        Newton's method with backtracking from the Chebyshev centre. The point does not depend on
        the way there, and is the most central one in the sense of Renegar 1988 Math Program 40:59.

        Returns:
            (free,) and (free, free).
        """
        z = self.chebyshev_centre()
        for _ in range(200):
            slack = self.b - self.A @ z
            gradient = self.A.T @ (1 / slack)
            hessian = self.A.T @ (self.A / slack[:, None] ** 2)
            step = np.linalg.solve(hessian, -gradient)
            decrement = -gradient @ step
            if decrement < 1e-24:  # far below what is needed, so that rounding decides little
                break
            growth = self.A @ step / slack
            size = min(1.0, 0.9 / max(growth.max(), 1e-300))
            value = -np.log(slack).sum()
            while -np.log(slack - size * (self.A @ step)).sum() > value - 0.1 * size * decrement:
                size /= 2
                if size < 1e-10:
                    break
            z = z + size * step
        slack = self.b - self.A @ z
        return z, self.A.T @ (self.A / slack[:, None] ** 2)


@dataclass
class LinearProgram:
    """``low ≤ matrix x ≤ high`` and ``lower ≤ x ≤ upper``; some of x may be whole numbers.

    Attributes:
        names: (variables,).
        matrix: (rows, variables).
        low, high: (rows,).
        lower, upper: (variables,).
        integer: (variables,) True where a variable is a whole number.
    """

    names: tuple[str, ...]
    matrix: Array
    low: Array
    high: Array
    lower: Array
    upper: Array
    integer: Mask

    @classmethod
    def of(cls, model: Any) -> LinearProgram:
        """Read an optlang model."""
        variables = list(model.variables)
        index = {v: j for j, v in enumerate(variables)}
        rows, columns, values = [], [], []
        for i, constraint in enumerate(model.constraints):
            terms = constraint.get_linear_coefficients(constraint.variables)
            for variable, value in terms.items():
                rows.append(i)
                columns.append(index[variable])
                values.append(float(value))
        shape = (len(model.constraints), len(variables))
        return cls(
            tuple(v.name for v in variables),
            coo_array((values, (rows, columns)), shape=shape).toarray(),
            _limits(model.constraints, "lb", -np.inf),
            _limits(model.constraints, "ub", np.inf),
            _limits(variables, "lb", -np.inf),
            _limits(variables, "ub", np.inf),
            np.array([v.type != "continuous" for v in variables]),
        )

    def simplify(self) -> None:
        """Turn rows with one variable into bounds, and variables without room into constants."""
        constant = np.zeros(len(self.lower), dtype=bool)
        while True:
            new = (self.upper - self.lower < _WIDTH) & ~constant
            shift = self.matrix[:, new] @ self.lower[new]
            self.low, self.high = self.low - shift, self.high - shift
            self.matrix[:, new] = 0.0
            constant |= new
            single = np.flatnonzero((self.matrix != 0).sum(axis=1) == 1)
            for i in single:
                j = int(np.flatnonzero(self.matrix[i])[0])
                ends = np.array([self.low[i], self.high[i]]) / self.matrix[i, j]
                self.lower[j] = max(self.lower[j], ends.min())
                self.upper[j] = min(self.upper[j], ends.max())
                self.matrix[i, j] = 0.0
                self.low[i], self.high[i] = -np.inf, np.inf
            if not len(single) and not new.any():
                return

    def blocks(self) -> tuple[list[Polytope], dict[str, float]]:
        """Split a program without whole numbers into parts that share no variable.

        Returns:
            A polytope for each connected block of rows, in order of dimension and name; and the
            values of the variables that have no room, or stand in no row, and are in none.
        """
        lp = replace(
            self, matrix=self.matrix.copy(), lower=self.lower.copy(), upper=self.upper.copy(),
            low=self.low.copy(), high=self.high.copy(),
        )  # fmt: skip
        lp.simplify()
        used = np.flatnonzero((lp.matrix != 0).any(axis=1))
        graph = coo_array(lp.matrix[used])
        size = sum(graph.shape)
        links = coo_array(
            (np.ones(graph.nnz), (graph.coords[0], graph.coords[1] + len(used))),
            shape=(size, size),
        )
        labels = connected_components(links, directed=False)[1]
        row_label, column_label = labels[: len(used)], labels[len(used) :]
        blocks = []
        for label in np.unique(row_label):
            rows, columns = used[row_label == label], np.flatnonzero(column_label == label)
            part, low, high = lp.matrix[np.ix_(rows, columns)], lp.low[rows], lp.high[rows]
            equal = high - low < _WIDTH
            above, below = np.isfinite(high) & ~equal, np.isfinite(low) & ~equal
            blocks.append(
                Polytope.of(
                    [self.names[j] for j in columns],
                    equalities=(part[equal], low[equal]),
                    inequalities=(
                        np.vstack([part[above], -part[below]]),
                        np.concatenate([high[above], -low[below]]),
                    ),
                    bounds=(lp.lower[columns], lp.upper[columns]),
                )
            )
        inside = {name for block in blocks for name in block.names}
        middle = (lp.lower + lp.upper) / 2
        constants = {name: float(x) for name, x in zip(self.names, middle, strict=True)
                     if name not in inside}  # fmt: skip
        return sorted(blocks, key=lambda p: (p.dimension, p.names)), constants


def read_blocks(model: Any) -> tuple[list[Polytope], dict[str, float]]:
    """`LinearProgram.blocks` of an optlang model whose integer variables are fixed."""
    return LinearProgram.of(model).blocks()


def joined(blocks: Sequence[Polytope], constants: Mapping[str, float]) -> Polytope:
    """One polytope of several that share no variable, and of constants."""
    names = [*(n for block in blocks for n in block.names), *constants]
    basis = block_diag(*(block.basis for block in blocks))
    return Polytope(
        tuple(names),
        np.concatenate([*(block.origin for block in blocks), np.array(list(constants.values()))]),
        np.vstack([basis, np.zeros((len(constants), basis.shape[1]))]),
        block_diag(*(block.A for block in blocks)),
        np.concatenate([block.b for block in blocks]),
    )


def _limits(items: Any, side: str, missing: float) -> Array:
    values = (getattr(item, side) for item in items)
    return np.array([missing if v is None else v for v in values], dtype=float)
