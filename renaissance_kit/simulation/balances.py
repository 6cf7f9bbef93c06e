"""The balances of a steady state as equations that have one solution, and Newton's method on them.

The balances of dependent metabolites say nothing that those of the others do not say. In their
place stand the totals of the conserved moieties, which are those of a given state.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.linalg

from renaissance_kit.core.types import Array, Index
from renaissance_kit.network.network import Network
from renaissance_kit.simulation.equations import System

POSED = 1e-14  # reciprocal condition number of balances that have one solution


@dataclass(frozen=True)
class Linear:
    """Balances and their derivatives at a state, each row over the largest of its derivatives.

    Attributes:
        factors: LU factors of the derivatives.
        residual: (dynamic,) balances and deviations of totals.
        scale: (dynamic,) that each row was divided by.
    """

    factors: Any
    residual: Array
    scale: Array

    def solve(self, right: Array) -> Array:
        """Solve derivatives · x = right."""
        return np.asarray(scipy.linalg.lu_solve(self.factors, right, check_finite=False))

    @property
    def sign(self) -> int:
        """Sign of the determinant."""
        lower_upper, pivots = self.factors
        swaps = int((pivots != np.arange(len(pivots))).sum())
        return 1 if (swaps + int((np.diag(lower_upper) < 0).sum())) % 2 == 0 else -1


@dataclass(frozen=True)
class Balances:
    """The equations of one network, with the totals of a state.

    Args:
        network: the network.
        start: (dynamic,) concentrations in mM, whose totals are kept.
    """

    network: Network
    start: Array
    dependent: Index
    independent: Index
    totals: Array

    @classmethod
    def of(cls, network: Network, start: Array) -> Balances:
        """Those of a network at a state, (dynamic,) in mM."""
        totals = np.zeros((len(network.moieties), len(start)))
        for i, moiety in enumerate(network.moieties):
            for name, coefficient in moiety.coefficients.items():
                j = network.species_index[name]
                totals[i, j] = coefficient * network.volume_fractions[j]
            totals[i] /= np.abs(totals[i] * start).sum()
        dependent, independent = (
            np.array([network.species_index[m] for m in names], dtype=np.int64)
            for names in (network.dependent, network.independent)
        )
        return cls(network, start, dependent, independent, totals)

    def at(self, system: System, x: Array, *, by: Array) -> Linear | None:
        """The equations at a state, and their derivatives; None where they have no one solution.

        Args:
            x: (dynamic,) in mM.
            by: (dynamic,) dx of a unit of each unknown: x for ln x.
        """
        n = len(x)
        residual, matrix = np.empty(n), np.empty((n, n))
        system.derivative(x, residual, 0.0, np.zeros(n))
        system.jacobian(x, matrix, 0.0)
        matrix[self.dependent] = self.totals
        residual[self.dependent] = self.totals @ (x - self.start)
        matrix *= by
        scale = np.abs(matrix).max(axis=1)
        if not ((scale > 0).all() and np.isfinite(scale).all() and np.isfinite(residual).all()):
            return None
        matrix /= scale[:, None]
        lower_upper, pivots, _ = scipy.linalg.lapack.dgetrf(matrix)
        norm = np.abs(matrix).sum(axis=0).max()
        if not scipy.linalg.lapack.dgecon(lower_upper, norm)[0] > POSED:  # 0 of a singular one
            return None
        return Linear((lower_upper, pivots), residual / scale, scale)

    def step(self, system: System, x: Array) -> Array | None:
        """Newton's step in mM towards the nearest steady state; None where there is no one.

        Concentrations may be 0.
        """
        by = np.maximum(x, 1e-9 * self.start)
        linear = self.at(system, x, by=by)
        return None if linear is None else linear.solve(-linear.residual) * by
