"""Reversible Michaelis-Menten law: one substrate, one product."""

from __future__ import annotations

from renaissance_kit.laws.paired import PAIRED
from renaissance_kit.laws.record import RateLaw, Terms, counts, ones


def _accepts(substrates: Terms, products: Terms) -> str:
    return counts(substrates, products, 1, 1) or ones(substrates, products)


LAW = RateLaw(
    "reversible_michaelis_menten",
    "s̃ (1 − ρ) / (1 + s̃ + p̃)",
    "Haldane 1930, Enzymes, Longmans, London",
    PAIRED,
    _accepts,
    skimpy=("ReversibleMichaelisMenten",),
    sbo="SBO:0000439",
)
