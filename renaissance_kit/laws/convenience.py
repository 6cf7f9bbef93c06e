"""Convenience kinetics: any number of substrates and products, with whole coefficients."""

from __future__ import annotations

from renaissance_kit.laws.modular import MODULAR
from renaissance_kit.laws.record import RateLaw, Terms


def _accepts(substrates: Terms, products: Terms) -> str:
    if any(n != int(n) or n < 1 for _, n in substrates + products):
        return "takes whole coefficients only"
    return ""


LAW = RateLaw(
    "convenience",
    "Π s̃^ν (1 − ρ) / (Π_s Σ_{k≤ν} s̃ᵏ + Π_p Σ_{k≤ν} p̃ᵏ − 1)",
    "Liebermeister & Klipp 2006 Theor Biol Med Model 3:41",
    MODULAR,
    _accepts,
    skimpy=("Convenience",),
    sbo="SBO:0000429",
)
