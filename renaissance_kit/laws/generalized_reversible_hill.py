"""Generalized reversible Hill law with Hill coefficient 1: n substrates, n products, in pairs."""

from __future__ import annotations

from renaissance_kit.laws.paired import PAIRED
from renaissance_kit.laws.record import RateLaw, Terms, ones


def _accepts(substrates: Terms, products: Terms) -> str:
    if len(substrates) != len(products):
        return (
            f"pairs substrates with products, but there are {len(substrates)} and {len(products)}; "
            "use 'convenience'"
        )
    return ones(substrates, products)


LAW = RateLaw(
    "generalized_reversible_hill",
    "Π s̃ (1 − ρ) / Π_i (1 + s̃_i + p̃_i)",
    "Hofmeyr & Cornish-Bowden 1997 Comput Appl Biosci 13:377",
    PAIRED,
    _accepts,
    skimpy=("H1GeneralizedReversibleHill", "GeneralizedReversibleHill"),
    sbo="SBO:0000429",
)
