"""The form of reversible Hill laws with Hill coefficient 1: D = Π_i (1 + s̃_i + p̃_i).

Substrates and products are paired in the listed order. Within a pair, with e_k = ∂ln D/∂ln c̃_k,
H_kj = δ_kj e_k − e_k e_j; between pairs it is 0.
"""

from __future__ import annotations

from itertools import zip_longest

from renaissance_kit.core.types import Array, Index
from renaissance_kit.laws.record import Form, Symbols, product
from renaissance_kit.laws.sides import PRODUCT, PROTON, SUBSTRATE


def denominator(
    first: int, last: int, side: Index, partner: Index, order: Array, x: Array, slope: Array,
    derivatives: bool,
) -> float:  # fmt: skip
    """D of one reaction, and where asked for ∂D/∂x."""
    if derivatives:
        for k in range(first, last):
            slope[k] = 0.0
    total = 1.0
    for k in range(first, last):
        other = partner[k]
        if side[k] == SUBSTRATE or (side[k] == PRODUCT and other < 0):
            factor = 1.0 + x[k] + (x[other] if other >= 0 else 0.0)
            total *= factor
            if derivatives:
                slope[k] = 1.0 / factor
                if other >= 0:
                    slope[other] = 1.0 / factor
    if derivatives:
        for k in range(first, last):
            slope[k] *= total
    return total


def curvature(
    first: int, last: int, side: Index, partner: Index, order: Array, x: Array, pull: Array,
    out: Array,
) -> None:  # fmt: skip
    """H times pull, of one reaction."""
    for k in range(first, last):
        if side[k] != PROTON:
            factor, total = 1.0 + x[k], x[k] * pull[k]
            if partner[k] >= 0:
                factor += x[partner[k]]
                total += x[partner[k]] * pull[partner[k]]
            out[k] = x[k] / factor * (pull[k] - total / factor)


def infix(symbols: Symbols) -> str:
    """Formula of D."""
    pairs = zip_longest(symbols.substrates, symbols.products)
    return product(
        [f"({' + '.join(['1'] + [s.scaled for s in pair if s is not None])})" for pair in pairs]
    )


PAIRED = Form(denominator, curvature, infix)
