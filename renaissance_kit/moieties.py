"""Conserved moieties: the left null space of the stoichiometric matrix."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import null_space, qr

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

    The null space of Sᵀ comes from a singular value decomposition; Gauss-Jordan elimination
    brings it to reduced form, so that each dependent metabolite stands in one moiety only. The
    coefficients are rounded to small fractions and checked against S.

    Args:
        stoichiometry: S, (metabolites, reactions).
        metabolites: names of the rows.

    Raises:
        ArithmeticError: the null space has no basis of small fractions.
    """
    basis = null_space(stoichiometry.T).T
    if basis.size == 0:
        return ()
    # Gauss-Jordan with complete pivoting over the columns; pivot columns become dependent.
    _, _, order = qr(basis, pivoting=True, mode="economic")
    pivots = sorted(order[: len(basis)])
    reduced = np.linalg.solve(basis[:, pivots], basis)
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
