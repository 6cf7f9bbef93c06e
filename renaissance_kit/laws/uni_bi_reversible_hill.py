"""Reversible Hill law of one substrate and two products, Hill coefficient 1.

1 + s̃ + p̃₁ + p̃₂ + p̃₁p̃₂ is the denominator of convenience kinetics with coefficients of 1.
"""

from __future__ import annotations

from renaissance_kit.laws.modular import MODULAR
from renaissance_kit.laws.record import RateLaw, Terms, counts, ones


def _accepts(substrates: Terms, products: Terms) -> str:
    return counts(substrates, products, 1, 2) or ones(substrates, products)


LAW = RateLaw(
    "uni_bi_reversible_hill",
    "s̃ (1 − ρ) / (1 + s̃ + p̃₁ + p̃₂ + p̃₁p̃₂)",
    "Hofmeyr & Cornish-Bowden 1997 Comput Appl Biosci 13:377",
    MODULAR,
    _accepts,
    skimpy=("UniBiReversibleHill",),
    sbo="SBO:0000429",
)
