"""Conserved moieties: the left null space of the stoichiometric matrix, in exact fractions.

The coefficients of lumped reactions, such as growth, are rounded: a moiety that every other
reaction conserves cancels in them up to the last digit only. With exact numbers such a moiety is
lost, and with floating-point ones it depends on how the lump is scaled (5e5 and more in published
models) whether it is found. So moieties are sought in the other reactions first. A lump then takes
away those that it makes or uses by more than its own rounding.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

Row = dict[int, Fraction]  # a sparse row

_LARGEST_DENOMINATOR = 60
_LARGEST_COEFFICIENT = 60  # of a reaction that is no lump
_NINE_DIGITS = Fraction(1, 10**9)


@dataclass(frozen=True)
class ConservedMoiety:
    """Σ coefficient · amount is constant in time; the dependent member has coefficient 1.

    Attributes:
        left_over: by reaction, what its rounded coefficients make of the moiety; taken for zero.
    """

    dependent: str
    coefficients: Mapping[str, float]
    left_over: Mapping[str, float] = field(default_factory=dict)

    def __str__(self) -> str:
        terms = []
        for name, n in self.coefficients.items():
            number = "" if abs(n) == 1 else f"{abs(n):g} "
            terms.append(f"{'-' if n < 0 else '+'} {number}{name}")
        text = " ".join(terms).removeprefix("+ ")
        left = ", ".join(f"{amount:.2g} in {r}" for r, amount in self.left_over.items())
        return f"{text} (left by rounding: {left})" if left else text


def conserved_moieties(
    stoichiometry: NDArray[np.float64],
    metabolites: Sequence[str],
    reactions: Sequence[str] | None = None,
) -> tuple[ConservedMoiety, ...]:
    """Find a basis of the conserved moieties.

    A reaction is a lump where a coefficient is above 60 or no fraction with a denominator up to 60.
    It conserves a moiety if what it makes of it is at most half a unit of the last decimal of its
    coefficients for each member, or 1e-9 of what it turns over of the members.

    The basis is in reduced row echelon form, which is unique for an order of the metabolites. The
    order is that of their share in the null space, least first, among equals the last given: a
    metabolite of one moiety becomes dependent before one that several moieties share. So the result
    is the same on any machine.

    Args:
        stoichiometry: S, (metabolites, reactions).
        metabolites: names of the rows.
        reactions: names of the columns; their numbers if not given.

    >>> import numpy as np
    >>> lump = [[-1, 59403.1], [1, -59403.1001]]
    >>> [str(m) for m in conserved_moieties(np.array(lump), ["atp", "adp"], ["ATPM", "growth"])]
    ['atp + adp (left by rounding: -0.0001 in growth)']
    """
    names = [str(j) for j in range(stoichiometry.shape[1])] if reactions is None else reactions
    exact, lumps = [], {}
    for j, name in enumerate(names):
        column = {
            int(i): _fraction(stoichiometry[i, j]) for i in np.flatnonzero(stoichiometry[:, j])
        }
        if any(_rounded(x) for x in column.values()):
            lumps[name] = column
        else:
            exact.append(column)
    basis = _echelon(_left_null_space(exact, len(metabolites)), len(metabolites))
    made = [{k: x for k, row in enumerate(basis) if (x := _made(column, row))}
            for column in lumps.values()]  # fmt: skip
    if any(made):
        combinations = _left_null_space(made, len(basis))
        basis = _echelon([_combined(row, basis) for row in combinations], len(metabolites))
    return tuple(_moiety(row, metabolites, lumps) for row in basis)


def _moiety(row: Row, metabolites: Sequence[str], lumps: Mapping[str, Row]) -> ConservedMoiety:
    left = {name: float(x) for name, column in lumps.items() if (x := _dot(column, row))}
    dependent = next(iter(row))
    members = {metabolites[i]: float(row[i]) for i in sorted(row)}
    return ConservedMoiety(metabolites[dependent], members, left)


def _fraction(x: float) -> Fraction:
    """The small fraction that a number stands for, else its decimal digits."""
    small = Fraction(float(x)).limit_denominator(_LARGEST_DENOMINATOR)
    return small if abs(small - Fraction(float(x))) <= 1e-12 * abs(x) else Fraction(repr(float(x)))


def _rounded(x: Fraction) -> bool:
    return abs(x) > _LARGEST_COEFFICIENT or x.denominator > _LARGEST_DENOMINATOR


def _last_decimal(column: Row) -> Fraction:
    """Unit of the last decimal that a coefficient of a lump has."""
    digits = 0
    while any((x * 10**digits).denominator > 1 for x in column.values()) and digits < 20:
        digits += 1
    return Fraction(1, 10**digits)


def _dot(column: Row, row: Row) -> Fraction:
    return sum((x * row[i] for i, x in column.items() if i in row), Fraction(0))


def _made(column: Row, row: Row) -> Fraction:
    """What a lump makes of a moiety; 0 where rounding explains it."""
    made = _dot(column, row)
    turned_over = sum(abs(x * row[i]) for i, x in column.items() if i in row)
    slack = sum(abs(row[i]) for i in column if i in row) * _last_decimal(column) / 2
    return made if abs(made) > max(slack, _NINE_DIGITS * turned_over) else Fraction(0)


def _combined(factors: Row, rows: Sequence[Row]) -> Row:
    total: Row = {}
    for k, factor in factors.items():
        _add(total, rows[k], factor)
    return total


def _add(row: Row, other: Row, factor: Fraction) -> None:
    for i, x in other.items():
        value = row.get(i, 0) + factor * x
        if value:
            row[i] = value
        else:
            row.pop(i, None)


def _left_null_space(columns: Sequence[Row], size: int) -> list[Row]:
    """Rows w with Σ_i w_i column_i = 0 for every column: Gauss-Jordan elimination, sparse."""
    solved: dict[int, Row] = {}  # w_i = −Σ row_j w_j of the metabolites that are solved for
    uses: list[set[int]] = [set() for _ in range(size)]  # whose rows hold a metabolite
    for column in sorted(columns, key=len):
        rest = dict(column)
        for i in [i for i in rest if i in solved]:
            _add(rest, solved[i], -rest.pop(i))
        if not rest:
            continue
        pivot = min(rest, key=lambda i: (len(uses[i]), i))
        scale = rest.pop(pivot)
        rest = {i: x / scale for i, x in rest.items()}
        for j in sorted(uses[pivot]):
            before = set(solved[j])
            _add(solved[j], rest, -solved[j].pop(pivot))
            for i in before ^ set(solved[j]):
                (uses[i].add if i in solved[j] else uses[i].discard)(j)
        uses[pivot] = set()
        solved[pivot] = rest
        for i in rest:
            uses[i].add(pivot)
    free = [i for i in range(size) if i not in solved]
    return [{i: Fraction(1), **{j: -solved[j][i] for j in sorted(uses[i])}} for i in free]


def _echelon(rows: list[Row], size: int) -> list[Row]:
    """Reduced row echelon form in the order of the metabolites' shares; pivots come first."""
    if not rows:
        return []
    dense = np.zeros((len(rows), size))
    for k, row in enumerate(rows):
        for i, x in row.items():
            dense[k, i] = float(x)
    orthogonal = np.linalg.qr(dense.T)[0]
    share = np.round((orthogonal**2).sum(axis=1), 6)  # does not depend on the basis
    rest, reduced = [dict(row) for row in rows], dict[int, Row]()
    for i in (int(i) for i in np.lexsort((-np.arange(size), share))):
        found = next((k for k, row in enumerate(rest) if i in row), None)
        if found is None:
            continue
        chosen = rest.pop(found)
        pivot = chosen[i]
        chosen = {i: Fraction(1), **{j: x / pivot for j, x in chosen.items() if j != i}}
        for row in (*rest, *reduced.values()):
            if i in row:
                _add(row, chosen, -row[i])
        reduced[i] = chosen
    return list(reduced.values())
