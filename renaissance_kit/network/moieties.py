"""Conserved moieties: the left null space of the stoichiometric matrix."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import null_space

from renaissance_kit.core.linear import row_echelon

_LARGEST_DENOMINATOR = 60


@dataclass(frozen=True)
class ConservedMoiety:
    """Σ coefficient · amount is constant in time; the dependent member has coefficient 1."""

    dependent: str
    coefficients: Mapping[str, float]


def conserved_moieties(
    stoichiometry: NDArray[np.float64], metabolites: Sequence[str]
) -> tuple[ConservedMoiety, ...]:
    """Find a basis of the conserved moieties with small rational coefficients.

    The null space of Sᵀ is brought to reduced row echelon form, which is unique for an order of
    the metabolites. The order is that of their share in the null space, least first, among equals
    the last given: a metabolite of one moiety becomes dependent before one that several moieties
    share. So the result is the same on any machine. Coefficients are rounded to small fractions
    and checked against S.

    Args:
        stoichiometry: S, (metabolites, reactions).
        metabolites: names of the rows.

    Raises:
        ArithmeticError: the null space has no basis of small fractions.
    """
    basis = null_space(stoichiometry.T).T
    if basis.size == 0:
        return ()
    share = np.round((basis**2).sum(axis=0), 6)  # does not depend on the basis
    order = np.lexsort((-np.arange(len(share)), share))
    columns, reordered, _ = row_echelon(basis[:, order], np.zeros(len(basis)))
    reduced = np.empty_like(reordered)
    reduced[:, order] = reordered
    pivots = order[columns]
    moieties = []
    for row, pivot in zip(reduced, pivots, strict=True):
        fractions = [Fraction(x).limit_denominator(_LARGEST_DENOMINATOR) for x in row]
        rounded = np.array([float(f) for f in fractions])
        residual = np.abs(rounded @ stoichiometry).max()
        if residual > 1e-12 * max(1.0, np.abs(stoichiometry).max()):
            raise ArithmeticError(
                f"the moiety of {metabolites[pivot]} has no small rational coefficients "
                f"(residual {residual:.1e}); round the stoichiometry so that it is conserved"
            )
        coefficients = {m: float(f) for m, f in zip(metabolites, fractions, strict=True) if f != 0}
        moieties.append(ConservedMoiety(metabolites[pivot], coefficients))
    return tuple(moieties)
