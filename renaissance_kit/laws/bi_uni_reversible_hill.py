"""Reversible Hill law of two substrates and one product, Hill coefficient 1.

1 + s̃₁ + s̃₂ + s̃₁s̃₂ + p̃ is the denominator of convenience kinetics with coefficients of 1.
"""

from __future__ import annotations

from renaissance_kit.laws.modular import MODULAR
from renaissance_kit.laws.record import RateLaw, Terms, counts, ones


def _accepts(substrates: Terms, products: Terms) -> str:
    return counts(substrates, products, 2, 1) or ones(substrates, products)


LAW = RateLaw(
    "bi_uni_reversible_hill",
    "s̃₁s̃₂ (1 − ρ) / (1 + s̃₁ + s̃₂ + s̃₁s̃₂ + p̃)",
    "Hofmeyr & Cornish-Bowden 1997 Comput Appl Biosci 13:377",
    MODULAR,
    _accepts,
    skimpy=("BiUniReversibleHill",),
    sbo="SBO:0000429",
)
