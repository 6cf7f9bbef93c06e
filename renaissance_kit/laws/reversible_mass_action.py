"""Reversible mass action: D = 1, no Michaelis constant; Vmax is the forward rate constant."""

from __future__ import annotations

from renaissance_kit.core.types import Array, Index
from renaissance_kit.laws.record import Form, RateLaw, Symbols, Terms


def _denominator(
    first: int, last: int, side: Index, partner: Index, order: Array, x: Array, slope: Array,
    derivatives: bool,
) -> float:  # fmt: skip
    if derivatives:
        for k in range(first, last):
            slope[k] = 0.0
    return 1.0


def _curvature(
    first: int, last: int, side: Index, partner: Index, order: Array, x: Array, pull: Array,
    out: Array,
) -> None:  # fmt: skip
    pass  # no slot has a KM


def _infix(symbols: Symbols) -> str:
    return "1"


def _accepts(substrates: Terms, products: Terms) -> str:
    return ""


LAW = RateLaw(
    "reversible_mass_action",
    "Π s^ν (1 − ρ)",
    "Guldberg & Waage 1879 J Prakt Chem 19:69",
    Form(_denominator, _curvature, _infix),
    _accepts,
    has_km=False,
    skimpy=("RevMassaction",),
    sbo="SBO:0000042",
)
