"""The form of convenience kinetics: D = A + B − 1, A = Π_s Σ_{k≤ν} s̃ᵏ, B = Π_p Σ_{k≤ν} p̃ᵏ.

With α_k = ∂ln A/∂ln c̃_k of a substrate (∂ln B of a product) and e_k = ∂ln D/∂ln c̃_k,
H_kj = δ_kj A/D · ∂α_k/∂ln c̃_k + [same side] e_k α_j − e_k e_j.
"""

from __future__ import annotations

from renaissance_kit.core.types import Array, Index
from renaissance_kit.laws.arithmetic import log_polynomial, polynomial
from renaissance_kit.laws.record import Form, Symbol, Symbols, product
from renaissance_kit.laws.sides import PRODUCT, PROTON, SUBSTRATE


def denominator(
    first: int, last: int, side: Index, partner: Index, order: Array, x: Array, slope: Array,
    derivatives: bool,
) -> float:  # fmt: skip
    """D of one reaction, and where asked for ∂D/∂x."""
    substrates, products = 1.0, 1.0
    for k in range(first, last):
        if side[k] == SUBSTRATE:
            substrates *= polynomial(x[k], int(order[k]))[0]
        elif side[k] == PRODUCT:
            products *= polynomial(x[k], int(order[k]))[0]
    if derivatives:
        for k in range(first, last):
            slope[k] = 0.0
            if side[k] != PROTON:
                value, steepness = polynomial(x[k], int(order[k]))
                every = substrates if side[k] == SUBSTRATE else products
                slope[k] = every / value * steepness
    return substrates + products - 1.0


def curvature(
    first: int, last: int, side: Index, partner: Index, order: Array, x: Array, pull: Array,
    out: Array,
) -> None:  # fmt: skip
    """H times pull, of one reaction."""
    substrates, products = 1.0, 1.0
    for k in range(first, last):
        if side[k] == SUBSTRATE:
            substrates *= log_polynomial(x[k], int(order[k]))[0]
        elif side[k] == PRODUCT:
            products *= log_polynomial(x[k], int(order[k]))[0]
    whole = substrates + products - 1.0
    of_substrates, of_products = 0.0, 0.0
    for k in range(first, last):
        _, slope, _ = log_polynomial(x[k], int(order[k]))
        if side[k] == SUBSTRATE:
            of_substrates += substrates / whole * slope * pull[k]
        elif side[k] == PRODUCT:
            of_products += products / whole * slope * pull[k]
    for k in range(first, last):
        if side[k] != PROTON:
            _, slope, bend = log_polynomial(x[k], int(order[k]))
            share = (substrates if side[k] == SUBSTRATE else products) / whole
            same = of_substrates if side[k] == SUBSTRATE else of_products
            out[k] = (
                share * bend * pull[k]
                + slope * same
                - share * slope * (of_substrates + of_products)
            )


def _sum_of_powers(symbol: Symbol) -> str:
    x, degree = symbol.scaled, int(symbol.exponent)
    return f"({' + '.join(['1', x] + [f'{x}^{k}' for k in range(2, degree + 1)])})"


def infix(symbols: Symbols) -> str:
    """Formula of D."""
    substrates = product([_sum_of_powers(s) for s in symbols.substrates])
    products = product([_sum_of_powers(p) for p in symbols.products])
    return f"{substrates} + {products} - 1"


MODULAR = Form(denominator, curvature, infix)
