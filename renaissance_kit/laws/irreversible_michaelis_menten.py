"""Irreversible Michaelis-Menten law of any number of substrates: Π_s s̃/(1 + s̃) · Π_h c_h^|n|.

Consumed protons of first order multiply the rate. Coefficients of substrates have no place in it,
as in lumped reactions such as growth; products have constants that the published models count,
but no influence. H_kj = δ_kj s̃_k/(1 + s̃_k)².
"""

from __future__ import annotations

from renaissance_kit.core.types import Array, Index
from renaissance_kit.laws.arithmetic import power
from renaissance_kit.laws.record import (
    SUBSTRATE,
    IrreversibleForm,
    RateLaw,
    Symbols,
    Terms,
    powers,
    product,
)


def _rate(
    first: int, last: int, side: Index, order: Array, x: Array, inverse_km: Array, slope: Array,
    derivatives: bool,
) -> float:  # fmt: skip
    numerator, denominator = 1.0, 1.0
    for k in range(first, last):
        if derivatives:
            slope[k] = numerator / denominator  # product of the factors before
        if side[k] == SUBSTRATE:
            numerator *= x[k]
            denominator *= 1.0 + x[k]
        else:
            numerator *= power(x[k], order[k])
    if derivatives:
        after = 1.0
        for k in range(last - 1, first - 1, -1):
            if side[k] == SUBSTRATE:
                slope[k] *= after * inverse_km[k] / (1.0 + x[k]) ** 2
                after *= x[k] / (1.0 + x[k])
            else:
                slope[k] *= after * order[k] * power(x[k], order[k] - 1.0)
                after *= power(x[k], order[k])
    return numerator / denominator


def _curvature(
    first: int, last: int, side: Index, partner: Index, order: Array, x: Array, pull: Array,
    out: Array,
) -> None:  # fmt: skip
    for k in range(first, last):
        if side[k] == SUBSTRATE:
            out[k] = pull[k] * x[k] / (1.0 + x[k]) ** 2


def _infix(symbols: Symbols) -> str:
    saturation = [f"{s.scaled} / (1 + {s.scaled})" for s in symbols.substrates]
    return product(saturation + powers(symbols.protons, lambda s: s.concentration))


def _accepts(substrates: Terms, products: Terms) -> str:
    return ""


LAW = RateLaw(
    "irreversible_michaelis_menten",
    "Π_s s̃/(1 + s̃) · Π_h c_h^|n|",
    "Michaelis & Menten 1913 Biochem Z 49:333",
    IrreversibleForm(_rate, _curvature, _infix),
    _accepts,
    coefficients_are_orders=False,
    skimpy=("IrrevMichaelisMenten",),
    sbo="SBO:0000429",
)
